"""The older stories of a category as archives (RFC 5005 §4): documents that list the same for ever, as far as possible.

An archive is a part of a month: `/feeds/tech.2026-03.2.atom` is the second part of what was published in March 2026,
each part as long as the category's feed. A story's `published` never moves, so a part changes only when something is
filed late, or when retention takes the oldest. The month that the newest story is in has only its full parts: what is
left of it is in the feed itself, which is just as long. Nothing here asks what time it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from aggregator.store import archives, views
from aggregator.store.views import Story

_NAME = re.compile(r"(?P<slug>.+)\.(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])\.(?P<number>[1-9]\d{0,5})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a month. `since` is the month's first instant; `number` counts from 1, the oldest first."""

    since: datetime
    number: int

    @property
    def until(self) -> datetime:
        """The first instant of the next month."""
        at = self.since
        return at.replace(year=at.year + 1, month=1) if at.month == 12 else at.replace(month=at.month + 1)

    def named(self, slug: str) -> str:
        """What stands in an address for this part of a category. No slug has a dot."""
        return f"{slug}.{self.since:%Y-%m}.{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What one archive lists, newest first, and its neighbours."""

    stories: tuple[Story, ...]
    previous: Part | None
    following: Part | None


def read_name(name: str) -> tuple[str, Part | None]:
    """The slug in an address, and the part that it names; None for the feed itself."""
    found = _NAME.fullmatch(name)
    if found is None or not 1 <= int(found["year"]) <= 9998:
        return name, None
    since = datetime(int(found["year"]), int(found["month"]), 1, tzinfo=UTC)
    return found["slug"], Part(since=since, number=int(found["number"]))


def last_part(connection: Connection, slug: str, *, size: int) -> Part | None:
    """The archive before a category's feed; None where the feed has everything."""
    newest = archives.newest(connection, slug)
    if newest is None:
        return None
    parts = _parts(connection, slug, _month(newest), size)
    return Part(since=_month(newest), number=parts) if parts else _before(connection, slug, _month(newest), size)


def archive(connection: Connection, slug: str, part: Part, *, size: int) -> Archive | None:
    """What a part lists; None where there is no such part."""
    parts = _parts(connection, slug, part.since, size)
    if part.number > parts:
        return None
    offset = (part.number - 1) * size
    ids = archives.ids(connection, slug, part.since, part.until, offset=offset, limit=size)
    earlier = Part(since=part.since, number=part.number - 1) if part.number > 1 else None
    later = Part(since=part.since, number=part.number + 1) if part.number < parts else None
    return Archive(
        stories=views.by_ids(connection, ids[::-1]),
        previous=earlier or _before(connection, slug, part.since, size),
        following=later or _after(connection, slug, part.until, size),
    )


def all_parts(connection: Connection, slug: str, *, size: int) -> Iterator[Part]:
    """Every archive of a category, the newest first."""
    part = last_part(connection, slug, size=size)
    while part is not None:
        yield part
        earlier = Part(since=part.since, number=part.number - 1) if part.number > 1 else None
        part = earlier or _before(connection, slug, part.since, size)


def _parts(connection: Connection, slug: str, month: datetime, size: int) -> int:
    """How many parts a month has."""
    stories = archives.count(connection, slug, month, Part(since=month, number=1).until)
    newest = archives.newest(connection, slug)
    is_current = newest is not None and _month(newest) == month
    return stories // size if is_current else -(-stories // size)


def _before(connection: Connection, slug: str, month: datetime, size: int) -> Part | None:
    newest = archives.newest(connection, slug, before=month)
    if newest is None:
        return None
    return Part(since=_month(newest), number=_parts(connection, slug, _month(newest), size))


def _after(connection: Connection, slug: str, month: datetime, size: int) -> Part | None:
    oldest = archives.oldest(connection, slug, month)
    if oldest is None or not _parts(connection, slug, _month(oldest), size):
        return None
    return Part(since=_month(oldest), number=1)


def _month(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
