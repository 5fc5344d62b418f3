"""What changed about sources, and about our own network: written once, with the poll that showed it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from aggregator.outcome import Reason
from aggregator.standing import Change, Transition
from aggregator.store.schema import sources, transitions

KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A transition, when it was, and of which source: all of that is None of our own network."""

    id: int
    changed_at: datetime
    change: Change
    since: datetime | None
    reason: Reason | None
    detail: str | None
    source_id: int | None
    address: str | None
    title: str | None


def add(connection: Connection, changes: Iterable[tuple[int | None, Transition]], now: datetime) -> None:
    """Record what changed now, and about which source; None is our own network."""
    rows = [
        {
            "source_id": source_id,
            "changed_at": now,
            "change": one.change.value,
            "since": one.since,
            "reason": one.reason.value if one.reason else None,
            "detail": one.detail,
        }
        for source_id, one in changes
    ]
    if rows:
        connection.execute(insert(transitions), rows)


def newest(connection: Connection, *, limit: int, source_id: int | None = None) -> tuple[Recorded, ...]:
    """The last transitions, newest first: of everything, or of one source."""
    statement = (
        select(transitions, sources.c.address, sources.c.title)
        .outerjoin(sources, sources.c.id == transitions.c.source_id)
        .order_by(transitions.c.id.desc())
        .limit(limit)
    )
    if source_id is not None:
        statement = statement.where(transitions.c.source_id == source_id)
    return tuple(map(_recorded, connection.execute(statement)))


def offline_since(connection: Connection) -> datetime | None:
    """Since when our own network has been gone; None while it is there."""
    last = (
        select(transitions.c.change, transitions.c.since, transitions.c.changed_at)
        .where(transitions.c.source_id.is_(None))
        .order_by(transitions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(last).one_or_none()
    return (row.since or row.changed_at) if row is not None and row.change == Change.OFFLINE.value else None


def forget_old(connection: Connection, now: datetime) -> int:
    """Let go of what changed longer than a year ago; returns how many."""
    return connection.execute(delete(transitions).where(transitions.c.changed_at < now - KEPT)).rowcount


def _recorded(row: Any) -> Recorded:
    return Recorded(
        id=row.id,
        changed_at=row.changed_at,
        change=Change(row.change),
        since=row.since,
        reason=Reason(row.reason) if row.reason else None,
        detail=row.detail,
        source_id=row.source_id,
        address=row.address,
        title=row.title,
    )
