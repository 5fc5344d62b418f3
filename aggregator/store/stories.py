"""Stories as the merge writes them: which sightings wait, which could match, which story each belongs to.

A story is its sightings; only `uuid` and `published` are its own, and those never change. What readers
ask is in `views`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.store.schema import (
    categories,
    sightings,
    source_categories,
    sources,
    stories,
    story_categories,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A sighting as the merge compares it: one that waits, or one that is in a story already.

    placed   where it would stand by itself: what it claims, but never later than when we first saw it
    revised  since when it has had the text it has
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
    placed: datetime
    revised: datetime
    first_seen_at: datetime
    story_id: int | None


def pending(connection: Connection, limit: int) -> tuple[Sighting, ...]:
    """The sightings that are new or changed since the last merge, in order of arrival."""
    return _read(connection.execute(_COLUMNS.where(sightings.c.pending == 1).order_by(sightings.c.id).limit(limit)))


def candidates(
    connection: Connection, url_keys: Collection[int], title_keys: Collection[int], *, since: datetime, limit: int
) -> tuple[Sighting, ...]:
    """Sightings in stories that share a key with the given ones and were first seen since then, newest first."""
    c = sightings.c
    return _read(
        connection.execute(
            _COLUMNS.where(c.story_id.is_not(None), c.first_seen_at >= since)
            .where(or_(c.url_key.in_(url_keys), c.title_key.in_(title_keys)))
            .order_by(c.id.desc())
            .limit(limit)
        )
    )


def by_uuid(connection: Connection, uuids: Collection[UUID]) -> dict[UUID, int]:
    """The ids of the stories with these identities, as far as there are any."""
    rows = connection.execute(select(stories.c.uuid, stories.c.id).where(stories.c.uuid.in_(uuids)))
    return {row.uuid: row.id for row in rows}


def members(connection: Connection, story_ids: Collection[int]) -> dict[int, list[Sighting]]:
    """The sightings of each story, in order of arrival."""
    found: dict[int, list[Sighting]] = {story_id: [] for story_id in story_ids}
    rows = connection.execute(_COLUMNS.where(sightings.c.story_id.in_(story_ids)).order_by(sightings.c.id))
    for member in _read(rows):
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
    sightings.c.published,
    sightings.c.revised,
    sightings.c.first_seen_at,
    sightings.c.story_id,
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
    published: datetime | None,
    revised: datetime,
    first_seen_at: datetime,
    story_id: int | None,
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
        placed=min(published or first_seen_at, first_seen_at).replace(microsecond=0),
        revised=revised,
        first_seen_at=first_seen_at,
        story_id=story_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    """A story to be: its permanent identity and place, and the sighting that founds and leads it."""

    uuid: UUID
    lead_id: int
    published: datetime
    updated: datetime


def found(connection: Connection, new: Sequence[NewStory]) -> dict[int, int]:
    """Insert stories; returns the id of each by the sighting that founded it.

    A story whose identity is already there (its sighting lost its place in a crash, or was split off) is taken up
    again.
    """
    if not new:
        return {}
    rows = [{"uuid": s.uuid, "lead_id": s.lead_id, "published": s.published, "updated": s.updated} for s in new]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    upsert = dialect.insert(stories)
    statement = upsert.on_conflict_do_update(
        index_elements=[stories.c.uuid], set_={"lead_id": upsert.excluded.lead_id}
    ).returning(stories.c.lead_id, stories.c.id)
    return {row.lead_id: row.id for row in connection.execute(statement, rows)}


def attach(connection: Connection, attached: Sequence[tuple[int, int, str]]) -> None:
    """Put sightings into stories: (sighting, story, reason) each; they wait no longer."""
    if attached:
        connection.execute(
            update(sightings)
            .where(sightings.c.id == bindparam("row"))
            .values(story_id=bindparam("story"), reason=bindparam("why"), pending=0),
            [{"row": sighting, "story": story, "why": why} for sighting, story, why in attached],
        )


def settle(connection: Connection, sighting_ids: Sequence[int]) -> None:
    """Sightings that have a story and were looked at again wait no longer."""
    if sighting_ids:
        connection.execute(update(sightings).where(sightings.c.id.in_(sighting_ids)).values(pending=0))


def lead(connection: Connection, leads: Sequence[tuple[int, int, datetime]]) -> None:
    """Set (story, lead sighting, revised): `updated` moves with the text that is shown, and only forward."""
    if leads:
        connection.execute(
            update(stories).where(stories.c.id == bindparam("row")).values(lead_id=bindparam("sighting")),
            [{"row": story, "sighting": sighting} for story, sighting, _ in leads],
        )
        connection.execute(
            update(stories)
            .where(stories.c.id == bindparam("row"), stories.c.updated < bindparam("revised"))
            .values(updated=bindparam("revised")),
            [{"row": story, "revised": revised} for story, _, revised in leads],
        )


def file_stories(connection: Connection, story_ids: Collection[int]) -> None:
    """Put stories into every category that any of their sightings' sources is in; what is there already stays."""
    if not story_ids:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    memberships = (
        select(source_categories.c.category_id, stories.c.id, stories.c.published)
        .select_from(stories)
        .join(sightings, sightings.c.story_id == stories.c.id)
        .join(source_categories, source_categories.c.source_id == sightings.c.source_id)
        .where(stories.c.id.in_(story_ids))
        .distinct()
    )
    connection.execute(
        dialect.insert(story_categories)
        .from_select(["category_id", "story_id", "published"], memberships)
        .on_conflict_do_nothing()
    )


def refile(connection: Connection, source_ids: Sequence[int], now: datetime) -> None:
    """File anew all stories of sources whose categories changed in config.yaml, and bump what they left and joined."""
    for source_id in source_ids:
        theirs = select(sightings.c.story_id).where(
            sightings.c.source_id == source_id, sightings.c.story_id.is_not(None)
        )
        ids = list(connection.scalars(theirs.distinct()))
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            touch(connection, some, now)
            connection.execute(delete(story_categories).where(story_categories.c.story_id.in_(some)))
            file_stories(connection, some)
            touch(connection, some, now)


def touch(connection: Connection, story_ids: Collection[int], now: datetime) -> None:
    """These stories look different now: raise the revision of every category that shows them."""
    shown = select(story_categories.c.category_id).where(story_categories.c.story_id.in_(story_ids))
    connection.execute(
        update(categories).where(categories.c.id.in_(shown)).values(revision=categories.c.revision + 1, changed_at=now)
    )
