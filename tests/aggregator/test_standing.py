"""How sources stand, and the one transition for each change of that: a table of everything that may happen."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.outcome import Exchange, Failed, Reason, Unchanged, Validators
from aggregator.standing import (
    DOWN_AFTER,
    DOWN_FAILURES,
    SHORTEST_SILENCE,
    Before,
    Change,
    Standing,
    judge,
    silent,
    silent_after,
)
from tests.builders import failed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG = {"failures": DOWN_FAILURES - 1, "failing_since": NOW - DOWN_AFTER}
GOOD = Unchanged(validators=Validators(), exchange=Exchange(status=304))


def every(gap: timedelta, *, until: datetime = NOW, times: int = 20) -> tuple[datetime, ...]:
    """The arrivals of a source with a steady rhythm, newest first."""
    return tuple(until - number * gap for number in range(times))


def judged(before: Before, outcome: Failed | Unchanged, **changes: object) -> tuple[Standing, list[Change]]:
    said: dict[str, object] = {"added": 0, "arrivals": (), "ended": False, "moved_to": None, "held": None, "now": NOW}
    standing, transitions = judge(before, outcome, **(said | changes))  # type: ignore[arg-type]
    return standing, [one.change for one in transitions]


WELL, QUIET, DOWN, GONE = Standing
STEADY = {"arrivals": every(DAY, until=NOW - 4 * DAY)}


@pytest.mark.parametrize(
    ("before", "outcome", "facts", "standing", "changes"),
    [
        (Before(), GOOD, {}, WELL, []),
        (Before(), failed(Reason.SERVER_ERROR), {}, WELL, []),
        (Before(failures=9, failing_since=NOW - HOUR), failed(), {}, WELL, []),
        (Before(failures=DOWN_FAILURES - 2, failing_since=NOW - 9 * DAY), failed(), {}, WELL, []),
        (Before(**LONG), failed(), {}, DOWN, [Change.DOWN]),
        (Before(standing=DOWN, **LONG), failed(), {}, DOWN, []),
        (Before(standing=DOWN, **LONG), GOOD, {}, WELL, [Change.UP]),
        (Before(standing=DOWN, **LONG), GOOD, STEADY, WELL, [Change.UP]),
        (Before(), failed(Reason.GONE), {}, GONE, [Change.GONE]),
        (Before(standing=DOWN, **LONG), failed(Reason.GONE), {}, GONE, [Change.GONE]),
        (Before(standing=GONE, **LONG), failed(Reason.DNS), {}, GONE, []),
        (Before(standing=GONE), GOOD, {}, WELL, [Change.UP]),
        (Before(), GOOD, {"ended": True}, GONE, [Change.GONE]),
        (Before(standing=GONE), GOOD, {"ended": True}, GONE, []),
        (Before(), GOOD, STEADY, QUIET, [Change.QUIET]),
        (Before(standing=QUIET), GOOD, STEADY, QUIET, []),
        (Before(standing=QUIET), failed(), STEADY, QUIET, []),
        (Before(standing=QUIET, **LONG), failed(), STEADY, DOWN, [Change.DOWN]),
        (Before(standing=QUIET), GOOD, {"added": 1, "arrivals": every(DAY)}, WELL, [Change.UP]),
        (Before(), GOOD, {"moved_to": "https://b.example/"}, WELL, [Change.MOVED]),
        (Before(moved_to="https://b.example/"), GOOD, {"moved_to": "https://b.example/"}, WELL, []),
        (Before(moved_to="https://b.example/"), failed(), {"moved_to": None}, WELL, []),
        (Before(), GOOD, {"held": "old", "added": 99}, WELL, [Change.FLOOD]),
    ],
)
def test_one_transition_tells_each_change_and_nothing_else_does(
    before: Before, outcome: Failed | Unchanged, facts: dict[str, object], standing: Standing, changes: list[Change]
) -> None:
    assert judged(before, outcome, **facts) == (standing, changes)


def test_a_transition_says_since_when_and_why() -> None:
    _, (down,) = judge(
        Before(**LONG), failed(Reason.DNS), added=0, arrivals=(), ended=False, moved_to=None, held=None, now=NOW
    )
    assert (down.since, down.reason, down.detail) == (NOW - DOWN_AFTER, Reason.DNS, "nobody answers")
    quiet = Before(standing=QUIET, last_new_at=NOW - 9 * DAY)
    _, (up,) = judge(quiet, GOOD, added=1, arrivals=every(DAY), ended=False, moved_to=None, held=None, now=NOW)
    assert up.since == NOW - 9 * DAY


@pytest.mark.parametrize(
    ("arrivals", "longest"),
    [
        ((), None),
        (every(DAY, times=6), None),  # five gaps: it may be anything
        (every(DAY), SHORTEST_SILENCE),
        (every(7 * DAY), 21 * DAY),
        (every(30 * DAY, times=7), 90 * DAY),
        (every(HOUR / 4), SHORTEST_SILENCE),
        ((*every(HOUR, times=6), NOW - 10 * DAY), 3 * (10 * DAY - 5 * HOUR)),
    ],
)
def test_how_long_a_silence_must_be_is_learnt_from_the_source_itself(
    arrivals: tuple[datetime, ...], longest: timedelta | None
) -> None:
    assert silent_after(arrivals) == longest


def test_a_source_whose_items_have_no_dates_is_not_silent_while_they_come() -> None:
    old = every(DAY, until=NOW - 99 * DAY)
    assert silent(old, None, NOW)
    assert not silent(old, NOW - DAY, NOW)
