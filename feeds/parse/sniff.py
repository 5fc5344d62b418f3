"""What a document is, whatever its address and content type say: a JSON or an XML feed, or what else; and is it whole.

Only the first element decides. `<html>` is a page even if it speaks of `<rss>`; warnings of PHP before the feed are
stepped over. A newcomer would look for `<rss` anywhere: that finds it in the source code on a page about feeds.
"""

import re
from dataclasses import dataclass
from typing import Literal

from feeds.errors import EmptyDocument, NotAFeed, Truncated
from feeds.html import text_of
from feeds.regex import regex

_HEAD = 64 * 1024  # characters in which the first element must come
_FEEDS = frozenset(("rss", "feed", "rdf", "channel", "entry"))  # channel: CDF, and RSS without its <rss>
_WARNINGS = frozenset(("br", "b", "i", "p", "font", "pre", "strong", "em", "hr", "table", "tr", "th", "td", "span"))
_NAMED = {
    "html": "an HTML page",
    "head": "an HTML page",
    "body": "an HTML page",
    "meta": "an HTML page",
    "title": "an HTML page",
    "script": "an HTML page",
    "opml": "an OPML list of feeds",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap index",
    "svg": "an SVG image",
}
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a media file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "compressed data"),
)
_TOKEN = regex(
    r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!DOCTYPE[^\[>]*(?:\[.*?(?:\]\s*|\Z))?(?:>|\Z)|<([a-zA-Z_][^\s/<>]*)",
    re.DOTALL | re.IGNORECASE,
)
_PAGE_TITLE = regex(r"<title[^<>]*>([^<]{1,200})", re.IGNORECASE)
_XML_DECLARATION = regex(r"<\?xml\s")
_MARKUP = regex(r"<(?:[?!a-zA-Z_]|\Z)")
_ITEM = regex(r"<(?:\w+:)?(?:item|entry|channel)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """What a document is. `root` is the name of the first element as written ("" for JSON), `start` where to begin."""

    family: Literal["json", "xml"]
    root: str = ""
    start: int = 0


def nature_of(text: str, body: bytes) -> Nature:
    """JSON or XML that may be a feed; EmptyDocument, Truncated or NotAFeed, saying what it is instead."""
    begin = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    if begin == len(text):
        raise EmptyDocument(
            f"the document is empty ({len(body)} bytes of nothing)" if body else "the document is empty"
        )
    if text[begin] in "{[":
        return Nature(family="json", start=begin)
    for magic, name in _MAGIC:
        if body.startswith(magic):
            raise NotAFeed(f"this is {name}, not a feed")
    return _xml_nature(text, begin)


def require_end(text: str, root: str, start: int) -> None:
    """Truncated, unless the root element is closed and no item comes after."""
    at = text.rfind(f"</{root}")
    if at < 0:
        at = text.lower().rfind(f"</{root}".lower())  # <RSS> … </rss>: ill-formed, but complete
    if at < 0 and _closes_itself(text, root, start):
        return
    rest = text[at + 2 + len(root) :]
    if at < 0 or not re.match(r"\s*>", rest) or _ITEM.search(rest):
        raise Truncated(f"the document ends before </{root}>, after {len(text)} characters")


def _closes_itself(text: str, root: str, start: int) -> bool:
    element = re.compile(rf"<{re.escape(root)}\b[^<>]*/>").search(text, start)
    return element is not None


def _xml_nature(text: str, begin: int) -> Nature:
    head = text[begin : begin + _HEAD]
    prolog = end = 0
    for token in _TOKEN.finditer(head):
        name = token[1]
        if head[end : token.start()].strip() or _XML_DECLARATION.match(token[0]):
            prolog = token.start()
        end = token.end()
        if not name:
            continue
        if ">" not in head[end:] and len(head) < _HEAD:
            break  # cut inside the tag
        local = name.rpartition(":")[2].lower()
        if local in _FEEDS and _is_feed(local, head):
            return Nature(family="xml", root=name, start=begin + prolog)
        if local not in _WARNINGS:
            raise NotAFeed(f"this is {_describe(local, head)}, not a feed")
        end = -1  # whatever comes next is not part of the prolog
    if _MARKUP.match(head) and len(head) < _HEAD and "<!doctype html" not in head.lower():
        raise Truncated(f"the document ends before its first element, after {len(text)} characters")
    raise NotAFeed(f"this is text, not a feed; it begins {' '.join(text_of(head[:500]).split())[:80]!r}")


def _is_feed(local: str, head: str) -> bool:
    return local != "rdf" or "purl.org/rss" in head or "purl.org/net/rss" in head or "netscape.com/rdf" in head


def _describe(local: str, head: str) -> str:
    name = _NAMED.get(local) or f"an XML document <{local[:40]}>"
    title = _PAGE_TITLE.search(head) if name == "an HTML page" else None
    return f"{name} titled {' '.join(title[1].split())!r}" if title else name
