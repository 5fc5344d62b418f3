"""A web page as a tree that is safe to search: for sources that are pages (`parse.page`), and to `discover` feeds.

A page differs from a fragment (`feeds.html`) in that it says its own encoding, is ten times as long, and is mostly
script. What is not content goes before the parser sees it: scripts, styles, drawings, comments.
"""

import re

from selectolax.lexbor import LexborHTMLParser

from feeds.errors import EmptyDocument, Unreadable
from feeds.html import MAX_DEPTH, MAX_TAG
from feeds.parse.encoding import decode
from feeds.urls import resolve

MAX_PAGE = 2 * 2**20  # characters, without scripts; the longest front page of a newspaper had 1.1 million (2026)
MAX_ATTRIBUTES = 2048  # characters of one tag beside its quoted values; lexbor is quadratic in their number

_META_CHARSET = re.compile(rb"""<meta\b[^<>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_META_WITHIN = 4096  # bytes; HTML Living Standard §4.2.5.4 says 1024, which many pages exceed
_NO_CONTENT = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<(script|style|svg|template)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL
)
_DATA_URL = re.compile(r"""(["'])data:[^"'<>]*\1""", re.IGNORECASE)
_LONG_TAG = re.compile(rf"<[a-zA-Z/!?][^<>]{{{MAX_ATTRIBUTES},}}>?")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ELEMENT = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>")
# These are closed by what follows them, or have no content (HTML Living Standard §13.1.2).
_NAMES = "p li dt dd td th tr option rp rt br hr img wbr source track input col area param meta link base embed"
_NEVER_OPEN = frozenset(_NAMES.split())


def tree_of(body: bytes, content_type: str | None) -> LexborHTMLParser:
    """The page, parsed; its end is cut off where it is too long.

    content_type  as the origin sent it; its charset counts more than what the page says
    errors        EmptyDocument; Unreadable, where parsing it would cost too much
    """
    html = _NO_CONTENT.sub("", text_of_page(body, content_type))
    if not html.strip():
        raise EmptyDocument("the page is empty")
    html = _LONG_TAG.sub(_unless_overloaded, _DATA_URL.sub('""', html)[:MAX_PAGE])
    if _too_deep(html):
        raise Unreadable(f"this page is nested more than {MAX_DEPTH} elements deep")
    return LexborHTMLParser(html)


def text_of_page(body: bytes, content_type: str | None) -> str:
    """The page as it is written, in the encoding that its origin names, else the page itself."""
    declared = _META_CHARSET.search(body[:_META_WITHIN])
    if declared and "charset" not in (content_type or "").lower():
        content_type = f"text/html; charset={declared[1].decode('ascii')}"
    return decode(body, content_type)[0]


def base_of(tree: LexborHTMLParser, url: str) -> str:
    """What the page's relative addresses are relative to: its `<base>`, else its own address."""
    base = tree.css_first("base[href]")
    return (resolve(url, base.attributes.get("href") or "") if base else None) or url


def title_of(tree: LexborHTMLParser) -> str:
    """What the page calls itself, on one line; "" if it does not."""
    title = tree.css_first("title")
    return " ".join(title.text().split())[:300] if title else ""


def _unless_overloaded(tag: re.Match[str]) -> str:
    if len(tag[0]) > MAX_TAG or len(_QUOTED.sub("", tag[0])) > MAX_ATTRIBUTES:
        return ""
    return tag[0]


def _too_deep(html: str) -> bool:
    depth = 0
    for element in _ELEMENT.finditer(html):
        if element[2].lower() not in _NEVER_OPEN:
            depth = max(0, depth - 1) if element[1] else depth + 1
            if depth > MAX_DEPTH:
                return True
    return False
