"""What readers of stories ask: the newest of a category, and what categories there are. Reads only.

A page of stories costs four statements at the most, whatever its size. Settings (names, limits, image policy) are for
the caller.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, tuple_

from aggregator.store.columns import among
from aggregator.store.schema import categories, sightings, sources, stories, story_categories
from feeds.model import Enclosure, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAt:
    """One sighting of a story, as "also in" names it. `address` is the source's, `title` its own name for itself."""

    sighting_id: int
    address: str
    title: str
    link: str | None
    url: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story with the text of its lead.

    place  where to go on from: what comes after this story is older than `(published, id)`
    slugs  of the categories that it is in, parents and `all` included
    lead   where the text is from; `others` are the rest, in order of arrival
    """

    id: int
    uuid: UUID
    published: datetime
    updated: datetime
    title: str
    url: str | None
    html: str
    summary: str
    authors: tuple[Person, ...]
    tags: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    image: str | None
    language: str | None
    slugs: tuple[str, ...]
    lead: SeenAt
    others: tuple[SeenAt, ...]


def newest(
    connection: Connection, slug: str, *, limit: int, before: tuple[datetime, int] | None = None
) -> tuple[Story, ...]:
    """The newest stories of a category, newest first; `before` a place, the ones that come after it."""
    c = story_categories.c
    category = select(categories.c.id).where(categories.c.slug == slug).scalar_subquery()
    page = select(c.story_id).where(c.category_id == category)
    if before is not None:
        page = page.where(tuple_(c.published, c.story_id) < tuple_(*before))
    page = page.order_by(c.published.desc(), c.story_id.desc()).limit(limit)
    return _stories(connection, list(connection.scalars(page)))


def newer(connection: Connection, slug: str, place: tuple[datetime, int], *, limit: int) -> list[tuple[datetime, int]]:
    """The places of the stories of a category that do not come after a place, the nearest first."""
    c = story_categories.c
    category = select(categories.c.id).where(categories.c.slug == slug).scalar_subquery()
    page = select(c.published, c.story_id).where(
        c.category_id == category, tuple_(c.published, c.story_id) >= tuple_(*place)
    )
    rows = connection.execute(page.order_by(c.published, c.story_id).limit(limit))
    return [(row.published, row.story_id) for row in rows]


def by_ids(connection: Connection, ids: Sequence[int]) -> tuple[Story, ...]:
    """The stories with these ids, in their order, as far as there still are any."""
    return _stories(connection, list(ids))


def story(connection: Connection, uuid: UUID) -> Story | None:
    """The story with an identity."""
    found = _stories(connection, list(connection.scalars(select(stories.c.id).where(stories.c.uuid == uuid))))
    return found[0] if found else None


def identities(connection: Connection, ids: Collection[int]) -> dict[int, UUID]:
    """The identities of stories by their ids."""
    rows = connection.execute(select(stories.c.id, stories.c.uuid).where(among(connection, stories.c.id, ids)))
    return {row.id: row.uuid for row in rows}


def uuids(connection: Connection, *, after: int, limit: int) -> list[tuple[int, UUID]]:
    """The ids and identities of the next stories by id."""
    rows = connection.execute(
        select(stories.c.id, stories.c.uuid).where(stories.c.id > after).order_by(stories.c.id).limit(limit)
    )
    return [(row.id, row.uuid) for row in rows]


def every(connection: Connection, *, after: int, limit: int) -> tuple[Story, ...]:
    """The next stories by id: all of them, a page at a time."""
    ids = select(stories.c.id).where(stories.c.id > after).order_by(stories.c.id).limit(limit)
    return _stories(connection, list(connection.scalars(ids)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One sighting of a story with the whole account of why it is there.

    score       how strong the reason is, in (0, 1]; None for the founder, and for what was merged before that was kept
    matched_id  the sighting that it was found to be the same as
    """

    sighting_id: int
    story_id: int
    address: str
    source: str
    guid: str
    url: str | None
    title: str
    words: int
    published: datetime | None
    first_seen_at: datetime
    revisions: int
    reason: str
    score: float | None
    matched_id: int | None


def account(connection: Connection, story_ids: Collection[int]) -> dict[int, tuple[Told, ...]]:
    """Every sighting of these stories, in order of arrival."""
    c = sightings.c
    rows = connection.execute(
        select(
            c.id, c.story_id, sources.c.address, sources.c.title.label("source"), c.guid, c.url, c.title, c.words,
            c.published, c.first_seen_at, c.revisions, c.reason, c.score, c.matched_id,
        )
        .join(sources, sources.c.id == c.source_id)
        .where(among(connection, c.story_id, story_ids))
        .order_by(c.id)
    )  # fmt: skip
    found: dict[int, tuple[Told, ...]] = {}
    for row in rows:
        fields = dict(row._mapping)
        one = Told(sighting_id=fields.pop("id"), **fields)
        found[one.story_id] = (*found.get(one.story_id, ()), one)
    return found


def _stories(connection: Connection, ids: list[int]) -> tuple[Story, ...]:
    """The stories with these ids, in their order, as far as there still are any."""
    if not ids:
        return ()
    seen = _seen_at(connection, ids)
    slugs = _slugs(connection, ids)
    rows = connection.execute(_LEADS.where(stories.c.id.in_(ids)))
    found = {row.id: _story(row, seen[row.id], slugs.get(row.id, ())) for row in rows if row.id in seen}
    return tuple(found[id_] for id_ in ids if id_ in found)


_LEADS = select(
    stories,
    *(sightings.c[name] for name in ("title", "url", "html", "summary", "authors", "tags", "enclosures", "image")),
    func.coalesce(sightings.c.language, sources.c.language).label("language"),
).select_from(
    stories.join(sightings, sightings.c.id == stories.c.lead_id).join(sources, sources.c.id == sightings.c.source_id)
)


def _story(row: Any, seen: tuple[SeenAt, ...], slugs: tuple[str, ...]) -> Story:
    return Story(
        id=row.id,
        uuid=row.uuid,
        published=row.published,
        updated=row.updated,
        title=row.title,
        url=row.url,
        html=row.html,
        summary=row.summary,
        authors=row.authors,
        tags=row.tags,
        enclosures=row.enclosures,
        image=row.image,
        language=row.language,
        slugs=slugs,
        lead=next(one for one in seen if one.sighting_id == row.lead_id),
        others=tuple(one for one in seen if one.sighting_id != row.lead_id),
    )


def _seen_at(connection: Connection, ids: Collection[int]) -> dict[int, tuple[SeenAt, ...]]:
    statement = (
        select(
            sightings.c.story_id,
            sightings.c.id,
            sources.c.address,
            sources.c.title,
            sources.c.link,
            sightings.c.url,
            sightings.c.reason,
        )
        .join(sources, sources.c.id == sightings.c.source_id)
        .where(sightings.c.story_id.in_(ids))
        .order_by(sightings.c.id)
    )
    found: dict[int, tuple[SeenAt, ...]] = {}
    for story_id, sighting_id, address, title, link, url, reason in connection.execute(statement):
        one = SeenAt(sighting_id=sighting_id, address=address, title=title, link=link, url=url, reason=reason)
        found[story_id] = (*found.get(story_id, ()), one)
    return found


def _slugs(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    statement = (
        select(story_categories.c.story_id, categories.c.slug)
        .join(categories, categories.c.id == story_categories.c.category_id)
        .where(story_categories.c.story_id.in_(ids))
        .order_by(categories.c.slug)
    )
    found: dict[int, tuple[str, ...]] = {}
    for story_id, slug in connection.execute(statement):
        found[story_id] = (*found.get(story_id, ()), slug)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryState:
    """How much a category shows, and a revision that grows whenever that changes."""

    slug: str
    revision: int
    changed_at: datetime
    stories: int


def category_states(connection: Connection) -> dict[str, CategoryState]:
    """Every category by its slug, `all` included, empty ones too."""
    c = categories.c
    rows = connection.execute(select(c.slug, c.revision, c.changed_at, c.stories))
    return {row.slug: CategoryState(**row._mapping) for row in rows}


def revision(connection: Connection, slug: str) -> tuple[int, datetime] | None:
    """A category's revision and when it last changed; None if there is no such category."""
    row = connection.execute(
        select(categories.c.revision, categories.c.changed_at).where(categories.c.slug == slug)
    ).one_or_none()
    return None if row is None else (row.revision, row.changed_at)
