"""The bytes of each category in each format, rendered once for each revision and kept.

A request that finds the revision unchanged costs a look-up. When the database cannot be read, the last good bytes are
served: an empty feed would make every subscriber's reader drop what it has.
"""

import gzip
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from xxhash import xxh3_128_hexdigest

from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError
from aggregator.publish.selection import Catalogue, feed_address, published_feed
from aggregator.store import views
from aggregator.store.engine import reading
from feeds.render import FORMATS

KEPT_BYTES = 64 * 2**20
GZIP_LEVEL = 6  # paid once a rendition


class Unavailable(AggregatorError):
    """The database cannot be read, and nothing was rendered before that could be served instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A category in one format. `etag` is strong and quoted, over the uncompressed bytes; the instant has no
    fraction."""

    body: bytes
    gzipped: bytes
    etag: str
    last_modified: datetime
    content_type: str
    revision: int


Key = tuple[str, str, int]


class Renditions:
    """Gives the current rendition of a category, and keeps it until the category changes."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._catalogue = Catalogue(settings)
        self._kept: OrderedDict[Key, Rendition] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()  # one rendering at a time: feedgen needs it, and nothing is rendered twice

    def get(self, slug: str, format_: str, limit: int | None = None) -> Rendition | None:
        """The rendition; None if there is no such category or format.

        raises  Unavailable
        """
        category = self._catalogue.category(slug)
        if category is None or format_ not in FORMATS:
            return None
        key = (slug, format_, limit or category.limit)
        try:
            return self._current(key)
        except SQLAlchemyError as error:
            kept = self._kept.get(key)
            if kept is None:
                raise Unavailable("the database cannot be read at the moment") from error
            return kept

    def _current(self, key: Key) -> Rendition:
        slug, _, _ = key
        with reading(self._engine) as connection:
            revision, _ = views.revision(connection, slug) or (0, None)
        kept = self._kept.get(key)
        if kept is not None and kept.revision == revision:
            return kept
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.revision != revision:
                kept = self._render(key)
                self._keep(key, kept)
        return kept

    def _render(self, key: Key) -> Rendition:
        slug, format_, limit = key
        category = self._catalogue.category(slug)
        assert category is not None
        with reading(self._engine) as connection:
            revision, changed_at = views.revision(connection, slug) or (0, datetime.fromtimestamp(0, UTC))
            stories = views.newest(connection, slug, limit=limit)
        address = feed_address(self._catalogue, slug, format_)
        feed = published_feed(self._catalogue, category, stories, url=address, changed_at=changed_at)
        body = FORMATS[format_].render(feed)
        return Rendition(
            body=body,
            gzipped=gzip.compress(body, GZIP_LEVEL, mtime=0),
            etag=f'"{xxh3_128_hexdigest(body)}"',
            last_modified=(feed.updated or changed_at).replace(microsecond=0),
            content_type=FORMATS[format_].content_type,
            revision=revision,
        )

    def _keep(self, key: Key, rendition: Rendition) -> None:
        old = self._kept.pop(key, None)
        self._bytes += _size(rendition) - (_size(old) if old else 0)
        self._kept[key] = rendition
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _size(dropped)


def _size(rendition: Rendition) -> int:
    return len(rendition.body) + len(rendition.gzipped)
