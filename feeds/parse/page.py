"""Any HTML page that lists things to a `Feed`, by CSS selectors: one finds the items, the others look inside each.

The smallest source says only what an `item` is; the rest is found where pages usually have it. A page has no version:
when its makers change it, the selectors find nothing. That is an error, never an empty success, so that the status page
tells. What only *some* items lack is a line in `Feed.problems`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.clean import lazy
from feeds.clean.placeholders import is_blank
from feeds.dates import parse_date
from feeds.errors import NotAFeed
from feeds.html import bounded, with_base
from feeds.model import Entry, Feed
from feeds.parse import claims
from feeds.parse.options import DATE_FORMAT, Option, read_date, selector, shortcomings
from feeds.regex import regex
from feeds.urls import resolve
from feeds.webpage import MAX_PAGE, base_of, title_of, tree_of

MAX_MARKUP = 4 * MAX_PAGE  # characters, all items together; more only where items stand in items
MAX_FOUND = 2000  # elements that a selector finds in one item; a long article has 200 paragraphs
MAX_DATE = 500  # characters of a text in which a date is looked for
MAX_TRIED = 50  # dates and pictures in one item that are tried
HEADINGS = "h1, h2, h3, h4, h5, h6, [itemprop=headline]"
DATES = "time, [itemprop=datePublished]"

OPTIONS: Mapping[str, Option] = {
    "item": Option(about="What finds the items on the page.", example="article.post", check=selector, needed=True),
    "title": Option(
        about="The title; without it the first heading in the item, else the text of the link.",
        example="h3",
        check=selector,
    ),
    "link": Option(
        about="The link; without it the heading's, else the first in the item, or the one around it.",
        example="a.more",
        check=selector,
    ),
    "text": Option(
        about="The text: all that it finds, one after the other.",
        example=".summary, .body",
        check=selector,
        default="p",
    ),
    "image": Option(
        about="The picture, lazy or not, or what has it as its background or inside.",
        example="figure img",
        check=selector,
        default="img",
    ),
    "date": Option(
        about="The date: its `datetime` or `content`, else its text, other words beside it or not.",
        example=".date",
        check=selector,
        default=DATES,
    ),
    "date_format": DATE_FORMAT,
    "author": Option(about="The author.", example=".byline", check=selector, default="[rel=author]"),
}

_BACKGROUND = regex(r"background(?:-image)?\s*:[^;]*?url\(\s*[\"']?([^\"'()\s]+)", re.IGNORECASE)
# What stands before a date, and between it and what else is said in the same line.
_LABEL = regex(r"[^\d:：]{1,40}[:：]\s*|(?:posted|published|updated|created)\s+(?:on|at)?\s*", re.IGNORECASE)
_BETWEEN = regex(r"\s+[|·•–—]\s*|\s*[|·•]\s+")
# The dates that cannot be taken for something else, wherever they stand in a text.
_CERTAIN = regex(
    r"\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
    r"|(?<!\d)\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)(?:[\sT]+\d{1,2}:\d{2}(?::\d{2})?(?:\s*(?:Z|[+-]\d{2}:?\d{2})\b)?)?"
)
_PROLOG = r"\s*(?:<[?!][^>]*>\s*)*"
_FEED = regex(rf"{_PROLOG}<(?:rss|feed|rdf:RDF)\b")
_SITEMAP = regex(rf"{_PROLOG}<(?:urlset|sitemapindex)\b")

_DIGEST = "sha256:"  # how `claims.guid` begins where an entry has no link

Problems = dict[str, int]  # the option → in how many items it found nothing


def read(body: bytes, *, content_type: str | None, url: str, options: Mapping[str, str]) -> Feed:
    """The feed that a page amounts to.

    options  `OPTIONS`, as they are written in config.yaml
    errors   EmptyDocument, Unreadable; NotAFeed, where the selectors find nothing
    """
    tree = tree_of(body, content_type)
    items = tree.css(options["item"])
    if not items:
        raise NotAFeed(_nothing_found(tree, body, options["item"]))
    base = base_of(tree, url)
    missing: Problems = {}
    problems: list[str] = []
    entries = _entries(items[: claims.MAX_ENTRIES], url, base, options, missing, problems)
    if not entries:
        raise NotAFeed(
            f"`item: {options['item']}` finds {len(items)} element{'s' if len(items) > 1 else ''} on {_named(tree)}, "
            "but none with a title or a link"
        )
    said = {name: options[name] for name in OPTIONS if name in options}
    problems += shortcomings(said, missing, len(items), claims.MAX_ENTRIES)
    html = tree.css_first("html")
    return Feed(
        title=claims.line(title_of(tree), claims.MAX_TITLE),
        link=url or None,
        description=claims.line(_content(tree, "meta[name=description]"), claims.MAX_DESCRIPTION),
        language=claims.language(html.attributes.get("lang")) if html else None,
        image=resolve(base, _content(tree, "meta[property='og:image']")),
        entries=entries,
        problems=tuple(problems),
    )


def _entries(
    items: list[LexborNode], page: str, base: str, options: Mapping[str, str], missing: Problems, problems: list[str]
) -> tuple[Entry, ...]:
    """Every link once, the first time it comes: pages repeat what they are proud of."""
    found: list[Entry] = []
    length = 0
    for number, item in enumerate(items, 1):
        length += len(item.html or "")
        if length > MAX_MARKUP and number > 1:
            problems.append(f"the items stand in each other: only the first {number - 1} were read")
            break
        try:
            entry = _entry(_Item(item, options, missing), page, base)
        except Exception as error:  # noqa: BLE001 - whatever one item does, the others live (case X04)
            problems.append(f"item {number} was left out: {type(error).__name__}: {error}"[:300])
            continue
        if entry is not None:
            found.append(entry)
    by_guid: dict[str, Entry] = {}
    for entry in _identified(found):
        by_guid.setdefault(entry.guid, entry)
    return tuple(by_guid.values())


def _identified(entries: list[Entry]) -> Iterator[Entry]:
    """What has no link of its own is known by its title alone, for texts are mended; unless others have that title."""
    titles = Counter(entry.title for entry in entries if entry.guid.startswith(_DIGEST))
    for entry in entries:
        if titles[entry.title] == 1 and entry.title and entry.guid.startswith(_DIGEST):
            yield replace(entry, guid=claims.guid(None, None, entry.title, "", ()))
        else:
            yield entry


class _Item:
    """One item of the page, and what the options say about where things are in it."""

    def __init__(self, node: LexborNode, options: Mapping[str, str], missing: Problems) -> None:
        self.node = node
        self._options = options
        self._missing = missing

    def says(self, option: str) -> bool:
        """Whether an option was written."""
        return option in self._options

    def all(self, option: str) -> list[LexborNode]:
        """What an option finds in the item, or else the item itself where that fits; noted as missing, if somebody
        wrote the option and it finds nothing."""
        found = self.node.css(self._options.get(option, OPTIONS[option].default))[: MAX_FOUND + 1]
        inside = [node for node in found if node.mem_id != self.node.mem_id]
        if not found:
            self._lacks(option)
        return inside or found

    def first(self, option: str, otherwise: Callable[[], LexborNode | None]) -> LexborNode | None:
        """The first that an option finds; where it was not written, what pages usually have."""
        return next(iter(self.all(option)), None) if self.says(option) else otherwise()

    def date(self) -> datetime | None:
        """The first date that can be read."""
        form = self._options.get("date_format")
        nodes = self.all("date")[:MAX_TRIED]
        for node in nodes:
            for written in (node.attributes.get("datetime"), node.attributes.get("content"), _text(node)):
                if written and (moment := _date_in(written[:MAX_DATE], form)):
                    return moment
        if nodes:
            self._lacks("date_format" if form else "date")
        return None

    def _lacks(self, option: str) -> None:
        if self.says(option):
            self._missing[option] = self._missing.get(option, 0) + 1


def _entry(item: _Item, page: str, base: str) -> Entry | None:
    """The entry; None for what has neither title nor link, an advertisement's empty box."""
    heading = item.first("title", lambda: item.node.css_first(HEADINGS))
    link = item.first("link", lambda: _link(heading) or _link(item.node))
    url = resolve(base, (_link(link) or link).attributes.get("href") or "") if link else None
    if url == page.partition("#")[0]:
        url = None  # href="#", for a script
    title = claims.line(_text(heading) or ("" if item.says("title") else _label(link)), claims.MAX_TITLE)
    if not (title or url):
        return None
    html = with_base("".join(_outermost(item.all("text"), item.node)), base)
    pictures = islice(item.all("image"), MAX_TRIED)
    return Entry(
        guid=claims.guid(None, url, title, html, ()),
        title=title,
        url=url or _place(page, heading, item.node),
        html=html,
        authors=claims.people(
            claims.person(base, _text(node), None, None) for node in item.all("author")[: claims.MAX_AUTHORS]
        ),
        image=next(filter(None, (_image(node, base) for node in pictures)), None),
        published=item.date(),
    )


def _link(node: LexborNode | None) -> LexborNode | None:
    """The element itself, if it is a link, else the first link in it, else the one around it."""
    if node is None or node.attributes.get("href"):
        return node
    around = node.parent
    inside = node.css_first("a[href]")
    while inside is None and around is not None and around.tag != "a":
        around = around.parent
    return inside or around


def _label(link: LexborNode | None) -> str:
    """What a link says, or what is said of it: of one around a picture, the words that stand for that."""
    if link is None:
        return ""
    link = _link(link) or link
    picture = link.css_first("img[alt]")
    said = [link.attributes.get("title"), link.attributes.get("aria-label")]
    said += [picture.attributes.get("alt")] if picture else []
    return _text(link) or next((one for one in said if one), "")


def _place(page: str, *nodes: LexborNode | None) -> str | None:
    """Where an item without a link is on the page, as far as that can be linked to."""
    names = (node.attributes.get("id") for node in nodes if node)
    name = next((name for name in names if name and name.isprintable() and " " not in name), None)
    return resolve(page, f"#{name}") if name else None


def _date_in(text: str, form: str | None) -> datetime | None:
    """The date that a text is, in that format if there is one, or that it has among other words."""
    text = " ".join(text.split())
    plain = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    tried = list(dict.fromkeys((text, plain, *_BETWEEN.split(plain)[:4])))
    if form:
        return next(filter(None, (read_date(one, form) for one in tried)), None)
    certain = (found[0] for found in _CERTAIN.finditer(text))
    return next(filter(None, map(parse_date, (*tried, *certain))), None)


def _image(node: LexborNode, base: str) -> str | None:
    """The picture that an element shows, once somebody has scrolled to it, or has as its background or inside."""
    attributes = {name: value or "" for name, value in node.attributes.items()}
    revealed = lazy.revealed("img", attributes)
    background = _BACKGROUND.search(attributes.get("style", ""))
    for written in (
        revealed.get("src") or attributes.get("src"),
        lazy.largest(revealed.get("srcset") or attributes.get("srcset", "")),
        attributes.get("content"),
        attributes.get("href"),
        background and background[1],
    ):
        if written and not is_blank(written) and (address := resolve(base, written)):
            return address
    inside = node.css_first("img") if node.tag != "img" else None
    return _image(inside, base) if inside else None


def _outermost(nodes: list[LexborNode], within: LexborNode) -> Iterator[str]:
    """The markup of the elements, without those that stand in another one: they are in it already."""
    if len(nodes) == 1:
        yield bounded(nodes[0].html or "")
        return
    chosen = {node.mem_id for node in nodes}
    outside = {within.mem_id}  # known to stand in none of them, so that nobody climbs the same way twice
    for node in nodes:
        around, passed = node.parent, []
        while around is not None and around.mem_id not in chosen and around.mem_id not in outside:
            passed.append(around.mem_id)
            around = around.parent
        if around is None or around.mem_id in outside:
            outside.update(passed)
            yield bounded(node.html or "")
        else:
            chosen.update(passed)


def _text(node: LexborNode | None) -> str:
    return " ".join(node.text(separator=" ").split()) if node else ""


def _content(tree: LexborHTMLParser, where: str) -> str:
    node = tree.css_first(where)
    return (node.attributes.get("content") or "") if node else ""


def _named(tree: LexborHTMLParser) -> str:
    title = title_of(tree)
    return f"the page titled {title!r}" if title else "a page without a title"


def _nothing_found(tree: LexborHTMLParser, body: bytes, item: str) -> str:
    head = body[:4096].decode("utf-8", "replace").lstrip("\ufeff")
    if _FEED.match(head):
        return "this is a feed, not a page; write `url:` instead of `page:`"
    if _SITEMAP.match(head):
        return "this is a sitemap, not a page; write `sitemap:` instead of `page:`"
    if head.lstrip().startswith(("{", "[")):
        return "this is JSON, not a page; write `json:` instead of `page:`"
    return f"`item: {item}` finds nothing on {_named(tree)}; the page may have changed"
