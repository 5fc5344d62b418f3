"""RSS 2.0 with the extensions that readers know: content:encoded, dc:creator, Media RSS, atom:link and atom:updated.

`description` is the summary or the first words, `content:encoded` the full text. Everything that feedgen writes is in
`generator`; here is the rest. A newcomer would use `<author>`: it must hold an e-mail address, and beside `dc:creator`
it says the same twice. Sources: https://www.rssboard.org/rss-specification and https://www.rssboard.org/rss-profile.
"""

from dataclasses import replace
from html import escape
from typing import Any

from lxml.etree import SubElement

from feeds.model import Entry, Feed
from feeds.regex import regex
from feeds.render import history, media
from feeds.render.generator import Dialect, generate, stable_id
from feeds.render.markup import excerpt, unmistakable

MEDIA_TYPE = "application/rss+xml"
_DC = "http://purl.org/dc/elements/1.1/"
_ATOM = "http://www.w3.org/2005/Atom"
_IMAGES = (".gif", ".jpeg", ".jpg", ".png")  # all that the specification allows for the channel's image

# What an enclosure's address must begin with: the W3C validator calls any other an error.
_DOMAIN = regex(r"https?://(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*(?::\d+)?(?:/|$)")

# Elements of plain text, which sloppy readers decode twice. The profile (§ Character Data) found that they do so least
# with hexadecimal references; to a real parser they are the same.
_PLAIN_TEXT = regex(rb"<(?:title|category|source)\b[^>]*>[^<]*&[^<]*</")


def render(feed: Feed) -> bytes:
    """The feed as an RSS 2.0 document, UTF-8."""
    document = generate(feed, _RSS)
    return _PLAIN_TEXT.sub(
        lambda found: found[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;"),
        document,
    )


def _require_feed(feed: Feed) -> Feed:
    image = feed.image if feed.image and feed.image.lower().endswith(_IMAGES) else None
    link = feed.link or feed.url or stable_id(feed.title)
    return replace(feed, description=feed.description or feed.title, link=link, image=image)


def _require_entry(entry: Entry, feed: Feed) -> Entry:
    return replace(
        entry,
        summary=entry.summary or escape(excerpt(entry.html), quote=False),
        published=entry.published or entry.updated,
        language=None if entry.language == feed.language else entry.language,
    )


def _complete_feed(channel: Any, feed: Feed) -> None:
    for hub in feed.hubs:
        SubElement(channel, f"{{{_ATOM}}}link", href=hub, rel="hub")
    history.add_history(channel, feed, link=f"{{{_ATOM}}}link", media_type=MEDIA_TYPE)
    history.add_rhythm(channel, feed.rhythm)


def _complete_entry(item: Any, entry: Entry) -> None:
    for author in entry.authors:
        _add(item, f"{{{_DC}}}creator", author.name or author.email or author.url)
    if entry.language:
        _add(item, f"{{{_DC}}}language", entry.language)
    if entry.updated and entry.updated != entry.published:
        _add(item, f"{{{_ATOM}}}updated", entry.updated.isoformat())
    media.add_media(item, entry, entry.enclosures)
    # Readers understand one; `media:content` has them all. An address without a dot is nobody's but the publisher's.
    for enclosure in [one for one in entry.enclosures if _DOMAIN.match(one.url)][:1]:
        SubElement(item, "enclosure", url=enclosure.url, length=str(enclosure.length or 0), type=enclosure.type)
    _add_source(item, entry)


def _add_source(item: Any, entry: Entry) -> None:
    """`source` must have the address of a feed; a source without one is named in `dc:source`."""
    if entry.source and entry.source.url:
        _add(item, "source", unmistakable(entry.source.title), url=entry.source.url)
    elif entry.source:
        _add(item, f"{{{_DC}}}source", entry.source.title)


def _add(parent: Any, name: str, text: str | None, **attributes: str) -> None:
    SubElement(parent, name, **attributes).text = text


_RSS = Dialect(
    rss=True,
    media_type=MEDIA_TYPE,
    namespaces={"dc": _DC, "media": media.NAMESPACE, **history.NAMESPACES},
    require_feed=_require_feed,
    require_entry=_require_entry,
    complete_feed=_complete_feed,
    complete_entry=_complete_entry,
)
