"""Makes a feed and its entries fit to be written: every value in them is one that `values` passes.

What only one format demands (an author in Atom, a description in RSS) is that format's own business. One entry never
takes the feed down: `write_each` is the only way from entries to a document.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import TypeVar

from feeds.model import Enclosure, Entry, Feed, History, Person, Source
from feeds.render.values import email, instant, language, line, media_type, text, uri

GENERATOR = "feed-aggregator"  # without a version: an upgrade must not change the bytes of every feed

# When a feed without a date last changed. Not 1970: the W3C validator doubts dates before 1990.
NEVER = datetime(2000, 1, 1, tzinfo=UTC)

T = TypeVar("T")

_log = logging.getLogger(__name__)


def fit_feed(feed: Feed) -> Feed:
    """The feed with everything but its entries made fit. `title` and `updated` are always set."""
    url, link = uri(feed.url), uri(feed.link)
    return replace(
        feed,
        title=line(feed.title) or link or url or GENERATOR,
        url=url,
        link=link,
        description=line(feed.description),
        language=language(feed.language),
        image=uri(feed.image),
        updated=instant(feed.updated) or NEVER,
        hubs=tuple(hub for hub in map(uri, feed.hubs) if hub),
        history=History(
            previous=uri(feed.history.previous),
            following=uri(feed.history.following),
            current=uri(feed.history.current),
        ),
    )


def fit_entry(entry: Entry) -> Entry:
    """The entry with everything made fit; `title` is always set. Raises if the guid is empty, or a type is wrong."""
    guid, url = line(entry.guid), uri(entry.url)
    if not guid:
        raise ValueError("an entry without a guid cannot be told from others")
    return replace(
        entry,
        guid=guid,
        title=line(entry.title) or url or guid,
        url=url,
        html=text(entry.html),
        summary=text(entry.summary),
        authors=tuple(person for person in map(_person, entry.authors) if person),
        tags=_distinct(map(line, entry.tags)),
        enclosures=tuple(enclosure for enclosure in map(_enclosure, entry.enclosures) if enclosure),
        image=uri(entry.image),
        language=language(entry.language),
        published=instant(entry.published),
        updated=instant(entry.updated),
        categories=tuple(path for path in map(_path, entry.categories) if path),
        source=entry.source and _source(entry.source),
        via=tuple(map(_source, entry.via)),
    )


def write_each(feed: Feed, write: Callable[[Entry], T]) -> list[T]:
    """What `write` makes of each entry, made fit; one that cannot be written is left out, with a line in the log."""
    written = []
    for entry in feed.entries:
        try:
            written.append(write(fit_entry(entry)))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one entry, the others are published
            _log.warning("left out an entry feed=%.200r guid=%.200r error=%.200r", feed.url, entry.guid, error)
    return written


def _path(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in map(line, path) if name)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _person(person: Person) -> Person | None:
    name = line(unescape(person.name or ""))  # no name is meant to hold "&amp;": its source has escaped it twice
    fit = Person(name=name or None, email=email(person.email), url=uri(person.url))
    return fit if fit != Person() else None


def _enclosure(enclosure: Enclosure) -> Enclosure | None:
    url = uri(enclosure.url)
    if url is None:
        return None
    length = enclosure.length if enclosure.length and enclosure.length > 0 else None
    return replace(enclosure, url=url, type=media_type(enclosure.type, url), length=length)


def _source(source: Source) -> Source:
    url, link = uri(source.url), uri(source.link)
    return Source(title=line(source.title) or link or url or "?", url=url, link=link)
