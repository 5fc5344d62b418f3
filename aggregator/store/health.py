"""What the status page asks: how each source in the file has been.

Reads only; whether that is good or bad is not judged here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.outcome import Reason
from aggregator.store.schema import fetches, sightings, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How a source has been.

    reason, detail    None unless the last fetch failed
    …_at              None if it never happened
    conditional       the source gave us a validator, so that most polls cost it nothing
    polls             of the last ones, as many as are kept; good_polls of them did not fail
    """

    id: int
    address: str
    kind: str
    title: str
    link: str | None
    added_at: datetime
    removed_at: datetime | None
    next_fetch_at: datetime
    last_fetch_at: datetime | None
    last_success_at: datetime | None
    last_new_at: datetime | None
    failing_since_at: datetime | None
    failures: int
    reason: Reason | None
    detail: str | None
    moved_to: str | None
    problems: tuple[str, ...]
    conditional: bool
    sightings: int
    unresolved_images: int
    polls: int
    good_polls: int


def health(connection: Connection) -> tuple[SourceHealth, ...]:
    """Every source in the file, failing ones first, then by address."""
    polls = (
        select(
            fetches.c.source_id,
            func.count().label("polls"),
            func.count().filter(fetches.c.outcome != "failed").label("good_polls"),
        )
        .group_by(fetches.c.source_id)
        .subquery()
    )
    carried = (
        select(
            sightings.c.source_id,
            func.count().label("sightings"),
            func.sum(sightings.c.unresolved_images).label("unresolved_images"),
        )
        .group_by(sightings.c.source_id)
        .subquery()
    )
    statement = (
        select(sources, carried.c.sightings, carried.c.unresolved_images, polls.c.polls, polls.c.good_polls)
        .outerjoin(polls, polls.c.source_id == sources.c.id)
        .outerjoin(carried, carried.c.source_id == sources.c.id)
        .where(sources.c.removed_at.is_(None))
        .order_by(sources.c.failures.desc(), sources.c.address)
    )
    return tuple(_health(row) for row in connection.execute(statement))


def _health(row: Any) -> SourceHealth:
    return SourceHealth(
        id=row.id,
        address=row.address,
        kind=row.kind,
        title=row.title,
        link=row.link,
        added_at=row.added_at,
        removed_at=row.removed_at,
        next_fetch_at=row.next_fetch_at,
        last_fetch_at=row.last_fetch_at,
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        failing_since_at=row.failing_since_at,
        failures=row.failures,
        reason=Reason(row.reason) if row.reason else None,
        detail=row.detail,
        moved_to=row.learnt_address,
        problems=row.problems,
        conditional=row.etag is not None or row.last_modified is not None,
        sightings=row.sightings or 0,
        unresolved_images=row.unresolved_images or 0,
        polls=row.polls or 0,
        good_polls=row.good_polls or 0,
    )
