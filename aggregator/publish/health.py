"""Whether a source is well, judged from how it has been and what time it is. Pure: reads nothing, asks nobody.

What happened is `store.health`; how it is shown is for the status page, `status.json` and the command line.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.outcome import Reason
from aggregator.store.health import SourceHealth

# A poll that is due waits for the next tick and for its host; an hour late, nobody is polling.
OVERDUE_AFTER = timedelta(hours=1)


class State(StrEnum):
    """How a source is, the worst first: the order of the status page."""

    GONE = "gone"
    FAILING = "failing"
    OVERDUE = "overdue"
    MOVED = "moved"
    WAITING = "waiting"
    OK = "ok"

    @property
    def needs_attention(self) -> bool:
        """Whether the operator can do something about it."""
        return self not in (State.OK, State.WAITING)


def judge(source: SourceHealth, now: datetime) -> State:
    """The one word for a source; a failure outweighs all else, for its other facts are older."""
    if source.reason is Reason.GONE:
        return State.GONE
    if source.failures:
        return State.FAILING
    if now - source.next_fetch_at > OVERDUE_AFTER:
        return State.OVERDUE
    if source.last_fetch_at is None:
        return State.WAITING
    return State.MOVED if source.moved_to else State.OK


def badness(source: SourceHealth, now: datetime) -> tuple[int, datetime, str]:
    """A key that sorts the worst first: by state, then by how long it has lasted, then by address."""
    since = source.failing_since_at or now
    return list(State).index(judge(source, now)), since, source.address
