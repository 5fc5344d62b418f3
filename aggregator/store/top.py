"""What most publishers carry of late: the stories that are in several sources, with who carried each and when.

Only sightings that joined somebody else's story are looked through (an index has just those, by when we first saw
them), so the cost follows what was merged in the window, not what was read. An echo of ours is nobody's judgement.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select

from aggregator.store.columns import among
from aggregator.store.schema import sightings, sources, stories

MOST = 1_000  # stories that are weighed: those that most sightings joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """That a source carried a story.

    publisher  whose it is: the host of the site that the source belongs to, so that ten feeds of one count once
    at         when: what it says, but never later than when we first saw it
    """

    story_id: int
    published: datetime
    source_id: int
    publisher: str
    at: datetime


def carried(connection: Connection, since: datetime) -> tuple[Carried, ...]:
    """Who carried what since then, of the stories that somebody joined since then."""
    ids = _joined(connection, since)
    if not ids:
        return ()
    c = sightings.c
    rows = connection.execute(
        select(
            c.story_id, c.source_id, c.published, c.first_seen_at, stories.c.published.label("place"),
            sources.c.host, sources.c.link,
        )
        .join(stories, stories.c.id == c.story_id)
        .join(sources, sources.c.id == c.source_id)
        .where(among(connection, c.story_id, ids), c.reason != "echo")
        .order_by(c.id)
    )  # fmt: skip
    found = (
        Carried(
            story_id=row.story_id,
            published=row.place,
            source_id=row.source_id,
            publisher=_publisher(row.link) or row.host,
            at=min(row.published or row.first_seen_at, row.first_seen_at),
        )
        for row in rows
    )
    return tuple(one for one in found if one.at >= since)


def _joined(connection: Connection, since: datetime) -> Collection[int]:
    """The stories that others' sightings joined since then, `MOST` of them at the most."""
    c = sightings.c
    joined = (
        select(c.story_id)
        .where(c.first_seen_at >= since, c.matched_id.is_not(None))
        .group_by(c.story_id)
        .order_by(func.count().desc(), c.story_id.desc())
        .limit(MOST)
    )
    return [story_id for story_id in connection.scalars(joined) if story_id is not None]


def _publisher(link: str | None) -> str:
    try:
        return (urlsplit(link or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""
