"""What can be said of the sources' feeds themselves: where they lead, when they last had news, how their entries are
identified and dated. `aggregator check --online` asks it; whether that is good or bad is not judged here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from aggregator.outcome import Reason
from aggregator.store.schema import hosts, sightings, sources

NEWEST = 20  # entries of a source that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest entries of a source: how many, of which `undated` and `unidentified`, for they shared a guid.

    keys  of their addresses
    """

    total: int = 0
    undated: int = 0
    unidentified: int = 0
    keys: frozenset[int] = frozenset()


NONE = Newest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundness:
    """One source that is in force.

    leads_to  where permanent redirects led at the last success
    newest    when the newest of all was published, or else first seen
    held      whether its host holds us off
    problems  what was odd about its document, worked around
    """

    address: str
    reason: Reason | None
    detail: str | None
    failing_since_at: datetime | None
    last_fetch_at: datetime | None
    last_success_at: datetime | None
    leads_to: str | None
    digest: bytes | None
    newest: datetime | None
    held: bool
    entries: Newest = NONE
    problems: tuple[str, ...] = ()


def soundness(connection: Connection, now: datetime) -> tuple[Soundness, ...]:
    """Every source that is in force."""
    c, entries = sources.c, _newest_entries(connection)
    seen = func.coalesce(sightings.c.published, sightings.c.first_seen_at)
    latest = select(sightings.c.source_id, func.max(seen).label("newest")).group_by(sightings.c.source_id).subquery()
    is_held = select(hosts.c.host).where(hosts.c.host == c.host, hosts.c.held_until > now).exists().label("held")
    rows = connection.execute(
        select(sources, latest.c.newest, is_held)
        .outerjoin(latest, latest.c.source_id == c.id)
        .where(c.removed_at.is_(None))
        .order_by(c.id)
    )
    return tuple(
        Soundness(
            address=row.address,
            reason=Reason(row.reason) if row.reason else None,
            detail=row.detail,
            failing_since_at=row.failing_since_at,
            last_fetch_at=row.last_fetch_at,
            last_success_at=row.last_success_at,
            leads_to=row.learnt_address or row.moved_to,
            digest=row.body_digest,
            newest=row.newest,
            held=bool(row.held),
            problems=row.problems,
            entries=_counted(entries[row.id]) if row.id in entries else NONE,
        )
        for row in rows
    )


Entry = tuple[bool, bool, int | None]  # dated, identified, key of its address


def _newest_entries(connection: Connection) -> Mapping[int, list[Entry]]:
    s = sightings.c
    place = func.row_number().over(partition_by=s.source_id, order_by=s.id.desc())
    ranked = select(s.source_id, s.guid, s.published, s.url_key, place.label("place")).subquery("ranked")
    entries: dict[int, list[Entry]] = {}
    for row in connection.execute(select(ranked).where(ranked.c.place <= NEWEST)):
        # A guid that several share is stored with address and title behind it, on lines of their own (store.identity).
        entries.setdefault(row.source_id, []).append((row.published is not None, "\n" not in row.guid, row.url_key))
    return entries


def _counted(entries: list[Entry]) -> Newest:
    return Newest(
        total=len(entries),
        undated=sum(not dated for dated, _, _ in entries),
        unidentified=sum(not identified for _, identified, _ in entries),
        keys=frozenset(key for _, _, key in entries if key is not None),
    )


def bring_forward(connection: Connection, now: datetime, *, not_since: datetime) -> int:
    """Make due what was not fetched since an instant, and is not gone; returns how many. A host's hold stands."""
    c = sources.c
    waits = c.last_fetch_at.is_(None) | (c.last_fetch_at <= not_since)
    asked = update(sources).where(c.removed_at.is_(None), c.next_fetch_at > now, waits)
    lives = c.reason.is_(None) | (c.reason != Reason.GONE.value)
    return connection.execute(asked.where(lives).values(next_fetch_at=now)).rowcount
