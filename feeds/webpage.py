"""A web page as a tree that is safe to search: for sources that are pages (`parse.page`), and to `discover` feeds.

A page differs from a fragment (`feeds.html`) in that it says its own encoding, is ten times as long, and is mostly
script. What is not content goes before the parser sees it: scripts, styles, drawings, comments. So does what would cost
too much: lexbor is quadratic in the attributes of a tag and in nesting, and matching a selector of n parts takes the
depth of the page to the power of n - 1.
"""

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from feeds.errors import EmptyDocument, Unreadable
from feeds.html import MAX_TAG
from feeds.parse.encoding import decode
from feeds.regex import regex
from feeds.urls import resolve

MAX_PAGE = 2 * 2**20  # characters, without scripts; the longest front page of a newspaper had 1.1 million (2026)
MAX_DEPTH = 256  # elements in each other; pages made by programs have 60
MAX_ATTRIBUTES = 512  # of one tag
MAX_UNCLOSED = 64  # different `<b>` and their like that are open where their block ends: all go on in every later block

_META_CHARSET = regex(rb"""<meta\b[^<>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_META_WITHIN = 4096  # bytes; HTML Living Standard §4.2.5.4 says 1024, which many pages exceed
# A comment, or a tag as browsers see it (§13.2.5.6 to §13.2.5.41): quotes mean something only behind `=`, and what is
# never closed goes on to the end. Nothing is ever taken back (`*+`), so that the whole page costs one pass.
_TOKEN = regex(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<(/?)([a-zA-Z][^\s/>]*+)"
    r"((?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+)*+)(?:>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = regex(r"[^\s/>=][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?|'[^']*+'?|[^\s>]*+))?+")
_DATA_URL = regex(r"""(["'])data:[^"'<>]*\1""", re.IGNORECASE)
_NO_CONTENT = {
    name: regex(rf"</{name}(?=[\s/>])[^>]*>|\Z", re.IGNORECASE) for name in ("script", "style", "svg", "template")
}
# These are closed by what follows them, or have no content (§13.1.2); an <a> ends where the next begins (§13.2.6.4.7).
_NAMES = "a area base br col embed hr img input link meta option param rp rt source track wbr"
_NEVER_OPEN = frozenset(_NAMES.split())
# The same, and with them ends whatever letters look like.
_PARTS = frozenset(("p", "li", "dt", "dd", "td", "th", "tr"))
_LOOKS = frozenset(("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"))
_SAME_UNCLOSED = 3  # of equal ones, that many go on (§13.2.4.3, "Noah's Ark")


def tree_of(body: bytes, content_type: str | None) -> LexborHTMLParser:
    """The page, parsed; its end is cut off where it is too long.

    content_type  as the origin sent it; its charset counts more than what the page says
    errors        EmptyDocument; Unreadable, where parsing it would cost too much
    """
    html = _content(_DATA_URL.sub('""', text_of_page(body, content_type)))
    if not html.strip():
        raise EmptyDocument("the page is empty")
    try:
        return LexborHTMLParser(html)
    except SelectolaxError as error:  # out of memory
        raise Unreadable("this page cannot be parsed") from error


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


def _content(html: str) -> str:
    """The markup without what is not content, and without tags that are overloaded; Unreadable if it is too deep."""
    kept: list[str] = []
    nesting = _Nesting()
    begin = at = length = 0  # of what is to be kept next; of the next token; of what is kept
    while length + at - begin < MAX_PAGE and (token := _TOKEN.search(html, at)):
        closes, name, attributes = token.groups()
        at = token.end()
        if name is None or (len(attributes) > MAX_ATTRIBUTES and _overloaded(attributes)):
            end = at
        elif (name := name.lower()) in _NO_CONTENT and not closes:
            end = at if name == "svg" and attributes.endswith("/") else _end_of(name, html, at)
        else:
            if name not in _NEVER_OPEN:
                nesting.note(name, bool(closes), attributes)
            continue
        kept.append(html[begin : token.start()])
        length += len(kept[-1])
        begin = at = end
    kept.append(html[begin:])
    return "".join(kept)[:MAX_PAGE]


def _end_of(name: str, html: str, at: int) -> int:
    end = _NO_CONTENT[name].search(html, at)
    return end.end() if end else len(html)


def _overloaded(attributes: str) -> bool:
    return len(attributes) > MAX_TAG or len(_ATTRIBUTE.findall(attributes)) > MAX_ATTRIBUTES


class _Nesting:
    """How deep the elements of a page stand in each other, as far as their tags tell."""

    def __init__(self) -> None:
        self._open: list[tuple[str, str]] = []
        self._names: Counter[str] = Counter()
        self._unclosed: Counter[tuple[str, str]] = Counter()

    def note(self, name: str, closes: bool, attributes: str) -> None:
        """The next tag of the page that is none of `_NEVER_OPEN`."""
        if name in _PARTS:
            while self._open and self._open[-1][0] in _LOOKS:
                self._leave_unclosed(self._pop())
        elif not closes:
            self._open.append((name, attributes))
            self._names[name] += 1
        elif self._names[name]:
            while (last := self._pop())[0] != name:
                self._leave_unclosed(last)
        elif self._unclosed:
            self._unclosed = Counter({one: count for one, count in self._unclosed.items() if one[0] != name})
        if len(self._open) > MAX_DEPTH:
            raise Unreadable(f"this page is nested more than {MAX_DEPTH} elements deep")
        if self._unclosed.total() > MAX_UNCLOSED:
            raise Unreadable(f"this page leaves more than {MAX_UNCLOSED} elements such as <b> open")

    def _pop(self) -> tuple[str, str]:
        last = self._open.pop()
        self._names[last[0]] -= 1
        return last

    def _leave_unclosed(self, element: tuple[str, str]) -> None:
        if element[0] in _LOOKS and self._unclosed[element] < _SAME_UNCLOSED:
            self._unclosed[element] += 1
