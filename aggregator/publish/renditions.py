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
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from xxhash import xxh3_128_hexdigest

from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError
from aggregator.publish.packing import CODINGS, ONCE, pack
from aggregator.publish.selection import Catalogue, feed_address, published_feed
from aggregator.store import views
from aggregator.store.engine import reading
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


Key = tuple[str, str, int]


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
            return self._last_good(key, error)

    def _current(self, key: Key) -> Rendition:
        revision = self._revision(key[0])
        kept = self._kept.get(key)
        if kept is not None and kept.revision == revision:
            return kept
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.revision != revision:
                kept = self._render(key)
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

    def _render(self, key: Key) -> Rendition:
        slug, format_, limit = key
        category = self._catalogue.category(slug)
        assert category is not None
        with reading(self._engine) as connection:
            revision, changed_at = views.revision(connection, slug) or (0, datetime.fromtimestamp(0, UTC))
            stories = views.newest(connection, slug, limit=limit)
        address = feed_address(self._catalogue, slug, format_)
        if limit != category.limit:
            address += f"?limit={limit}"
        feed = published_feed(self._catalogue, category, stories, url=address, changed_at=changed_at)
        # A story that was taken away is a change, too, though what is left may be older.
        modified = max(feed.updated or changed_at, changed_at)
        body = FORMATS[format_].render(feed)
        return rendition_of(body, FORMATS[format_].content_type, last_modified=modified, revision=revision)

    def _keep(self, key: Key, rendition: Rendition) -> None:
        old = self._kept.pop(key, None)
        self._bytes += rendition.size - (old.size if old else 0)
        self._kept[key] = rendition
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size
