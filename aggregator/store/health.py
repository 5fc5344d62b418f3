"""What the status page asks: how each source in the file has been.

Reads only; whether that is good or bad is not judged here. Of all sources at once only a `Glance` is taken, which is
enough to judge and to sort; the rest is read of those that are shown.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, true

from aggregator.outcome import Reason, Why
from aggregator.standing import Standing
from aggregator.store.columns import among
from aggregator.store.history import Recent, recent_of
from aggregator.store.schema import floods, hosts, sightings, sources

_GLANCED = ("id", "address", "title", "standing", "reason", "failures", "failing_since_at", "last_success_at",
            "last_fetch_at", "last_new_at", "next_fetch_at", "learnt_address")  # fmt: skip
_IN_FULL = (*_GLANCED, "kind", "link", "added_at", "detail", "why_then", "moved_to", "problems", "arrivals", "etag",
            "last_modified")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """As much of a source as it takes to judge it, and to put it in its place among many.

    held_since_at  when the oldest flood came that is held of it; None if none is
    moved_to       where it has moved for good
    next_fetch_at  not before its host's hold ends, whatever the source was made due for
    """

    id: int
    address: str
    title: str
    standing: Standing
    reason: Reason | None
    failures: int
    failing_since_at: datetime | None
    last_success_at: datetime | None
    last_fetch_at: datetime | None
    last_new_at: datetime | None
    next_fetch_at: datetime
    moved_to: str | None
    held_since_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """How a source has been, in full.

    detail        of `reason`; None unless the last fetch failed
    why_then      why it is asked again when it is; None where that was not recorded
    leads_to      where permanent redirects led at the last success: believed after some days, then it is `moved_to`
    arrivals      of its newest entries, by its own dates, newest first
    conditional   the source gave us a validator, so that most polls cost it nothing
    """

    glance: Glance
    kind: str
    link: str | None
    added_at: datetime
    detail: str | None
    why_then: Why | None
    leads_to: str | None
    problems: tuple[str, ...]
    arrivals: tuple[datetime, ...]
    conditional: bool
    sightings: int
    unresolved_images: int
    recent: Recent


def glances(connection: Connection) -> tuple[Glance, ...]:
    """Every source in the file, by address."""
    statement = _asked(*_GLANCED).where(sources.c.removed_at.is_(None)).order_by(sources.c.address)
    held = _held_since(connection)
    return tuple(_glance(row, held.get(row[0])) for row in connection.execute(statement))


def health(connection: Connection, ids: Collection[int] | None = None) -> tuple[SourceHealth, ...]:
    """The sources with these ids, in the order of the ids; without ids every source in the file, by address."""
    c = sources.c
    wanted = c.removed_at.is_(None) if ids is None else among(connection, c.id, ids)
    statement = _asked(*_IN_FULL).where(wanted).order_by(c.address)
    held, recent = _held_since(connection), recent_of(connection, ids)
    carried, unresolved = _carried(connection, ids), _unresolved(connection, ids)
    found = [
        _health(row, held.get(row.id), recent.get(row.id, Recent()), carried.get(row.id, 0), unresolved.get(row.id, 0))
        for row in connection.execute(statement)
    ]
    if ids is not None:
        place = {id_: number for number, id_ in enumerate(ids)}
        found.sort(key=lambda one: place[one.glance.id])
    return tuple(found)


def first_added(connection: Connection) -> datetime | None:
    """When the first source was listed; None before there was any."""
    first: datetime | None = connection.scalar(select(func.min(sources.c.added_at)))
    return first


def any_waits(connection: Connection) -> bool:
    """Whether a source was never fetched."""
    c = sources.c
    waiting = select(c.id).where(c.removed_at.is_(None), c.last_fetch_at.is_(None)).limit(1)
    return connection.scalar(waiting) is not None


def _asked(*names: str) -> Select[*tuple[Any, ...]]:
    """Columns of sources; a host's hold delays their next fetch, and is why."""
    c, holds = sources.c, hosts.c.held_until > sources.c.next_fetch_at
    delayed = {
        "next_fetch_at": case((holds, hosts.c.held_until), else_=c.next_fetch_at).label("next_fetch_at"),
        "why_then": case((holds, Why.RETRY_AFTER.value), else_=c.why_then).label("why_then"),
    }
    return select(*(delayed.get(name, c[name]) for name in names)).outerjoin_from(
        sources, hosts, hosts.c.host == c.host
    )


def _held_since(connection: Connection) -> dict[int, datetime]:
    c = floods.c
    held = select(c.source_id, func.min(c.held_at)).where(c.ended_at.is_(None)).group_by(c.source_id)
    return dict(connection.execute(held).all())


def _of(connection: Connection, column: ColumnElement[int], ids: Collection[int] | None) -> ColumnElement[bool]:
    return true() if ids is None else among(connection, column, ids)


def _carried(connection: Connection, ids: Collection[int] | None) -> dict[int, int]:
    c = sightings.c
    counted = select(c.source_id, func.count()).where(_of(connection, c.source_id, ids)).group_by(c.source_id)
    return dict(connection.execute(counted).all())


def _unresolved(connection: Connection, ids: Collection[int] | None) -> dict[int, int]:
    c = sightings.c
    counted = (
        select(c.source_id, func.sum(c.unresolved_images))
        .where(c.unresolved_images > 0, _of(connection, c.source_id, ids))
        .group_by(c.source_id)
    )
    return {id_: int(images) for id_, images in connection.execute(counted)}


def _glance(row: Any, held_since_at: datetime | None) -> Glance:
    (id_, address, title, standing, reason, failures, failing_since_at, last_success_at, last_fetch_at, last_new_at,
     next_fetch_at, moved_to) = row  # fmt: skip
    return Glance(
        id=id_,
        address=address,
        title=title,
        standing=Standing(standing),
        reason=Reason(reason) if reason else None,
        failures=failures,
        failing_since_at=failing_since_at,
        last_success_at=last_success_at,
        last_fetch_at=last_fetch_at,
        last_new_at=last_new_at,
        next_fetch_at=next_fetch_at,
        moved_to=moved_to,
        held_since_at=held_since_at,
    )


def _health(row: Any, held_since_at: datetime | None, recent: Recent, carried: int, unresolved: int) -> SourceHealth:
    return SourceHealth(
        glance=_glance(row[: len(_GLANCED)], held_since_at),
        kind=row.kind,
        link=row.link,
        added_at=row.added_at,
        detail=row.detail,
        why_then=Why(row.why_then) if row.why_then else None,
        leads_to=row.moved_to,
        problems=row.problems,
        arrivals=row.arrivals,
        conditional=row.etag is not None or row.last_modified is not None,
        sightings=carried,
        unresolved_images=unresolved,
        recent=recent,
    )
