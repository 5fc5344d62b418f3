"""Floods: polls that brought so much that is old, undated or known that it is held until somebody has looked at it.

What is held is stored like everything else, and known; it only waits outside of the merge. `dedup.flood` decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from aggregator.store.columns import among
from aggregator.store.schema import floods, sightings, sources

LOOKED_AT = 5_000  # newest sightings of a source that a repetition is looked for in


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A flood that is held.

    items           new ones in that poll, of which …
    old, undated, repeated
    waiting         how many are held: all but those that are in their stories again
    reason          why it was held, for people
    """

    id: int
    source_id: int
    address: str
    title: str
    held_at: datetime
    items: int
    old: int
    undated: int
    repeated: int
    waiting: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a source had before a poll: how many sightings, how many without a date, and when it was last read."""

    sightings: int
    undated: int
    last_success_at: datetime | None


def before(connection: Connection, source_id: int, now: datetime) -> Before:
    """How a source was before the poll that is being stored now."""
    c = sightings.c
    counted = select(func.count(), func.count(c.published)).where(c.source_id == source_id, c.first_seen_at < now)
    total, dated = connection.execute(counted).one()
    last = connection.scalar(select(sources.c.last_success_at).where(sources.c.id == source_id))
    return Before(sightings=total, undated=total - dated, last_success_at=last)


def brought(connection: Connection, source_id: int, now: datetime) -> list[int]:
    """The sightings that the poll that is being stored now has added."""
    c = sightings.c
    return list(connection.scalars(select(c.id).where(c.source_id == source_id, c.first_seen_at == now).order_by(c.id)))


def earlier(connection: Connection, source_id: int, now: datetime) -> list[int]:
    """The newest sightings of a source from before this poll, newest first."""
    c = sightings.c
    had = select(c.id).where(c.source_id == source_id, c.first_seen_at < now)
    return list(connection.scalars(had.order_by(c.id.desc()).limit(LOOKED_AT)))


def hold(
    connection: Connection,
    source_id: int,
    held: Sequence[int],
    now: datetime,
    *,
    items: int,
    old: int,
    undated: int,
    repeated: int,
    reason: str,
) -> int:
    """Hold sightings; returns the flood."""
    row = {
        "source_id": source_id, "held_at": now, "items": items, "old": old, "undated": undated, "repeated": repeated,
        "reason": reason,
    }  # fmt: skip
    (flood_id,) = connection.execute(insert(floods).values(row).returning(floods.c.id)).one()
    inside = among(connection, sightings.c.id, held)
    connection.execute(update(sightings).where(inside).values(flood_id=flood_id, pending=0))
    return int(flood_id)


def held(connection: Connection) -> tuple[Flood, ...]:
    """The floods that nobody has released or discarded yet, the newest first."""
    waiting = (
        select(func.count()).select_from(sightings).where(sightings.c.flood_id == floods.c.id).scalar_subquery()
    ).label("waiting")
    rows = connection.execute(
        select(floods, sources.c.address, sources.c.title, waiting)
        .join(sources, sources.c.id == floods.c.source_id)
        .where(floods.c.ended_at.is_(None))
        .order_by(floods.c.id.desc())
    )
    return tuple(
        Flood(
            id=row.id,
            source_id=row.source_id,
            address=row.address,
            title=row.title,
            held_at=row.held_at,
            items=row.items,
            old=row.old,
            undated=row.undated,
            repeated=row.repeated,
            waiting=row.waiting,
            reason=row.reason,
        )
        for row in rows
    )


def release(connection: Connection, flood_id: int, now: datetime) -> int | None:
    """Let a flood go on to the merge; returns how many items, None if it is not held."""
    return _end(connection, flood_id, now, "released", {"flood_id": None, "pending": 1})


def discard(connection: Connection, flood_id: int, now: datetime) -> int | None:
    """Forget the text of a flood for good; its items stay known, so that they never come back as new."""
    gone = {"expired_at": now, "pending": 0, "html": "", "summary": "", "original": None, "unresolved_images": 0}
    return _end(connection, flood_id, now, "discarded", gone)


def _end(connection: Connection, flood_id: int, now: datetime, verdict: str, values: dict[str, object]) -> int | None:
    ended = (
        update(floods).where(floods.c.id == flood_id, floods.c.ended_at.is_(None)).values(ended_at=now, verdict=verdict)
    )
    if connection.execute(ended).rowcount == 0:
        return None
    return connection.execute(update(sightings).where(sightings.c.flood_id == flood_id).values(values)).rowcount
