"""Sources: agreeing with the file, claims, leases, and what is written down after a poll."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, select

from aggregator.outcome import Exchange, Reason, Unchanged, Validators, Why
from aggregator.store import claims, polls
from aggregator.store.claims import Claim
from aggregator.store.engine import reading, writing
from aggregator.store.health import glances, health
from aggregator.store.schema import categories, source_categories
from aggregator.store.schema import fetches as fetches_table
from aggregator.store.schema import sources as table
from feeds.model import Rhythm
from tests.builders import entry, failed, listed, record, sync, updated

LEASE = timedelta(minutes=25)
FLOOR = timedelta(minutes=15)


def claim(
    engine: Engine, now: datetime, *, limit: int = 10, per_host: int = 10, only: str | None = None
) -> tuple[Claim, ...]:
    with writing(engine) as connection:
        return claims.claim_due(connection, now=now, limit=limit, per_host=per_host, lease=LEASE, only=only)


def row(engine: Engine, address: str = "https://a.example/feed") -> object:
    with reading(engine) as connection:
        return connection.execute(select(table).where(table.c.address == address)).one()


def test_a_new_source_is_due_at_once(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    (one,) = claim(engine, now)
    assert (one.address, one.attempts, one.validators.etag) == ("https://a.example/feed", 1, None)


def test_a_claimed_source_is_nobody_elses(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    assert len(claim(engine, now)) == 1
    assert claim(engine, now) == ()


def test_q07_a_lease_that_ran_out_is_taken_over_and_the_attempt_counted(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    claim(engine, now)
    (again,) = claim(engine, now + LEASE)
    assert again.attempts == 2


def test_q06_a_late_worker_finds_its_claim_gone(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    (late,) = claim(engine, now)
    (current,) = claim(engine, now + LEASE)
    with writing(engine) as connection:
        assert claims.held(connection, (late, current)) == {(current.source_id, current.token)}


def test_a_host_that_somebody_is_at_is_left_alone(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/1"), listed("https://b.example/1"))
    assert len(claim(engine, now, limit=1)) == 1
    sync(engine, now, *(listed(f"https://{host}.example/{n}") for host in "ab" for n in (1, 2)))
    assert {one.host for one in claim(engine, now)} == {"b.example"}


def test_one_host_with_many_sources_does_not_keep_the_others_waiting(engine: Engine, now: datetime) -> None:
    sync(engine, now, *(listed(f"https://a.example/{n}") for n in range(20)), listed("https://b.example/"))
    hosts = [one.host for one in claim(engine, now, per_host=3)]
    assert sorted(hosts) == ["a.example"] * 3 + ["b.example"]


def test_files_burden_no_host_and_are_claimed_together(engine: Engine, now: datetime) -> None:
    sync(engine, now, *(listed(f"file:{n}.xml", kind="file") for n in range(5)))
    assert len(claim(engine, now, per_host=1)) == 5


def test_only_one_source_can_be_asked_for(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/1"), listed("https://b.example/1"))
    assert [one.address for one in claim(engine, now, only="https://b.example/1")] == ["https://b.example/1"]


def test_a_page_and_a_feed_of_one_host_burden_the_same(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"), listed("page:https://a.example/news", kind="page"))
    assert len(claim(engine, now, per_host=1)) == 1


def test_what_is_to_be_read_otherwise_is_asked_for_whole(engine: Engine, now: datetime) -> None:
    source = replace(listed(), reading=b"1")
    sync(engine, now, source)
    (one,) = claim(engine, now)
    record(engine, one, updated(), now, now)
    sync(engine, now, source)
    (same,) = claim(engine, now)
    assert (same.validators.etag, same.body_digest) == (b'"1"', b"digest")
    record(engine, same, updated(), now, now)
    sync(engine, now, replace(source, reading=b"2"))
    (other,) = claim(engine, now)
    assert (other.validators, other.body_digest, other.memory) == (Validators(), None, b"")


def test_what_an_older_version_stored_is_not_asked_for_again(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    (one,) = claim(engine, now)
    record(engine, one, updated(), now, now)
    sync(engine, now, replace(listed(), reading=b"1"))
    (again,) = claim(engine, now)
    assert again.validators.etag == b'"1"'


@pytest.mark.parametrize("change", [{"asking": b"2"}, {"reading": b"2"}])
def test_a_source_that_fails_is_due_once_it_is_asked_for_or_read_otherwise(
    engine: Engine, now: datetime, change: dict[str, bytes]
) -> None:
    failing, well = (replace(listed(f"https://{name}.example/feed"), asking=b"1", reading=b"1") for name in "ab")
    sync(engine, now, failing, well)
    for one in claim(engine, now):
        record(engine, one, failed() if one.host == "a.example" else updated(), now, now + LEASE)
    sync(engine, now, failing, well)
    assert claim(engine, now) == ()
    sync(engine, now, *(replace(source, **change) for source in (failing, well)))
    assert [one.host for one in claim(engine, now)] == ["a.example"]


def test_a_source_of_which_was_not_known_how_it_is_asked_for_waits_on(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    record(engine, *claim(engine, now), failed(), now, now + LEASE)
    sync(engine, now, replace(listed(), asking=b"1"))
    assert claim(engine, now) == ()


def test_after_a_good_poll_the_source_rests_until_it_is_due(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    (one,) = claim(engine, now)
    record(engine, one, updated(title="A blog"), now, now + timedelta(hours=1))
    assert claim(engine, now + timedelta(minutes=59)) == ()
    (again,) = claim(engine, now + timedelta(hours=1))
    assert (again.validators.etag, again.body_digest, again.attempts) == (b'"1"', b"digest", 1)


def test_a_failure_keeps_validators_and_since_when(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], updated(), now, now)
    for minutes in (1, 2, 3):
        later = now + timedelta(minutes=minutes)
        record(engine, claim(engine, later)[0], failed(Reason.DNS), later, later)
    (after,) = claim(engine, now + timedelta(minutes=3))
    assert (after.failures, after.validators.etag) == (3, b'"1"')
    assert row(engine).failing_since_at == now + timedelta(minutes=1)  # type: ignore[attr-defined]


def test_a_success_ends_the_failure(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], failed(), now, now)
    record(engine, claim(engine, now)[0], updated(), now, now)
    after = row(engine)
    assert (after.failures, after.reason, after.failing_since_at) == (0, None, None)  # type: ignore[attr-defined]


def test_a_claim_that_is_given_back_was_no_attempt(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    taken = claim(engine, now)
    with writing(engine) as connection:
        claims.release(connection, taken)
    assert claim(engine, now)[0].attempts == 1


def test_leases_of_the_dead_are_dropped_with_their_attempt_counted(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    claim(engine, now)
    with writing(engine) as connection:
        assert claims.drop_leases(connection, now, floor=FLOOR) == 1
    assert claim(engine, now)[0].attempts == 2


def test_e15_a_source_that_the_dead_may_have_asked_waits_as_if_it_was_asked(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], updated(), now, now + timedelta(hours=2))
    claim(engine, now + timedelta(hours=3))
    with writing(engine) as connection:
        claims.drop_leases(connection, now + timedelta(hours=3), floor=FLOOR)
    assert claim(engine, now + timedelta(hours=4)) == ()
    assert len(claim(engine, now + timedelta(hours=5))) == 1


def test_after_a_long_night_only_the_time_since_they_may_have_been_asked_counts(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], updated(), now, now + timedelta(hours=2))
    claim(engine, now + timedelta(hours=3))
    morning = now + timedelta(hours=11)
    with writing(engine) as connection:
        claims.drop_leases(connection, morning, floor=FLOOR)
    assert len(claim(engine, morning)) == 1


def test_q12_a_source_that_left_the_file_is_kept_but_not_polled(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/1"), listed("https://b.example/1"))
    sync(engine, now, listed("https://b.example/1"))
    assert [one.host for one in claim(engine, now)] == ["b.example"]
    assert row(engine, "https://a.example/1").removed_at == now  # type: ignore[attr-defined]


def test_a_source_that_returns_to_the_file_is_due_at_once(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], updated(), now, now + timedelta(days=1))
    sync(engine, now)
    sync(engine, now, listed())
    assert len(claim(engine, now)) == 1


def test_only_known_sources_whose_categories_changed_are_reported(engine: Engine, now: datetime) -> None:
    assert sync(engine, now, listed("https://a.example/1", "tech"), listed("https://b.example/1", "tech")) == ()
    changed = sync(engine, now, listed("https://a.example/1", "news"), listed("https://b.example/1", "tech"))
    assert changed == (row(engine, "https://a.example/1").id,)  # type: ignore[attr-defined]
    with reading(engine) as connection:
        slugs = connection.scalars(
            select(categories.c.slug).join(source_categories).where(source_categories.c.source_id == changed[0])
        )
        assert set(slugs) == {"all", "news"}


@pytest.mark.parametrize(("reason", "claimed"), [(Reason.DNS, 1), (Reason.RATE_LIMITED, 0)])
def test_e18_forcing_respects_a_host_that_asked_us_to_wait(
    engine: Engine, now: datetime, reason: Reason, claimed: int
) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], failed(reason), now, now + timedelta(hours=2))
    with writing(engine) as connection:
        claims.make_due(connection, now)
    assert len(claim(engine, now)) == claimed
    assert len(claim(engine, now + timedelta(hours=2))) == 1


def test_e19_one_refusal_holds_the_whole_host_and_no_other(engine: Engine, now: datetime) -> None:
    one, other, elsewhere = listed("https://a.example/1"), listed("https://a.example/2"), listed("https://b.example/1")
    sync(engine, now, one, other, elsewhere)
    (refused,) = claim(engine, now, only=one.address)
    record(engine, refused, failed(Reason.RATE_LIMITED), now, now + timedelta(hours=2))
    added_later = listed("https://a.example/3")
    sync(engine, now, one, other, elsewhere, added_later)
    assert [taken.address for taken in claim(engine, now)] == [elsewhere.address]
    later = claim(engine, now + timedelta(hours=2), only=added_later.address)
    assert [taken.address for taken in later] == [added_later.address]


def test_a_source_that_is_added_to_a_host_that_holds_us_off_is_not_tried_before_that_ends(
    engine: Engine, now: datetime
) -> None:
    sync(engine, now, listed("https://a.example/1"))
    record(engine, *claim(engine, now), failed(Reason.RATE_LIMITED), now, now + LEASE)
    sync(engine, now, listed("https://a.example/1"), listed("https://a.example/2"), listed("https://b.example/"))
    with reading(engine) as connection:
        waits = {one.glance.address: (one.glance.next_fetch_at, one.why_then) for one in health(connection)}
        assert {one.address: one.next_fetch_at for one in glances(connection)} == {
            a: at for a, (at, _) in waits.items()
        }
    assert waits["https://a.example/2"] == (now + LEASE, Why.RETRY_AFTER)
    assert waits["https://b.example/"] == (now, None)


def test_e19_a_second_refusal_never_shortens_the_hold(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/1"), listed("https://a.example/2"))
    first, second = claim(engine, now)
    record(engine, first, failed(Reason.RATE_LIMITED), now, now + timedelta(hours=5))
    record(engine, second, failed(Reason.RATE_LIMITED), now, now + timedelta(hours=1))
    assert claim(engine, now + timedelta(hours=4)) == ()


@pytest.mark.parametrize(
    ("reason", "wait", "due"),
    [
        (None, timedelta(days=1), 0),
        (None, timedelta(days=3), 1),
        (Reason.DNS, timedelta(days=3), 1),
        (Reason.GONE, timedelta(days=30), 0),
        (Reason.GONE, timedelta(days=365), 1),
        (Reason.RATE_LIMITED, timedelta(days=31), 0),
        (Reason.RATE_LIMITED, timedelta(days=365), 1),
    ],
)
def test_n31_what_a_wrong_clock_put_off_is_made_due(
    engine: Engine, now: datetime, reason: Reason | None, wait: timedelta, due: int
) -> None:
    sync(engine, now, listed())
    record(engine, claim(engine, now)[0], failed(reason) if reason else updated(), now, now + wait)
    with writing(engine) as connection:
        assert claims.unfreeze(connection, now, lease=LEASE, usual=timedelta(days=2), longest=timedelta(days=34)) == due
    assert len(claim(engine, now)) == due


def test_q20_a_lease_of_a_clock_that_was_wrong_is_cut_and_its_holder_keeps_it(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    (holder,) = claim(engine, now + timedelta(days=1))
    with writing(engine) as connection:
        claims.unfreeze(connection, now, lease=LEASE, usual=timedelta(days=2), longest=timedelta(days=34))
        assert claims.held(connection, (holder,)) == {(holder.source_id, holder.token)}
    assert len(claim(engine, now + LEASE)) == 1


def test_the_end_of_a_lease_keeps_the_distance_of_its_source_and_not_its_host_busy(
    engine: Engine, now: datetime
) -> None:
    sync(engine, now, listed("https://a.example/1"), listed("https://a.example/2"))
    with writing(engine) as connection:
        ask = partial(claims.claim_due, connection, limit=1, per_host=1, lease=LEASE, floor=FLOOR)
        (one,) = ask(now=now)
        assert ask(now=now + LEASE - FLOOR - timedelta(seconds=1)) == ()
        (other,) = ask(now=now + LEASE - FLOOR)
    assert {one.address, other.address} == {"https://a.example/1", "https://a.example/2"}


def test_x18_a_feed_that_says_it_has_ended_is_gone_until_it_says_otherwise(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    ended = Rhythm(ended=True)
    record(engine, claim(engine, now)[0], updated(entry(), rhythm=ended), now, now)
    again = claim(engine, now)[0]
    assert again.rhythm == ended
    unchanged = Unchanged(validators=Validators(), exchange=Exchange(status=304))
    for outcome, reason in ((unchanged, Reason.GONE), (updated(entry()), None)):
        record(engine, again, outcome, now, now)
        with reading(engine) as connection:
            (found,) = health(connection)
        assert (found.glance.reason, found.glance.failures) == (reason, 0)
        again = claim(engine, now)[0]


def test_only_the_last_polls_are_kept(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    for _ in range(polls.FETCHES_KEPT + 5):
        record(engine, claim(engine, now)[0], updated(), now, now)
    with writing(engine) as connection:
        assert polls.forget_old_fetches(connection) == 5
        assert len(connection.execute(select(fetches_table.c.id)).all()) == polls.FETCHES_KEPT


def test_counting_what_is_due_counts_nothing_else(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/1"), listed("https://b.example/1"))
    with reading(engine) as connection:
        assert claims.count_due(connection, now) == 2
        assert claims.count_due(connection, now - timedelta(seconds=1)) == 0
