"""What a hub was told of: the revision of each category that it knows (`categories.announced`)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from aggregator.store.schema import categories


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A category that has a revision which nobody was told of."""

    id: int
    slug: str
    revision: int


def untold(connection: Connection, slugs: Collection[str], *, limit: int) -> list[News]:
    """Those of these categories whose last change is to be told, the one that has waited longest first."""
    c = categories.c
    waiting = select(c.id, c.slug, c.revision).where(c.revision > c.announced).order_by(c.changed_at, c.id)
    found = (News(id=row.id, slug=row.slug, revision=row.revision) for row in connection.execute(waiting))
    return [news for news in found if news.slug in slugs][:limit]


def told(connection: Connection, news: News) -> None:
    """Remember that it was told. What has changed since is news again."""
    c = categories.c
    connection.execute(update(categories).where(c.id == news.id).values(announced=news.revision))
