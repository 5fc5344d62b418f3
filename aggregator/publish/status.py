"""How everything is, as one value: what the status page shows, what `/status.json` says, and the command line prints.

All three show the same facts because they are gathered once, here, with every text already fit for the public. How to
say them is for the page; the JSON's shape is public, versioned, and described in docs/status-json.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from aggregator.config.settings import Settings, SourceSettings
from aggregator.errors import Problem
from aggregator.publish.health import State, badness, judge
from aggregator.publish.redaction import public_url, redacted, shown_address
from aggregator.store.configuration import ConfigState
from aggregator.store.floods import Flood
from aggregator.store.health import SourceHealth

VERSION = 1  # of the JSON: raised when a member goes or changes its meaning; new members do not raise it


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source: what config.yaml says of it, how it has been, and the verdict.

    line        where config.yaml names it; None once it has been removed from the file that is in force
    since       when the present trouble began; None while there is none
    advice      what to do; None where there is nothing to do
    polls       of the last ones, at most 50; `good_polls` of them did not fail
    sightings   how many of its entries are remembered
    unresolved_images  how many images in them show nothing, because nothing says where they are
    """

    name: str
    address: str
    kind: str
    line: int | None
    categories: tuple[str, ...]
    state: State
    since: datetime | None
    reason: str | None
    advice: str | None
    detail: str | None
    moved_to: str | None
    added_at: datetime
    last_success_at: datetime | None
    last_fetch_at: datetime | None
    last_new_at: datetime | None
    next_fetch_at: datetime
    failures: int
    polls: int
    good_polls: int
    conditional: bool
    problems: tuple[str, ...]
    sightings: int
    unresolved_images: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFlood:
    """A poll that brought too much that is old, undated or known, and is not published yet.

    items    new ones in it, of which `old`, `undated` and `repeated`; one may be several of these
    waiting  how many are held; the others are in the stories that they repeat
    """

    id: int
    name: str
    address: str
    held_at: datetime
    items: int
    old: int
    undated: int
    repeated: int
    waiting: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything, at one instant. `sources` are the worst first; `stories` is None where nobody counted them.

    floods  what is held from publishing until somebody decides
    config  whether config.yaml, as it stands there now, is in force
    """

    at: datetime
    sources: tuple[SourceStatus, ...]
    warnings: tuple[Problem, ...]
    stories: int | None = None
    floods: tuple["HeldFlood", ...] = ()
    config: ConfigState = ConfigState()

    @property
    def counts(self) -> Mapping[State, int]:
        """How many sources are in each state, the worst first; those without any left out."""
        counted = Counter(source.state for source in self.sources)
        return {state: counted[state] for state in State if counted[state]}

    @property
    def needing_attention(self) -> int:
        """How many sources the operator should look at."""
        return sum(source.state.needs_attention for source in self.sources)


def status(
    settings: Settings,
    healths: Iterable[SourceHealth],
    now: datetime,
    *,
    stories: int | None = None,
    floods: Iterable[Flood] = (),
    config: ConfigState = ConfigState(),
) -> Status:
    """The status of the sources whose health is given, and of what is held."""
    listed = {source.address: source for source in settings.sources}
    worst_first = sorted(healths, key=lambda health: badness(health, now))
    return Status(
        at=now,
        sources=tuple(_source(health, listed.get(health.address), now) for health in worst_first),
        warnings=settings.warnings,
        stories=stories,
        floods=tuple(_flood(flood, listed.get(flood.address)) for flood in floods),
        config=config,
    )


def _flood(flood: Flood, source: SourceSettings | None) -> HeldFlood:
    address = shown_address(flood.address, source)
    return HeldFlood(
        id=flood.id,
        name=(source.name if source else None) or flood.title or address,
        address=address,
        held_at=flood.held_at,
        items=flood.items,
        old=flood.old,
        undated=flood.undated,
        repeated=flood.repeated,
        waiting=flood.waiting,
        reason=flood.reason,
    )


def _source(health: SourceHealth, source: SourceSettings | None, now: datetime) -> SourceStatus:
    state = judge(health, now)
    address = shown_address(health.address, source)
    moved_to = public_url(redacted(health.moved_to, source)) if health.moved_to else None
    return SourceStatus(
        name=(source.name if source else None) or health.title or address,
        address=address,
        kind=health.kind,
        line=source.line if source else None,
        categories=source.categories if source else (),
        state=state,
        since=_since(state, health),
        reason=health.reason.value if health.reason else None,
        advice=_advice(state, health, source),
        detail=redacted(health.detail, source) if health.detail else None,
        moved_to=moved_to,
        added_at=health.added_at,
        last_success_at=health.last_success_at,
        last_fetch_at=health.last_fetch_at,
        last_new_at=health.last_new_at,
        next_fetch_at=health.next_fetch_at,
        failures=health.failures,
        polls=health.polls,
        good_polls=health.good_polls,
        conditional=health.conditional,
        problems=tuple(redacted(problem, source) for problem in health.problems),
        sightings=health.sightings,
        unresolved_images=health.unresolved_images,
    )


def _since(state: State, health: SourceHealth) -> datetime | None:
    if state is State.OVERDUE:
        return health.next_fetch_at
    return health.failing_since_at if state in (State.GONE, State.FAILING) else None


def _advice(state: State, health: SourceHealth, source: SourceSettings | None) -> str | None:
    if health.reason is not None:
        return health.reason.advice
    if state is State.OVERDUE:
        return "It was due long ago, and nobody polled it; is `aggregator run` or `aggregator ingest` running?"
    if state is State.MOVED:
        place = f"line {source.line} of config.yaml" if source and source.line else "config.yaml"
        return f"Its publisher redirects it for good; edit {place}."
    return None


def document(status: Status, *, program: str, database: str, schema: str | None) -> dict[str, Any]:
    """The status as the JSON that is public: docs/status-json.md."""
    return {
        "version": VERSION,
        "at": _written(status.at),
        "program": program,
        "database": {"kind": database, "schema": schema},
        "counts": {
            "stories": status.stories,
            "sources": len(status.sources),
            **{state.value: status.counts.get(state, 0) for state in State},
        },
        "config": {
            "in_force": not status.config.problems,
            "in_force_at": _written(status.config.in_force_at),
            "refused_at": _written(status.config.refused_at),
            "problems": list(status.config.problems),
        },
        "warnings": [asdict(problem) for problem in status.warnings],
        "floods": [{name: _written(value) for name, value in asdict(flood).items()} for flood in status.floods],
        "sources": [{name: _written(value) for name, value in asdict(source).items()} for source in status.sources],
    }


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value
