"""Atom 1.0 (RFC 4287), the format that can say everything: each source, every enclosure, the other places of a story.

Everything that feedgen writes is in `generator`; here is the rest. A newcomer would put Atom's elements in Atom's
namespace: feedgen writes them without one and sets `xmlns` as a mere attribute, so what is added here must do the same.
"""

from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any
from zlib import crc32

from lxml.etree import SubElement

from feeds.model import Entry, Feed, Person, Source
from feeds.render import history, media
from feeds.render.fit import NEVER
from feeds.render.generator import Dialect, generate, stable_id
from feeds.render.markup import unmistakable

MEDIA_TYPE = "application/atom+xml"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def render(feed: Feed) -> bytes:
    """The feed as an Atom 1.0 document, UTF-8."""
    return generate(feed, _ATOM)


def _require_entry(entry: Entry, feed: Feed) -> Entry:
    return replace(
        entry,
        authors=entry.authors or (Person(name=entry.source.title if entry.source else feed.title),),
        html=entry.html or entry.summary or escape(entry.title, quote=False),
        summary=entry.summary if entry.html else "",
        updated=_apart(entry.updated or entry.published or feed.updated or NEVER, entry.guid),
        language=None if entry.language == feed.language else entry.language,
    )


def _apart(updated: datetime, guid: str) -> datetime:
    """The date, with a fraction of a second of the entry's own where its source gave none.

    Sources that write many entries in one second are common. The W3C validator warns of entries with one `updated`,
    because readers may order or page by it. The fraction depends on the entry alone, so it never changes.
    """
    return updated if updated.microsecond else updated.replace(microsecond=crc32(guid.encode()) % 1_000_000)


def _complete_feed(root: Any, feed: Feed) -> None:
    _mark(root, "title", feed.title)
    _mark(root, "subtitle", feed.description)
    history.add_history(root, feed, link="link", media_type=MEDIA_TYPE)
    history.add_rhythm(root, feed.rhythm)


def _complete_entry(element: Any, entry: Entry) -> None:
    if entry.language:
        element.set(_XML_LANG, entry.language)
    _mark(element, "title", entry.title)
    for author in entry.authors:
        _add_person(element, author)
    media.add_media(element, entry, [one for one in entry.enclosures if one.duration])  # the link says all else
    for enclosure in entry.enclosures:
        link = SubElement(element, "link", rel="enclosure", href=enclosure.url, type=enclosure.type)
        if enclosure.length:
            link.set("length", str(enclosure.length))
    for place in entry.via:
        if address := place.link or place.url:
            SubElement(element, "link", rel="via", href=address, title=place.title)
    if entry.source:
        _add_source(element, entry.source, entry.updated)


def _add_source(element: Any, source: Source, updated: datetime | None) -> None:
    """atom:source: id, title and updated are wanted. We do not keep the source's own id, nor when all of it changed."""
    added = SubElement(element, "source")
    SubElement(added, "id").text = stable_id(source.url or source.title)
    SubElement(added, "title").text = unmistakable(source.title)
    _mark(added, "title", source.title)
    if updated:
        SubElement(added, "updated").text = updated.isoformat()
    if source.url:
        SubElement(added, "link", rel="self", href=source.url)
    if source.link:
        SubElement(added, "link", rel="alternate", href=source.link)


def _add_person(element: Any, person: Person) -> None:
    author = SubElement(element, "author")
    SubElement(author, "name").text = person.name or person.email or person.url
    if person.url:
        SubElement(author, "uri").text = person.url
    if person.email:
        SubElement(author, "email").text = person.email


def _mark(parent: Any, name: str, plain: str) -> None:
    """Says `type="html"` where plain text was written as HTML, so that nobody takes it for something else."""
    element = parent.find(name)
    if element is not None and element.text != plain:
        element.set("type", "html")


_ATOM = Dialect(
    rss=False,
    media_type=MEDIA_TYPE,
    namespaces={"media": media.NAMESPACE, **history.NAMESPACES},
    require_feed=lambda feed: feed,
    require_entry=_require_entry,
    complete_feed=_complete_feed,
    complete_entry=_complete_entry,
)
