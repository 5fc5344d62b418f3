"""Sightings as the merge compares them: which wait, which could match, what is together in a story.

Read only; what the merge decides is written by `stories`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select

from aggregator.store.columns import among
from aggregator.store.schema import sightings, sources
from feeds.fingerprint import unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A sighting as the merge compares it: one that waits, or one that is in a story already.

    placed     where it would stand by itself: what it claims, but never later than when we first saw it
    dated      whether it claims a date at all
    revised    since when it has had the text it has
    url_key …  as `feeds.fingerprint.Fingerprint` has them
    reason     why it is in its story
    """

    id: int
    source_id: int
    address: str
    guid: str
    url: str | None
    title: str
    words: int
    url_key: int | None
    title_key: int | None
    telling: bool = True
    shingles: int = 0
    sketch: bytes = b""
    near_keys: Sequence[int] = ()
    placed: datetime
    dated: bool = True
    revised: datetime
    first_seen_at: datetime
    story_id: int | None
    reason: str | None = None


def any_pending(connection: Connection) -> bool:
    """Whether a sighting waits to be merged: what is asked every few seconds, and hardly ever so."""
    return connection.scalar(_FIRST_PENDING) is not None


# The 1 is no parameter: only so does PostgreSQL know once and for all that the index of what waits will do. It is asked
# for the first: whether there is any it might look for all over the table, where it remembers that many waited.
_WAITS = sightings.c.pending == literal_column("1")
_FIRST_PENDING = select(func.min(sightings.c.id)).where(_WAITS)


def pending(connection: Connection, limit: int) -> tuple[Sighting, ...]:
    """The sightings that are new or changed since the last merge, in order of arrival.

    They stay as they are until the transaction ends: what changed meanwhile must not count as merged.
    """
    waiting = _COLUMNS.where(_WAITS).order_by(sightings.c.id).limit(limit)
    return _read(connection.execute(waiting.with_for_update(of=sightings)))


def by_id(connection: Connection, ids: Collection[int]) -> tuple[Sighting, ...]:
    """These sightings, in stories or not, in order of arrival."""
    if not ids:
        return ()
    c = sightings.c
    return _read(connection.execute(_COLUMNS.where(among(connection, c.id, ids)).order_by(c.id)))


def companions(connection: Connection, ids: Collection[int]) -> tuple[Sighting, ...]:
    """Everything that is in the stories of these sightings, they themselves included."""
    if not ids:
        return ()
    c = sightings.c
    theirs = select(c.story_id).where(among(connection, c.id, ids))
    return _read(connection.execute(_COLUMNS.where(c.story_id.in_(theirs)).order_by(c.id)))


def since(connection: Connection, at: datetime, *, after: int, limit: int) -> tuple[Sighting, ...]:
    """The next sightings in stories that were first seen since then, in order of arrival."""
    c = sightings.c
    found = _COLUMNS.where(c.id > after, c.first_seen_at >= at, c.story_id.is_not(None)).order_by(c.id).limit(limit)
    return _read(connection.execute(found))


def first_since(connection: Connection, at: datetime) -> int:
    """The id of the first sighting that was first seen since then; one more than the last where there is none.

    Ids are given in order of arrival, so halving finds it without an index of instants.
    """
    c = sightings.c
    low, high = 0, (connection.scalar(select(func.max(c.id))) or 0) + 1
    while low + 1 < high:
        middle = (low + high) // 2
        found = connection.execute(
            select(c.id, c.first_seen_at).where(c.id >= middle).order_by(c.id).limit(1)
        ).one_or_none()
        low, high = (middle, high) if found and found.first_seen_at < at else (low, middle)
    return high


def members(connection: Connection, story_ids: Collection[int]) -> dict[int, list[Sighting]]:
    """The sightings of each story, in order of arrival."""
    found: dict[int, list[Sighting]] = {story_id: [] for story_id in story_ids}
    if not story_ids:
        return found
    inside = among(connection, sightings.c.story_id, story_ids)
    for member in _read(connection.execute(_COLUMNS.where(inside).order_by(sightings.c.id))):
        assert member.story_id is not None
        found[member.story_id].append(member)
    return found


_COLUMNS = select(
    sightings.c.id,
    sightings.c.source_id,
    sources.c.address,
    sightings.c.guid,
    sightings.c.url,
    sightings.c.title,
    sightings.c.words,
    sightings.c.url_key,
    sightings.c.title_key,
    sightings.c.telling,
    sightings.c.shingles,
    sightings.c.sketch,
    sightings.c.near_keys,
    sightings.c.published,
    sightings.c.revised,
    sightings.c.first_seen_at,
    sightings.c.story_id,
    sightings.c.reason,
).join(sources, sources.c.id == sightings.c.source_id)


def _read(rows: Iterable[Sequence[Any]]) -> tuple[Sighting, ...]:
    return tuple(_sighting(*row) for row in rows)


def _sighting(
    id_: int,
    source_id: int,
    address: str,
    guid: str,
    url: str | None,
    title: str,
    words: int,
    url_key: int | None,
    title_key: int | None,
    telling: int,
    shingles: int,
    sketch: bytes,
    near_keys: bytes,
    published: datetime | None,
    revised: datetime,
    first_seen_at: datetime,
    story_id: int | None,
    reason: str | None,
) -> Sighting:
    return Sighting(
        id=id_,
        source_id=source_id,
        address=address,
        guid=guid,
        url=url,
        title=title,
        words=words,
        url_key=url_key,
        title_key=title_key,
        telling=bool(telling),
        shingles=shingles,
        sketch=sketch,
        near_keys=unpacked("q", near_keys),
        placed=min(published or first_seen_at, first_seen_at).replace(microsecond=0),
        dated=published is not None,
        revised=revised,
        first_seen_at=first_seen_at,
        story_id=story_id,
        reason=reason,
    )
