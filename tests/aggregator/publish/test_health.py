"""The verdict on a source, from how it has been and what time it is."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.outcome import Reason
from aggregator.publish.health import OVERDUE_AFTER, State, badness, judge
from aggregator.store.health import SourceHealth

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def health(**changes: object) -> SourceHealth:
    """A source that is well."""
    fields: dict[str, object] = {
        "id": 1, "address": "https://a.example/feed", "kind": "feed", "title": "A", "link": None,
        "added_at": NOW - 99 * HOUR, "removed_at": None, "next_fetch_at": NOW + HOUR, "last_fetch_at": NOW - HOUR,
        "last_success_at": NOW - HOUR, "last_new_at": None, "failing_since_at": None, "failures": 0, "reason": None,
        "detail": None, "moved_to": None, "problems": (), "conditional": True, "sightings": 5, "unresolved_images": 0,
        "polls": 10, "good_polls": 10,
    }  # fmt: skip
    return SourceHealth(**(fields | changes))  # type: ignore[arg-type]


def failing(reason: Reason = Reason.DNS, hours: int = 3, **changes: object) -> SourceHealth:
    since = NOW - hours * HOUR
    return health(failures=3, reason=reason, detail="said so", failing_since_at=since, **changes)


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (health(), State.OK),
        (health(last_fetch_at=None, last_success_at=None, next_fetch_at=NOW), State.WAITING),
        (failing(), State.FAILING),
        (failing(Reason.GONE), State.GONE),
        (failing(moved_to="https://b.example/"), State.FAILING),
        (health(moved_to="https://b.example/"), State.MOVED),
        (health(next_fetch_at=NOW - OVERDUE_AFTER), State.OK),
        (health(next_fetch_at=NOW - OVERDUE_AFTER - timedelta(seconds=1)), State.OVERDUE),
        (health(last_fetch_at=None, next_fetch_at=NOW - 2 * OVERDUE_AFTER), State.OVERDUE),
    ],
)
def test_a_source_is_judged(source: SourceHealth, state: State) -> None:
    assert judge(source, NOW) is state


def test_the_worst_come_first_and_the_longest_lasting_among_them() -> None:
    sources = [
        health(address="ok-b"), health(address="ok-a"), failing(hours=3, address="b"), failing(hours=9, address="a"),
        failing(Reason.GONE, address="g"), health(moved_to="https://b.example/", address="m"),
    ]  # fmt: skip
    in_order = sorted(sources, key=lambda source: badness(source, NOW))
    assert [source.address for source in in_order] == ["g", "a", "b", "m", "ok-a", "ok-b"]


def test_what_needs_attention_is_what_somebody_can_do_something_about() -> None:
    assert [state for state in State if not state.needs_attention] == [State.WAITING, State.OK]
