"""A category's stories by the time that they belong to: how many, which, and where the nearest are. Reads only.

`published` is a story's place and never moves, so what lies between two instants stays the same, but for a story that
arrives late and for what retention takes. All of it is answered by `ix_story_categories_published`.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from aggregator.store.schema import categories, story_categories

_C = story_categories.c


def _in(slug: str) -> ColumnElement[bool]:
    return _C.category_id == select(categories.c.id).where(categories.c.slug == slug).scalar_subquery()


def count(connection: Connection, slug: str, since: datetime, until: datetime) -> int:
    """How many stories of a category were published in [since, until)."""
    counted = select(func.count()).select_from(story_categories)
    return connection.scalars(counted.where(_in(slug), _C.published >= since, _C.published < until)).one()


def ids(
    connection: Connection, slug: str, since: datetime, until: datetime, *, offset: int, limit: int
) -> tuple[int, ...]:
    """The stories published in [since, until), oldest first, from an offset on."""
    page = select(_C.story_id).where(_in(slug), _C.published >= since, _C.published < until)
    page = page.order_by(_C.published, _C.story_id).offset(offset).limit(limit)
    return tuple(connection.scalars(page))


def newest(connection: Connection, slug: str, before: datetime | None = None) -> datetime | None:
    """When the newest story of a category was published, or the newest of those before an instant."""
    earlier = select(_C.published).where(_in(slug), *([_C.published < before] if before else []))
    return connection.scalars(earlier.order_by(_C.published.desc()).limit(1)).one_or_none()


def oldest(connection: Connection, slug: str, since: datetime) -> datetime | None:
    """When the oldest story of a category since an instant was published."""
    later = select(_C.published).where(_in(slug), _C.published >= since)
    return connection.scalars(later.order_by(_C.published).limit(1)).one_or_none()
