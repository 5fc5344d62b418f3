"""Whether a source is well, judged from how it has been and what time it is. Pure: reads nothing, asks nobody.

How it stands was decided with its last poll (`aggregator.standing`); what happened is `store.health`; how it is shown
is for the status page, `status.json` and the command line.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from aggregator.outcome import Reason
from aggregator.standing import Standing
from aggregator.store.health import Glance

# A poll that is due waits for the next tick and for its host; an hour late, nobody is polling.
OVERDUE_AFTER = timedelta(hours=1)
PUT_ASIDE_AFTER = 3  # times in a row that its reading died: `fetch.cadence.PATIENCE`


FOREVER = datetime.max.replace(tzinfo=UTC)


class State(StrEnum):
    """How a source is, the worst first: the order of the status page."""

    GONE = "gone"
    FAILING = "failing"
    HELD = "held"
    PAUSED = "paused"
    QUIET = "quiet"
    WAITING = "waiting"
    OK = "ok"

    @property
    def words(self) -> str:
        """What it means, in a few words."""
        return _WORDS[self]


_WORDS = {
    State.GONE: "its publisher says that it has ended",
    State.FAILING: "nothing can be had from it",
    State.HELD: "works, but what it brought is held from publishing until you decide",
    State.PAUSED: "is not asked for a while, on purpose",
    State.QUIET: "works, but has been silent for longer than it ever was",
    State.WAITING: "was never read yet",
    State.OK: "works",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A source with its verdict.

    since            when what the state says began; of one that is well, since when it has failed lately; else None
    overdue          it was due long ago and nobody came, which is not the source's doing
    needs_attention  the operator can do something about it
    """

    source: Glance
    state: State
    since: datetime | None
    overdue: bool
    needs_attention: bool


def judge(source: Glance, now: datetime) -> Judged:
    """The verdict on a source."""
    state = state_of(source)
    return Judged(
        source=source,
        state=state,
        since=_since(source, state),
        overdue=now - source.next_fetch_at > OVERDUE_AFTER,
        needs_attention=state in _ALARMS or put_aside(source) or source.moved_to is not None,
    )


def state_of(source: Glance) -> State:
    """The one word for a source.

    One that was ever good is failing once it is down, after several failures and some hours; one that never was is
    failing at once, for it may be a slip in config.yaml.
    """
    if source.standing is Standing.GONE or source.reason is Reason.GONE:
        return State.GONE
    if put_aside(source) or (source.reason is Reason.RATE_LIMITED and source.standing is not Standing.DOWN):
        return State.PAUSED
    if source.standing is Standing.DOWN or (source.failures and source.last_success_at is None):
        return State.FAILING
    if source.held_since_at is not None:
        return State.HELD
    if source.standing is Standing.QUIET:
        return State.QUIET
    return State.WAITING if source.last_success_at is None else State.OK


def put_aside(source: Glance) -> bool:
    """Whether reading it died so often that it is hardly tried any more."""
    return source.reason is Reason.PARSER_DIED and source.failures >= PUT_ASIDE_AFTER


def badness(judged: Judged) -> tuple[bool, int, bool, datetime, str]:
    """A key that sorts the worst first: by state, then by how long it has lasted, then by address."""
    since = judged.since or FOREVER
    return not judged.needs_attention, _PLACES[judged.state], judged.source.failures == 0, since, judged.source.address


def _since(source: Glance, state: State) -> datetime | None:
    if state is State.HELD:
        return source.held_since_at
    return source.last_new_at if state is State.QUIET else source.failing_since_at


_ALARMS = frozenset({State.GONE, State.FAILING, State.HELD, State.QUIET})
_PLACES = {state: place for place, state in enumerate(State)}
