"""Transitions are recorded with the poll that shows them, and polls are counted to their days."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.outcome import Reason
from aggregator.standing import Change, Transition
from aggregator.store import claims, days, transitions
from aggregator.store.claims import Claim
from aggregator.store.days import Tally
from aggregator.store.engine import reading, writing
from tests.builders import failed, listed, record, sync, updated

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
A = "https://a.example/feed"


def claim(engine: Engine, now: datetime) -> Claim:
    with writing(engine) as connection:
        (claimed,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=HOUR)
    return claimed


def test_a_source_that_fails_for_days_and_recovers_is_told_of_twice(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    polls = [updated(), *[failed(Reason.DNS)] * 5, updated(), failed(), updated()]
    for number, outcome in enumerate(polls):
        at = now + number * DAY
        record(engine, claim(engine, at), outcome, at, at + DAY)
    with reading(engine) as connection:
        up, down = transitions.newest(connection, limit=9)
    assert (down.change, down.changed_at, down.since) == (Change.DOWN, now + 3 * DAY, now + DAY)
    assert (down.reason, down.detail, down.address) == (Reason.DNS, "nobody answers", A)
    assert (up.change, up.changed_at, up.since) == (Change.UP, now + 6 * DAY, now + DAY)


def test_what_is_recorded_in_a_transaction_that_fails_never_happened(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    try:
        with writing(engine) as connection:
            transitions.add(connection, [(1, Transition(change=Change.GONE))], now)
            raise ValueError("the disk is full")
    except ValueError:
        pass
    with reading(engine) as connection:
        assert transitions.newest(connection, limit=9) == ()


def test_our_own_network_has_transitions_of_no_source(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        transitions.add(connection, [(None, Transition(change=Change.OFFLINE, since=now - HOUR))], now)
        assert transitions.offline_since(connection) == now - HOUR
        transitions.add(connection, [(None, Transition(change=Change.ONLINE))], now)
        assert transitions.offline_since(connection) is None
        assert [one.address for one in transitions.newest(connection, limit=9)] == [None, None]


def test_transitions_are_kept_for_a_year(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        for age in (transitions.KEPT, transitions.KEPT + HOUR):
            transitions.add(connection, [(None, Transition(change=Change.ONLINE))], now - age)
        assert transitions.forget_old(connection, now) == 1


def test_polls_are_counted_to_their_day(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    good = updated()
    for hour, outcome in enumerate((good, failed(), good, good)):
        at = now + hour * 6 * HOUR
        record(engine, claim(engine, at), outcome, at, at)
    with reading(engine) as connection:
        counted = days.by_day(connection, now.date())
    assert counted == {
        now.date(): Tally(updated=1, failed=1, wire_bytes=1000),
        (now + DAY).date(): Tally(updated=2, wire_bytes=2000),
    }


def test_what_is_old_is_added_up_so_that_the_sum_never_goes_back(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    for age in (200, 150, 91, 90, 0):
        at = now - timedelta(days=age)
        record(engine, replace(claim(engine, now), source_id=1), updated(), at, now)
    with writing(engine) as connection:
        before = days.total(connection)
        assert [days.fold_old(connection, later) for later in (now - 60 * DAY, now, now)] == [1, 2, 0]
        assert days.total(connection) == before == Tally(updated=5, wire_bytes=5000)
        assert days.by_day(connection, days.BEFORE)[days.BEFORE].polls == 3
