"""How a source stands, and when that changes. Pure: one poll and what was known before go in, a standing comes out.

A standing is slower than an outcome, on purpose: one 502 is no alarm. It changes only when a poll has been recorded, in
the same transaction, so a restart neither loses a transition nor tells one twice. What is shown of it is
`publish.health`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from aggregator.outcome import Failed, Outcome, Reason

# Down is what failed so often AND for so long: the backoff doubles, so three failures of a source that is asked every
# quarter of an hour are over in an hour and a half, and a host that is being updated would be an alarm.
DOWN_FAILURES = 3
DOWN_AFTER = timedelta(hours=6)

# Silence is abnormal when it is longer than three times the longest of a source's own last gaps, and there were six of
# them. If it posts at random with a mean gap m, the longest of n gaps is about m·(ln n + 0.58), so the chance that a
# healthy source is called quiet after an item is e^-7.1 with six gaps and e^-10.6 with nineteen: for a daily blog
# about once in three years at first, once in a century later. Never under three days: twenty items of one morning say
# nothing about nights and weekends.
SILENCE_GAPS = 6
SILENCE_TIMES = 3
SHORTEST_SILENCE = timedelta(days=3)


class Standing(StrEnum):
    """How a source stands; what is in the database."""

    WELL = "well"
    QUIET = "quiet"
    DOWN = "down"
    GONE = "gone"


class Change(StrEnum):
    """What a transition is. The last two are no source's: our own network went, and came back."""

    DOWN = "down"
    UP = "up"
    GONE = "gone"
    QUIET = "quiet"
    MOVED = "moved"
    FLOOD = "flood"
    OFFLINE = "offline"
    ONLINE = "online"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What changed at one poll, and what is to be said of it.

    since   when what it is about began: the first failure, the last item; of an end, what has ended
    detail  the last failure, the new address, why it is held
    """

    change: Change
    since: datetime | None = None
    reason: Reason | None = None
    detail: str | None = None


def after_failure(before: Standing, reason: Reason, *, failures: int, since: datetime, now: datetime) -> Standing:
    """How a source stands after a poll that failed, the `failures`th in a row since `since`."""
    if reason is Reason.GONE or before is Standing.GONE:
        return Standing.GONE
    if failures >= DOWN_FAILURES and now - since >= DOWN_AFTER:
        return Standing.DOWN
    return before


def after_success(before: Standing, *, ended: bool, silent: bool) -> Standing:
    """How a source stands after a good poll; one that was down is well first, however little it has to say."""
    if ended:
        return Standing.GONE
    if before in (Standing.DOWN, Standing.GONE):
        return Standing.WELL
    return Standing.QUIET if silent else Standing.WELL


def change(before: Standing, after: Standing) -> Change | None:
    """What that is called; None where nothing has changed."""
    if before is after:
        return None
    return Change.UP if after is Standing.WELL else Change(after.value)


def silent_after(arrivals: Sequence[datetime]) -> timedelta | None:
    """How long a source must be silent for that to be abnormal for it; None where too little of it is known.

    arrivals  of its newest items, newest first
    """
    gaps = [later - earlier for later, earlier in pairwise(arrivals)]
    if len(gaps) < SILENCE_GAPS:
        return None
    return max(SILENCE_TIMES * max(gaps), SHORTEST_SILENCE)


def silent_since(arrivals: Sequence[datetime], last_new_at: datetime | None) -> datetime | None:
    """When a source last had something new, by its own dates or by our seeing it; None if it never had."""
    return max(filter(None, (*arrivals[:1], last_new_at)), default=None)


def silent(arrivals: Sequence[datetime], last_new_at: datetime | None, now: datetime) -> bool:
    """Whether a source has been silent for longer than it usually is."""
    longest, since = silent_after(arrivals), silent_since(arrivals, last_new_at)
    return longest is not None and since is not None and now - since > longest


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was known of a source when a poll began.

    failures, failing_since  of the failures in a row; 0 and None after a good poll
    moved_to                 the address that was learnt by then
    """

    standing: Standing = Standing.WELL
    failures: int = 0
    failing_since: datetime | None = None
    last_new_at: datetime | None = None
    moved_to: str | None = None


def judge(
    before: Before,
    outcome: Outcome,
    *,
    added: int,
    arrivals: Sequence[datetime],
    ended: bool,
    moved_to: str | None,
    held: str | None,
    now: datetime,
) -> tuple[Standing, tuple[Transition, ...]]:
    """How a source stands after a poll, and the transitions to record.

    added     items that were new
    arrivals  of its newest items, this poll's included, newest first
    ended     its document says that nothing will follow
    moved_to  the address that is known by now
    held      why what it brought is held from publishing; None if it is not
    """
    if isinstance(outcome, Failed):
        since = before.failing_since or now
        standing = after_failure(before.standing, outcome.reason, failures=before.failures + 1, since=since, now=now)
        told = Transition(change=Change.DOWN, since=since, reason=outcome.reason, detail=outcome.detail)
    else:
        last_new_at = now if added else before.last_new_at
        standing = after_success(before.standing, ended=ended, silent=silent(arrivals, last_new_at, now))
        told = Transition(change=Change.UP, since=_told_since(before, standing, arrivals))
    changed = change(before.standing, standing)
    said = [replace(told, change=changed)] if changed else []
    if moved_to is not None and moved_to != before.moved_to:
        said.append(Transition(change=Change.MOVED, detail=moved_to))
    if held is not None:
        said.append(Transition(change=Change.FLOOD, detail=held))
    return standing, tuple(said)


def _told_since(before: Before, after: Standing, arrivals: Sequence[datetime]) -> datetime | None:
    """Of silence, its begin, whether it begins or ends; of trouble that ends, when that began."""
    if after is Standing.QUIET:
        return silent_since(arrivals, before.last_new_at)
    return before.last_new_at if before.standing is Standing.QUIET else before.failing_since
