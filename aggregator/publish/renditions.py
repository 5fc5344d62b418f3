"""The bytes of each category in each format, rendered once for each revision and kept, packed as they are sent.

A request that finds the revision unchanged costs a look-up in a dict. What the revision is, is asked of the database at
most once in `trust` seconds, for a feed may be five minutes old in everybody's cache. When the database cannot be read,
the last good bytes are served: an empty feed would make every subscriber's reader drop what it has.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from xxhash import xxh3_128_hexdigest

from aggregator.config.settings import CategorySettings, Settings
from aggregator.errors import AggregatorError
from aggregator.publish.archives import Part, archive, last_part, read_name
from aggregator.publish.packing import CODINGS, ONCE, pack
from aggregator.publish.selection import Catalogue, feed_address, published_feed
from aggregator.store import views
from aggregator.store.engine import reading
from feeds.model import Feed, History
from feeds.render import FORMATS

KEPT_BYTES = 64 * 2**20
RETRY_SECONDS = 5.0  # a database that cannot be read is not asked again by every request: each may wait for a lock

log = logging.getLogger(__name__)


class Unavailable(AggregatorError):
    """The database cannot be read, and nothing was rendered before that could be served instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One document in one format.

    etag           strong and quoted, over the bytes before they are packed
    last_modified  to the second; None where nobody knows
    by_coding      the packed bytes, by `packing.CODINGS`; none where it is too short to gain anything
    """

    body: bytes
    content_type: str
    etag: str
    last_modified: datetime | None
    by_coding: Mapping[str, bytes]
    revision: int = 0

    def packed(self, coding: str) -> bytes | None:
        """The bytes in a content coding; None where it does not exist in that."""
        return self.by_coding.get(coding)

    @property
    def size(self) -> int:
        """What it takes in memory, in bytes."""
        return len(self.body) + sum(map(len, self.by_coding.values()))


def rendition_of(
    body: bytes, content_type: str, *, last_modified: datetime | None = None, revision: int = 0
) -> Rendition:
    """The rendition of a document, packed."""
    packed = {coding: bytes_ for coding in CODINGS if (bytes_ := pack(body, coding, ONCE)) is not None}
    return Rendition(
        body=body,
        content_type=content_type,
        etag=f'"{xxh3_128_hexdigest(body)}"',
        last_modified=last_modified and last_modified.replace(microsecond=0),
        by_coding=packed,
        revision=revision,
    )


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
        self._kept: OrderedDict[Key, Rendition] = OrderedDict()
        self._bytes = 0
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
        try:
            return self._current(key)
        except SQLAlchemyError as error:
            return self._last_good(key, error)

    def _current(self, key: Key) -> Rendition | None:
        revision = self._revision(key[0])
        kept = self._kept.get(key)
        if kept is not None and kept.revision == revision:
            return kept
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.revision != revision:
                kept = self._render(key)
                if kept is not None:
                    self._keep(key, kept)
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

    def _last_good(self, key: Key, error: SQLAlchemyError) -> Rendition:
        kept = self._kept.get(key)
        if kept is None:
            raise Unavailable("the database cannot be read at the moment") from error
        log.warning("served the last good feed slug=%s error=%r", key[0], str(error.__cause__ or error)[:200])
        self._revisions[key[0]] = (kept.revision, self._monotonic() + RETRY_SECONDS)
        return kept

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
        return replace(feed, history=History(previous=self._named(previous, slug, format_)))

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

    def _keep(self, key: Key, rendition: Rendition) -> None:
        old = self._kept.pop(key, None)
        self._bytes += rendition.size - (old.size if old else 0)
        self._kept[key] = rendition
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size
