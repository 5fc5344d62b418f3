"""The bytes of each category in each format, rendered once for each revision, and kept with what they are packed to.

A request that finds the revision unchanged costs a look-up in a dict. What the revision is, is asked of the database at
most once in `trust` seconds, for a feed may be five minutes old in everybody's cache. When the database cannot be read,
the last good bytes are served.

The feeds that readers subscribe to stand on a shelf of their own: whoever asks for all 500 values of `?limit=`, or for
every archive, pushes out nothing but what was made for the like.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config.settings import CategorySettings, Settings
from aggregator.publish.archives import Part, archive, last_part, read_name
from aggregator.publish.rendition import Rendition, rendition_of
from aggregator.publish.selection import Catalogue, feed_address, published_feed
from aggregator.publish.shelf import Shelf
from aggregator.store import views
from aggregator.store.engine import reading
from feeds.model import Feed, History
from feeds.render import FORMATS

KEPT_BYTES = 64 * 2**20  # of feeds as readers subscribe to them
ASIDE_BYTES = 16 * 2**20  # of archives, and of feeds of another length than usual
RETRY_SECONDS = 5.0  # a database that cannot be read is not asked again by every request: each may wait for a lock

Key = tuple[str, str, int, Part | None]  # slug, format, how many stories at most, which archive


class Renditions:
    """Gives the current rendition of a category, and keeps it until the category changes.

    trust      seconds for which a revision that the database told is believed; 0 asks every time
    monotonic  a clock for that, in seconds
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        trust: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._catalogue = Catalogue(settings)
        self._trust = trust
        self._monotonic = monotonic
        self._revisions: dict[str, tuple[int, float]] = {}  # of a slug, and until when it is believed
        self._away: dict[str, float] = {}  # until when the database is not asked about a slug again
        self._kept: Shelf[Key] = Shelf(KEPT_BYTES)
        self._aside: Shelf[Key] = Shelf(ASIDE_BYTES)
        self._lock = threading.Lock()  # one rendering at a time: feedgen needs it, and nothing is rendered twice

    def get(self, slug: str, format_: str, limit: int | None = None) -> Rendition | None:
        """The rendition; None if there is no such category, format or archive.

        slug    a category's, or the name of one of its archives (`archives.Part.named`)
        raises  Unavailable
        """
        slug, part = read_name(slug)
        category = self._catalogue.category(slug)
        if category is None or format_ not in FORMATS:
            return None
        key = (slug, format_, category.limit if part else limit or category.limit, part)
        shelf = self._kept if part is None and key[2] == category.limit else self._aside
        if self._monotonic() < self._away.get(slug, 0.0):
            return shelf.last_good(key)
        try:
            return self._current(key, shelf)
        except SQLAlchemyError as error:
            self._away[slug] = self._monotonic() + RETRY_SECONDS
            return shelf.last_good(key, error)

    def _current(self, key: Key, shelf: Shelf[Key]) -> Rendition | None:
        revision = self._revision(key[0])
        kept = shelf.get(key)
        if kept is not None and kept.revision == revision:
            return kept
        with self._lock:
            kept = shelf.get(key)
            if kept is None or kept.revision != revision:
                kept = self._render(key)
                if kept is not None:
                    shelf.put(key, kept)
        return kept

    def _revision(self, slug: str) -> int:
        known, believed_until = self._revisions.get(slug, (0, 0.0))
        now = self._monotonic()
        if now < believed_until:
            return known
        with reading(self._engine) as connection:
            revision, _ = views.revision(connection, slug) or (0, None)
        self._revisions[slug] = (revision, now + self._trust)
        return revision

    def _render(self, key: Key) -> Rendition | None:
        slug, format_, _, part = key
        with reading(self._engine) as connection:
            revision, changed_at = views.revision(connection, slug) or (0, datetime.fromtimestamp(0, UTC))
            feed = self._archive(connection, key, changed_at) if part else self._newest(connection, key, changed_at)
        if feed is None:
            return None
        # A story that was taken away is a change of the feed, too, though what is left may be older.
        modified = feed.updated if part else max(feed.updated or changed_at, changed_at)
        body = FORMATS[format_].render(feed)
        return rendition_of(body, FORMATS[format_].content_type, last_modified=modified, revision=revision)

    def _newest(self, connection: Connection, key: Key, changed_at: datetime) -> Feed:
        slug, format_, limit, _ = key
        category = self._category(slug)
        stories = views.newest(connection, slug, limit=limit)
        address = feed_address(self._catalogue, slug, format_)
        # A shorter feed than usual would leave a gap before the archives.
        previous = last_part(connection, slug, size=category.limit) if limit >= category.limit else None
        feed = published_feed(
            self._catalogue,
            category,
            stories,
            url=address if limit == category.limit else f"{address}?limit={limit}",
            changed_at=changed_at,
        )
        hubs = self._catalogue.hubs if limit == category.limit else ()  # it is told of these, and of no others
        return replace(feed, hubs=hubs, history=History(previous=self._named(previous, slug, format_)))

    def _archive(self, connection: Connection, key: Key, changed_at: datetime) -> Feed | None:
        slug, format_, size, part = key
        assert part is not None
        found = archive(connection, slug, part, size=size)
        if found is None:
            return None
        feed = published_feed(
            self._catalogue,
            self._category(slug),
            found.stories,
            url=feed_address(self._catalogue, part.named(slug), format_),
            changed_at=changed_at,
        )
        history = History(
            previous=self._named(found.previous, slug, format_),
            following=self._named(found.following, slug, format_),
            current=feed_address(self._catalogue, slug, format_),
        )
        return replace(feed, history=history)

    def _named(self, part: Part | None, slug: str, format_: str) -> str | None:
        return feed_address(self._catalogue, part.named(slug), format_) if part else None

    def _category(self, slug: str) -> CategorySettings:
        category = self._catalogue.category(slug)
        assert category is not None  # `get` has looked
        return category
