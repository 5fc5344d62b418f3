"""Stories as the merge writes them: which story each sighting belongs to, what leads it, where it is filed.

A story is its sightings; only `uuid` and `published` are its own, and those never change. What readers
ask is in `views`, what the merge compares in `compared`.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, case, delete, select, text, update

from aggregator.store import texts
from aggregator.store.columns import among, insert_into
from aggregator.store.schema import (
    categories,
    sightings,
    source_categories,
    splits,
    stories,
    story_categories,
)


def uuid_of(connection: Connection, sighting_id: int) -> UUID | None:
    """The identity of the story that a sighting is in."""
    return connection.scalar(
        select(stories.c.uuid)
        .join(sightings, sightings.c.story_id == stories.c.id)
        .where(sightings.c.id == sighting_id)
    )


def by_uuid(connection: Connection, uuids: Collection[UUID]) -> dict[UUID, int]:
    """The ids of the stories with these identities, as far as there are any."""
    rows = connection.execute(select(stories.c.uuid, stories.c.id).where(stories.c.uuid.in_(uuids)))
    return {row.uuid: row.id for row in rows}


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
    if connection.dialect.name == "postgresql":
        columns = zip(*((one.uuid, one.lead_id, one.published, one.updated) for one in new), strict=True)
        said = dict(zip(("uuids", "leads", "places", "revisions"), map(list, columns), strict=True))
        return {row.lead_id: row.id for row in connection.execute(_FOUND_ALL, said)}
    rows = [{"uuid": s.uuid, "lead_id": s.lead_id, "published": s.published, "updated": s.updated} for s in new]
    return {row.lead_id: row.id for row in connection.execute(_FOUND, rows)}


_NEW = insert_into(stories, database="sqlite")
_FOUND = _NEW.on_conflict_do_update(
    index_elements=[stories.c.uuid], set_={"lead_id": _NEW.excluded.lead_id, "indexed": 0}
).returning(stories.c.lead_id, stories.c.id)
# One parameter a column, where Core would write down four a row: 20 us a story.
_FOUND_ALL = text("""
INSERT INTO stories (uuid, lead_id, published, updated)
SELECT * FROM unnest(CAST(:uuids AS uuid[]), CAST(:leads AS bigint[]), CAST(:places AS timestamptz[]),
                     CAST(:revisions AS timestamptz[]))
ON CONFLICT (uuid) DO UPDATE SET lead_id = excluded.lead_id, indexed = 0
RETURNING lead_id, id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """That a sighting belongs to a story: why, how strong that is, and which sighting it was compared with."""

    sighting_id: int
    story_id: int
    reason: str
    score: float | None = None
    matched_id: int | None = None


def attach(connection: Connection, attached: Sequence[Attached]) -> None:
    """Put sightings into stories; they wait no longer."""
    if not attached:
        return
    rows = [(a.story_id, a.reason, a.score, a.matched_id, a.sighting_id) for a in attached]
    if connection.dialect.name == "postgresql":
        names = ("stories", "reasons", "scores", "likes", "rows")
        columns = (list(column) for column in zip(*rows, strict=True))
        connection.execute(_ATTACH_ALL, dict(zip(names, columns, strict=True)))
    else:
        connection.exec_driver_sql(_ATTACH, rows)


# A row a sighting: handed to the driver as they are, for Core takes longer to prepare them than the database to write.
_ATTACH = "UPDATE sightings SET story_id = ?, reason = ?, score = ?, matched_id = ?, pending = 0 WHERE id = ?"
_ATTACH_ALL = text("""
UPDATE sightings SET story_id = story, reason = why, score = strength, matched_id = alike, pending = 0
FROM unnest(CAST(:stories AS bigint[]), CAST(:reasons AS text[]), CAST(:scores AS float[]), CAST(:likes AS bigint[]),
            CAST(:rows AS bigint[])) AS said (story, why, strength, alike, sighting)
WHERE id = sighting
""")


def settle(connection: Connection, sighting_ids: Sequence[int]) -> None:
    """Sightings that have a story and were looked at again wait no longer."""
    if sighting_ids:
        connection.execute(update(sightings).where(among(connection, sightings.c.id, sighting_ids)).values(pending=0))


def lead(connection: Connection, leads: Sequence[tuple[int, int, datetime]]) -> None:
    """Set (story, lead sighting, revised): `updated` moves with the text that is shown, and only forward."""
    if leads:
        if connection.dialect.name == "postgresql":
            said = dict(zip(("rows", "leads", "revisions"), map(list, zip(*leads, strict=True)), strict=True))
            connection.execute(_LEAD_ALL, said)
            return
        rows = [{"row": story, "sighting": sighting, "revised": revised} for story, sighting, revised in leads]
        connection.execute(_LEAD, rows)


_REVISED = bindparam("revised", type_=stories.c.updated.type)
_LEAD = (
    update(stories)
    .where(stories.c.id == bindparam("row"))
    .values(
        lead_id=bindparam("sighting"),
        updated=case((stories.c.updated < _REVISED, _REVISED), else_=stories.c.updated),
        indexed=0,
    )
)
_LEAD_ALL = text("""
UPDATE stories SET lead_id = chosen, updated = greatest(updated, revised), indexed = 0
FROM unnest(CAST(:rows AS bigint[]), CAST(:leads AS bigint[]), CAST(:revisions AS timestamptz[]))
     AS said (story, chosen, revised)
WHERE id = story
""")


def file_stories(connection: Connection, story_ids: Collection[int]) -> None:
    """Put stories into every category that any of their sightings' sources is in; what is there already stays."""
    if not story_ids:
        return
    memberships = (
        select(stories.c.id, source_categories.c.category_id, stories.c.published)
        .select_from(stories)
        .join(sightings, sightings.c.story_id == stories.c.id)
        .join(source_categories, source_categories.c.source_id == sightings.c.source_id)
        .where(among(connection, stories.c.id, story_ids))
        .distinct()
    )
    filed = connection.scalars(
        insert_into(story_categories, database=connection.dialect.name)
        .from_select(["story_id", "category_id", "published"], memberships)
        .on_conflict_do_nothing()
        .returning(story_categories.c.category_id)
    )
    _count(connection, Counter(filed))


def file_sightings(connection: Connection, joined: Collection[tuple[int, int]]) -> None:
    """Put stories into the categories of sources that have joined them: (story, source). What is there stays."""
    if not joined:
        return
    if connection.dialect.name == "postgresql":
        said = dict(zip(("stories", "sources"), map(list, zip(*joined, strict=True)), strict=True))
        _count(connection, {row.category_id: row.filed for row in connection.execute(_FILE_ALL, said)})
    else:
        _count(connection, Counter(connection.scalars(_FILE, {"joined": json.dumps(list(joined))})))


# Half of what `file_stories` costs, which must look for all that is in a story (the foreign keys that went included).
_FILE = text("""
INSERT INTO story_categories (story_id, category_id, published)
SELECT stories.id, category_id, published FROM json_each(:joined) AS said
JOIN stories ON stories.id = json_extract(said.value, '$[0]')
JOIN source_categories ON source_id = json_extract(said.value, '$[1]')
WHERE true ON CONFLICT DO NOTHING
RETURNING category_id
""")
_FILE_ALL = text("""
WITH filed AS (
    INSERT INTO story_categories (story_id, category_id, published)
    SELECT story, category_id, published
    FROM unnest(CAST(:stories AS bigint[]), CAST(:sources AS bigint[])) AS said (story, source)
    JOIN stories ON stories.id = story
    JOIN source_categories ON source_id = source
    ON CONFLICT DO NOTHING
    RETURNING category_id
)
SELECT category_id, count(*) AS filed FROM filed GROUP BY category_id
""")


def unfile(connection: Connection, story_ids: Collection[int]) -> None:
    """Take stories out of all their categories."""
    rows = delete(story_categories).where(among(connection, story_categories.c.story_id, story_ids))
    left = Counter(connection.scalars(rows.returning(story_categories.c.category_id)))
    _count(connection, {category: -number for category, number in left.items()})


def _count(connection: Connection, changes: Mapping[int, int]) -> None:
    """Keep the number of stories with each category: a page shows it, and must not count them."""
    if changes:
        connection.execute(
            update(categories)
            .where(categories.c.id == bindparam("row"))
            .values(stories=categories.c.stories + bindparam("change")),
            [{"row": category, "change": number} for category, number in sorted(changes.items())],
        )


def refile(connection: Connection, source_ids: Sequence[int], now: datetime) -> None:
    """File anew all stories of sources whose categories changed in config.yaml, and bump what they left and joined."""
    for source_id in source_ids:
        theirs = select(sightings.c.story_id).where(
            sightings.c.source_id == source_id, sightings.c.story_id.is_not(None)
        )
        ids = list(connection.scalars(theirs.distinct()))
        for start in range(0, len(ids), 500):
            refile_stories(connection, ids[start : start + 500], now)


def refile_stories(connection: Connection, story_ids: Collection[int], now: datetime) -> None:
    """File stories anew whose sightings, or whose sources' categories, have changed."""
    touch(connection, story_ids, now)
    unfile(connection, story_ids)
    file_stories(connection, story_ids)
    touch(connection, story_ids, now)


def dissolve(connection: Connection, story_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Delete those of these stories that have no sighting any more; returns which."""
    inhabited = select(sightings.c.story_id).where(among(connection, sightings.c.story_id, story_ids))
    empty = frozenset(story_ids) - frozenset(connection.scalars(inhabited))
    if empty:
        touch(connection, empty, now)
        unfile(connection, empty)
        texts.forget(connection, empty)
        connection.execute(delete(stories).where(among(connection, stories.c.id, empty)))
    return empty


def part(connection: Connection, sighting_id: int, others: Collection[int], now: datetime) -> None:
    """Remember that a sighting does not belong with these others, whatever a merge will find."""
    rows = [{"sighting_id": sighting_id, "other_id": other, "split_at": now} for other in others]
    connection.execute(insert_into(splits, database=connection.dialect.name).on_conflict_do_nothing(), rows)


def parted(connection: Connection) -> dict[int, frozenset[int]]:
    """For each sighting that was ever split from another, from which; both ways. As many as people made."""
    found: dict[int, frozenset[int]] = {}
    for one, other in connection.execute(select(splits.c.sighting_id, splits.c.other_id)):
        found[one] = found.get(one, frozenset()) | {other}
        found[other] = found.get(other, frozenset()) | {one}
    return found


def touch(connection: Connection, story_ids: Collection[int], now: datetime) -> None:
    """These stories look different now: raise the revision of every category that shows them."""
    if not story_ids:
        return
    shown = select(story_categories.c.category_id).where(among(connection, story_categories.c.story_id, story_ids))
    connection.execute(
        update(categories).where(categories.c.id.in_(shown)).values(revision=categories.c.revision + 1, changed_at=now)
    )
