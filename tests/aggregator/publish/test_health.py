"""The verdict on a source, from how it has been and what time it is."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.outcome import Reason
from aggregator.publish.health import OVERDUE_AFTER, State, badness, judge
from aggregator.standing import Standing
from aggregator.store.health import Glance, SourceHealth
from aggregator.store.history import Recent

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW = "https://b.example/"


def glance(**changes: object) -> Glance:
    """A source that is well."""
    fields: dict[str, object] = {
        "id": 1, "address": "https://a.example/feed", "title": "A", "standing": Standing.WELL, "reason": None,
        "failures": 0, "failing_since_at": None, "last_success_at": NOW - HOUR, "last_fetch_at": NOW - HOUR,
        "last_new_at": NOW - 9 * HOUR, "next_fetch_at": NOW + HOUR, "moved_to": None, "held_since_at": None,
    }  # fmt: skip
    return Glance(**(fields | changes))  # type: ignore[arg-type]


def failing(reason: Reason = Reason.DNS, hours: int = 9, **changes: object) -> Glance:
    """One that is down."""
    since = NOW - hours * HOUR
    down: dict[str, object] = {
        "standing": Standing.DOWN, "failures": 3, "reason": reason, "failing_since_at": since, "last_success_at": since,
    }  # fmt: skip
    return glance(**(down | changes))


def health(one: Glance | None = None, **changes: object) -> SourceHealth:
    """The same in full."""
    one = one or glance()
    fields: dict[str, object] = {
        "glance": one, "kind": "feed", "link": None, "added_at": NOW - 99 * HOUR, "why_then": None, "leads_to": None,
        "detail": "said so" if one.reason else None, "problems": (), "arrivals": (), "conditional": True,
        "sightings": 5, "unresolved_images": 0, "recent": Recent(polls=10, good_polls=10),
    }  # fmt: skip
    return SourceHealth(**(fields | changes))  # type: ignore[arg-type]


NEVER_GOOD = {"standing": Standing.WELL, "last_success_at": None, "failures": 1}


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (glance(), State.OK),
        (glance(last_fetch_at=None, last_success_at=None, next_fetch_at=NOW), State.WAITING),
        (glance(last_success_at=None, reason=Reason.DNS), State.WAITING),  # our own network was gone: nobody is blamed
        (failing(), State.FAILING),
        (failing(standing=Standing.WELL), State.OK),  # not for so long yet that it would be an alarm
        (failing(**NEVER_GOOD), State.FAILING),  # it may be a slip in config.yaml: said at once
        (failing(Reason.GONE), State.GONE),
        (failing(standing=Standing.GONE), State.GONE),
        (failing(moved_to=NEW), State.FAILING),
        (failing(Reason.RATE_LIMITED), State.FAILING),
        (failing(Reason.RATE_LIMITED, standing=Standing.WELL), State.PAUSED),
        (failing(Reason.PARSER_DIED, failures=2, standing=Standing.WELL), State.OK),
        (failing(Reason.PARSER_DIED), State.PAUSED),
        (glance(held_since_at=NOW), State.HELD),
        (failing(held_since_at=NOW), State.FAILING),
        (glance(standing=Standing.QUIET), State.QUIET),
        (glance(moved_to=NEW), State.OK),
        (glance(next_fetch_at=NOW - 9 * HOUR), State.OK),
    ],
)
def test_a_source_is_judged(source: Glance, state: State) -> None:
    assert judge(source, NOW).state is state


def test_what_was_due_long_ago_is_overdue_whatever_its_state() -> None:
    late = timedelta(seconds=1)
    assert [judge(glance(next_fetch_at=NOW - OVERDUE_AFTER - by), NOW).overdue for by in (0 * late, late)] == [
        False,
        True,
    ]
    assert judge(failing(next_fetch_at=NOW - 2 * OVERDUE_AFTER), NOW).overdue


def test_the_worst_come_first_and_the_longest_lasting_among_them() -> None:
    sources = [
        glance(address="ok-b"), glance(address="ok-a"), failing(hours=9, address="b"), failing(hours=19, address="a"),
        failing(Reason.GONE, address="g"), glance(moved_to=NEW, address="m"),
        failing(address="f", standing=Standing.WELL),
    ]  # fmt: skip
    in_order = sorted((judge(source, NOW) for source in sources), key=badness)
    assert [one.source.address for one in in_order] == ["g", "a", "b", "m", "f", "ok-a", "ok-b"]


def test_what_needs_attention_is_what_somebody_can_do_something_about() -> None:
    calm = (
        glance(), glance(last_fetch_at=None, last_success_at=None), failing(standing=Standing.WELL),
        failing(Reason.RATE_LIMITED, standing=Standing.WELL),
    )  # fmt: skip
    assert not any(judge(one, NOW).needs_attention for one in calm)
    alarms = (
        failing(), failing(Reason.GONE), failing(Reason.PARSER_DIED), glance(moved_to=NEW),
        glance(held_since_at=NOW), glance(standing=Standing.QUIET),
    )  # fmt: skip
    assert all(judge(one, NOW).needs_attention for one in alarms)


@pytest.mark.parametrize(
    ("source", "since"),
    [
        (failing(hours=7), NOW - 7 * HOUR),
        (glance(held_since_at=NOW - HOUR), NOW - HOUR),
        (glance(standing=Standing.QUIET), NOW - 9 * HOUR),
        (glance(), None),
    ],
)
def test_since_when_depends_on_what_it_is(source: Glance, since: datetime | None) -> None:
    assert judge(source, NOW).since == since
