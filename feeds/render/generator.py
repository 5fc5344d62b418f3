"""feedgen 1.0, and the only file that touches it: one wrapper that corrects what it gets wrong, for RSS and for Atom.

feedgen writes what both formats share; a `Dialect` adds what only one of them has, through feedgen's extension hooks.
Nothing here may depend on the clock, the locale or the process: same feed, same bytes. A newcomer would add entries
with feedgen's `add_entry`; but then one entry that lxml refuses takes the whole feed down. So each entry is made on its
own, and the feed's extension appends those that could be made.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feeds.model import Entry, Feed
from feeds.render.fit import GENERATOR, fit_feed, write_each
from feeds.render.markup import unmistakable

# What tells our categories from the source's tags.
CATEGORY_SCHEME, TAG_SCHEME = "urn:feed-aggregator:category", "urn:feed-aggregator:tag"

# feedgen formats each RSS date between two calls of `locale.setlocale`, which changes the whole process.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What one XML format needs beyond what feedgen writes.

    rss         whether feedgen writes RSS, or Atom
    namespaces  prefix → URI, of what is added
    require_…   fills in what the format demands and the value lacks; the entry comes with its feed
    complete_…  adds to the element that feedgen has written; the feed's has no entries yet
    """

    rss: bool
    media_type: str
    namespaces: Mapping[str, str]
    require_feed: Callable[[Feed], Feed]
    require_entry: Callable[[Entry, Feed], Entry]
    complete_feed: Callable[[Any, Feed], None]
    complete_entry: Callable[[Any, Entry], None]


class _Extension:
    """One function as a feedgen extension: it is handed the element that feedgen has written."""

    def __init__(self, complete: Callable[[Any], None], namespaces: Mapping[str, str]) -> None:
        self._complete = complete
        self._namespaces = namespaces

    def extend_ns(self) -> dict[str, str]:
        return dict(self._namespaces)

    def extend_rss(self, element: Any) -> Any:
        self._complete(element)
        return element

    extend_atom = extend_rss


def generate(feed: Feed, dialect: Dialect) -> bytes:
    """The document, indented, with every entry that could be written, in the order given."""
    feed = dialect.require_feed(fit_feed(feed))
    with _ONE_AT_A_TIME:
        elements = write_each(feed, lambda entry: _element(dialect.require_entry(entry, feed), dialect))
        head = _head(feed, dialect)

        def complete(root: Any) -> None:
            holder = root[0] if dialect.rss else root
            dialect.complete_feed(holder, feed)
            holder.extend(elements)

        head.register_extension("ours", lambda: _Extension(complete, dialect.namespaces))
        document: bytes = (head.rss_str if dialect.rss else head.atom_str)(pretty=True)
    return document


@lru_cache(maxsize=1024)  # the entries of a feed share their sources
def stable_id(name: str) -> str:
    """A `urn:uuid:` for something that has a name or an address, the same wherever it is computed."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _head(feed: Feed, dialect: Dialect) -> FeedGenerator:
    head = FeedGenerator()
    head.generator(GENERATOR)
    head.id(feed.history.current or feed.url or feed.link or stable_id(feed.title))  # RFC 5005: archives share it
    head.title(unmistakable(feed.title))
    head.updated(feed.updated)  # feedgen's default is now
    if feed.description:
        head.description(unmistakable(feed.description))
    if feed.language:
        head.language(feed.language)
    if feed.image:
        head.logo(feed.image)
        head.icon(feed.image)
    if feed.rhythm.interval:
        head.ttl(max(1, feed.rhythm.interval.total_seconds() // 60))
    if feed.url:
        head.link(href=feed.url, rel="self", type=dialect.media_type)
    for hub in feed.hubs:
        head.link(href=hub, rel="hub")
    # Last, because feedgen takes the last link of all for the RSS channel's link.
    if feed.link:
        head.link(href=feed.link, rel="alternate", type="text/html")
    return head


def _element(entry: Entry, dialect: Dialect) -> Any:
    made = FeedEntry()
    made.guid(entry.guid, permalink=False)
    made.title(unmistakable(entry.title))
    if entry.url:
        made.link(href=entry.url)
    made.updated(entry.updated)
    made.published(entry.published)
    made.category([{"term": "/".join(path), "scheme": CATEGORY_SCHEME} for path in entry.categories])
    made.category([{"term": tag, "scheme": TAG_SCHEME} for tag in entry.tags])
    # Not as type="CDATA": feedgen would write that into the `type` of Atom's content.
    if entry.html:
        made.content(entry.html, type="html")
    if entry.summary:
        made.summary(entry.summary, type="html")
    complete = _Extension(lambda element: dialect.complete_entry(element, entry), {})
    made.register_extension("ours", lambda: complete)
    return made.rss_entry() if dialect.rss else made.atom_entry()
