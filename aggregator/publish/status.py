"""How everything is, as one value: what the status page shows, what `/status.json` says, and the command line prints.

All of them show the same facts because they are gathered once, here, with every text already fit for the public. How to
say them is for the page; the JSON's shape is public, versioned, and described in docs/status-json.md.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.config.redaction import public_url, redacted, shown_address
from aggregator.config.settings import Settings, SourceSettings
from aggregator.errors import Problem
from aggregator.outcome import Why
from aggregator.publish.advice import advice
from aggregator.publish.health import Judged, State, badness, judge
from aggregator.standing import silent_after, silent_since
from aggregator.store.configuration import ConfigState
from aggregator.store.floods import Flood
from aggregator.store.health import Glance, SourceHealth
from aggregator.store.unstored import Unstored

VERSION = 2  # of the JSON: raised when a member goes or changes its meaning; new members do not raise it
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source: what config.yaml says of it, how it has been, and the verdict. docs/status-json.md explains each."""

    id: int
    name: str
    address: str
    kind: str
    line: int | None
    categories: tuple[str, ...]
    state: State
    needs_attention: bool
    since: datetime | None
    reason: str | None
    advice: str | None
    detail: str | None
    moved_to: str | None
    leads_to: str | None
    overdue: bool
    added_at: datetime
    last_success_at: datetime | None
    last_fetch_at: datetime | None
    last_new_at: datetime | None
    next_fetch_at: datetime
    why_then: Why | None
    failures: int
    polls: int
    good_polls: int
    not_modified: int
    wire_bytes: int
    milliseconds: int | None
    conditional: bool
    items_a_week: float | None
    quiet_from: datetime | None
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
    source: int
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
class Overview:
    """Everything at one instant, at a glance. `sources` are the worst first; `stories` is None where nobody counted.

    offline_since  since when our own network has been gone; None while it is there
    floods         what is held from publishing until somebody decides
    config         whether config.yaml, as it stands there now, is in force
    unstored       why nothing can be stored now; None if it can be
    """

    at: datetime
    sources: tuple[Judged, ...]
    warnings: tuple[Problem, ...]
    stories: int | None = None
    offline_since: datetime | None = None
    floods: tuple[HeldFlood, ...] = ()
    config: ConfigState = ConfigState()
    unstored: Unstored | None = None

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the service itself, whatever its sources do; feeds are served all the same."""
        said = {
            "storing": self.unstored is not None,
            "polling": self.overdue > 0,
            "network": self.offline_since is not None,
            "config": bool(self.config.problems),
        }
        return tuple(word for word, wrong in said.items() if wrong)

    @property
    def health(self) -> str:
        """`ok`, or `degraded` where the service has troubles of its own."""
        return "degraded" if self.troubles else "ok"

    @property
    def counts(self) -> Mapping[State, int]:
        """How many sources are in each state, the worst first; those without any left out."""
        counted = Counter(one.state for one in self.sources)
        return {state: counted[state] for state in State if counted[state]}

    @property
    def needing_attention(self) -> int:
        """How many sources the operator should look at."""
        return sum(one.needs_attention for one in self.sources)

    @property
    def moved(self) -> int:
        """How many sources have moved for good."""
        return sum(one.source.moved_to is not None for one in self.sources)

    @property
    def overdue(self) -> int:
        """How many sources were due long ago."""
        return sum(one.overdue for one in self.sources)


def overview(
    settings: Settings,
    glances: Iterable[Glance],
    now: datetime,
    *,
    stories: int | None = None,
    offline_since: datetime | None = None,
    floods: Iterable[Flood] = (),
    config: ConfigState = ConfigState(),
    unstored: Unstored | None = None,
) -> Overview:
    """The verdict on the sources that were glanced at, and what is held."""
    listed = {source.address: source for source in settings.sources}
    return Overview(
        at=now,
        sources=tuple(sorted((judge(one, now) for one in glances), key=badness)),
        warnings=settings.warnings,
        stories=stories,
        offline_since=offline_since,
        floods=tuple(_flood(flood, listed.get(flood.address)) for flood in floods),
        config=config,
        unstored=unstored,
    )


def described(
    settings: Settings, healths: Iterable[SourceHealth], floods: Sequence[HeldFlood], now: datetime
) -> tuple[SourceStatus, ...]:
    """Sources in full, in the order given."""
    listed = {source.address: source for source in settings.sources}
    held = {flood.source: flood for flood in reversed(floods)}
    return tuple(_source(one, listed.get(one.glance.address), held.get(one.glance.id), now) for one in healths)


def name_of(address: str, title: str, source: SourceSettings | None) -> str:
    """What to call a source: as config.yaml says, else as it calls itself, else where it is."""
    return (source.name if source else None) or title or shown_address(address, source)


def _flood(flood: Flood, source: SourceSettings | None) -> HeldFlood:
    return HeldFlood(
        id=flood.id,
        source=flood.source_id,
        name=name_of(flood.address, flood.title, source),
        address=shown_address(flood.address, source),
        held_at=flood.held_at,
        items=flood.items,
        old=flood.old,
        undated=flood.undated,
        repeated=flood.repeated,
        waiting=flood.waiting,
        reason=flood.reason,
    )


def _source(
    health: SourceHealth, source: SourceSettings | None, flood: HeldFlood | None, now: datetime
) -> SourceStatus:
    glance, recent = health.glance, health.recent
    judged = judge(glance, now)
    line = (source.line or None) if source else None
    address = shown_address(glance.address, source)
    return SourceStatus(
        id=glance.id,
        name=name_of(glance.address, glance.title, source),
        address=address,
        kind=health.kind,
        line=line,
        categories=source.categories if source else (),
        state=judged.state,
        needs_attention=judged.needs_attention,
        since=judged.since,
        reason=glance.reason.value if glance.reason else None,
        advice=advice(
            judged, now, address=address, line=line, held=flood.id if flood else None, stored=health.sightings
        ),
        detail=redacted(health.detail, source) if health.detail else None,
        moved_to=_shown(glance.moved_to, source),
        leads_to=_shown(health.leads_to, source),
        overdue=judged.overdue,
        added_at=health.added_at,
        last_success_at=glance.last_success_at,
        last_fetch_at=glance.last_fetch_at,
        last_new_at=glance.last_new_at,
        next_fetch_at=glance.next_fetch_at,
        why_then=health.why_then,
        failures=glance.failures,
        polls=recent.polls,
        good_polls=recent.good_polls,
        not_modified=recent.not_modified,
        wire_bytes=recent.wire_bytes,
        milliseconds=recent.milliseconds,
        conditional=health.conditional,
        items_a_week=items_a_week(health.arrivals, now),
        quiet_from=_quiet_from(health),
        problems=tuple(redacted(problem, source) for problem in health.problems),
        sightings=health.sightings,
        unresolved_images=health.unresolved_images,
    )


def items_a_week(arrivals: Sequence[datetime], now: datetime) -> float | None:
    """How much a source publishes, its present silence counted; None where fewer than two of its items have dates."""
    if len(arrivals) < 2:
        return None
    span = max(now - arrivals[-1], timedelta(hours=1))
    return round(len(arrivals) * (WEEK / span), 1)


def _quiet_from(health: SourceHealth) -> datetime | None:
    longest, last = silent_after(health.arrivals), silent_since(health.arrivals, health.glance.last_new_at)
    return last + longest if last and longest else None


def _shown(url: str | None, source: SourceSettings | None) -> str | None:
    return public_url(redacted(url, source)) if url else None


def document(
    found: Overview, sources: Iterable[SourceStatus], *, program: str, database: str, schema: str | None
) -> dict[str, Any]:
    """The status as the JSON that is public: docs/status-json.md."""
    counts = found.counts
    return {
        "version": VERSION,
        "at": _written(found.at),
        "program": program,
        "health": found.health,
        "troubles": list(found.troubles),
        "database": {"kind": database, "schema": schema},
        "unstored": _members(found.unstored) if found.unstored else None,
        "offline_since": _written(found.offline_since),
        "counts": {
            "stories": found.stories,
            "sources": len(found.sources),
            **{state.value: counts.get(state, 0) for state in State},
            "needing_attention": found.needing_attention,
            "moved": found.moved,
            "overdue": found.overdue,
        },
        "config": {
            "in_force": not found.config.problems,
            "in_force_at": _written(found.config.in_force_at),
            "refused_at": _written(found.config.refused_at),
            "problems": list(found.config.problems),
        },
        "warnings": [asdict(problem) for problem in found.warnings],
        "floods": [_members(flood) for flood in found.floods],
        "sources": [_members(source) for source in sources],
    }


def _members(one: Any) -> dict[str, Any]:
    return {name: _written(getattr(one, name)) for name in one.__dataclass_fields__}


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).isoformat()[:19]}Z"  # half of what strftime takes, of 25,000
    return value
