"""Any HTML page that lists things to a `Feed`, by CSS selectors: one finds the items, the others look inside each.

The smallest source says only what an `item` is; the rest is found where pages usually have it. A page has no version:
when its makers change it, the selectors find nothing. That is an error, never an empty success, so that the status page
tells. What only *some* items lack is a line in `Feed.problems`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.dates import parse_date
from feeds.errors import NotAFeed
from feeds.html import bounded, with_base
from feeds.model import Entry, Feed
from feeds.parse import claims
from feeds.parse.options import Option, date_format, read_date, selector
from feeds.urls import resolve
from feeds.webpage import MAX_PAGE, base_of, title_of, tree_of

MAX_TEXTS = 4 * MAX_PAGE  # characters, all items together; more only where items stand in items
HEADINGS = "h1, h2, h3, h4, h5, h6, [itemprop=headline]"
DATES = "time, [itemprop=datePublished]"

OPTIONS: Mapping[str, Option] = {
    "item": Option(about="What finds the items on the page.", example="article.post", check=selector, needed=True),
    "title": Option(
        about="The title in an item; without it the first heading, else the text of the link.",
        example="h3",
        check=selector,
    ),
    "link": Option(
        about="The link in an item; without it the heading's, else the first, or the item itself.",
        example="a.more",
        check=selector,
    ),
    "text": Option(
        about="The text in an item: all that it finds, one after the other.",
        example=".summary, .body",
        check=selector,
        default="p",
    ),
    "image": Option(
        about="The picture in an item; without it the first.", example="figure img", check=selector, default="img"
    ),
    "date": Option(
        about="The date in an item: its `datetime` or `content`, else its text.",
        example=".date",
        check=selector,
        default=DATES,
    ),
    "date_format": Option(
        about="How the date is written, for `strptime`; without it, all the usual dialects are understood.",
        example="%d/%m/%Y",
        check=date_format,
    ),
    "author": Option(about="The author in an item.", example=".byline", check=selector, default="[rel=author]"),
}

# Where lazy pages hide an image's address come first, for `src` is a placeholder then.
_IMAGE_ATTRIBUTES = ("data-src", "data-original", "data-lazy-src", "data-srcset", "srcset", "src", "content", "href")
_FIRST_CANDIDATE = re.compile(r"[\s,]*(\S*[^\s,])")
_FEED = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF)\b", re.DOTALL)

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
    entries = _entries(items[: claims.MAX_ENTRIES], base, options, missing, problems)
    if not entries:
        raise NotAFeed(
            f"`item: {options['item']}` finds {len(items)} elements on {_named(tree)}, but none with a title or a link"
        )
    if len(items) > claims.MAX_ENTRIES:
        problems.append(f"{len(items)} items, of which the first {claims.MAX_ENTRIES} were read")
    problems += [
        f"`{name}: {options[name]}` fits nothing in {count} of {len(items)} items" for name, count in missing.items()
    ]
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
    items: list[LexborNode], base: str, options: Mapping[str, str], missing: Problems, problems: list[str]
) -> tuple[Entry, ...]:
    """Every link once, the first time it comes: pages repeat what they are proud of."""
    by_guid: dict[str, Entry] = {}
    length = 0
    for number, item in enumerate(items, 1):
        if length > MAX_TEXTS:
            problems.append(f"the texts of the items repeat each other: only those of the first {number - 1} were read")
            break
        try:
            entry = _entry(_Item(item, options, missing), base)
        except Exception as error:  # noqa: BLE001 - whatever one item does, the others live (case X04)
            problems.append(f"item {number} was left out: {type(error).__name__}: {error}"[:300])
            continue
        if entry is not None:
            length += len(entry.html)
            by_guid.setdefault(entry.guid, entry)
    return tuple(by_guid.values())


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
        """What an option finds; noted as missing, if somebody wrote it and it finds nothing."""
        found = self.node.css(self._options.get(option, OPTIONS[option].default))
        if not found:
            self._lacks(option)
        return found

    def first(self, option: str, otherwise: Callable[[], LexborNode | None]) -> LexborNode | None:
        """The first that an option finds; where it was not written, what pages usually have."""
        return next(iter(self.all(option)), None) if self.says(option) else otherwise()

    def date(self) -> datetime | None:
        """The first date that can be read."""
        form = self._options.get("date_format")
        nodes = self.all("date")
        for node in nodes:
            for written in (node.attributes.get("datetime"), node.attributes.get("content"), _text(node)):
                moment = (read_date(written, form) if form else parse_date(written)) if written else None
                if moment:
                    return moment
        if nodes:
            self._lacks("date_format" if form else "date")
        return None

    def _lacks(self, option: str) -> None:
        if self.says(option):
            self._missing[option] = self._missing.get(option, 0) + 1


def _entry(item: _Item, base: str) -> Entry | None:
    """The entry; None for what has neither title nor link, an advertisement's empty box."""
    heading = item.first("title", lambda: item.node.css_first(HEADINGS))
    link = item.first("link", lambda: _link(heading) or _link(item.node))
    url = resolve(base, (_link(link) or link).attributes.get("href") or "") if link else None
    title = claims.line(_text(heading) or ("" if item.says("title") else _text(link)), claims.MAX_TITLE)
    if not (title or url):
        return None
    html = with_base("".join(_outermost(item.all("text"))), base)
    return Entry(
        guid=claims.guid(None, url, title, html, ()),
        title=title,
        url=url,
        html=html,
        authors=claims.people(claims.person(base, _text(node), None, None) for node in item.all("author")),
        image=next(filter(None, (_image(node, base) for node in item.all("image"))), None),
        published=item.date(),
    )


def _link(node: LexborNode | None) -> LexborNode | None:
    """The element itself, if it is a link, else the first link in it, else the one around it."""
    if node is None or node.attributes.get("href"):
        return node
    inside = node.css_first("a[href]")
    return inside or (node.parent if node.parent and node.parent.tag == "a" else None)


def _image(node: LexborNode, base: str) -> str | None:
    for name in _IMAGE_ATTRIBUTES:
        written = node.attributes.get(name) or ""
        if "srcset" in name and (candidate := _FIRST_CANDIDATE.match(written)):
            written = candidate[1]
        if written and not written.startswith("data:") and (address := resolve(base, written)):
            return address
    return None


def _outermost(nodes: list[LexborNode]) -> Iterator[str]:
    """The markup of the elements, without those that stand in another one: they are in it already."""
    known = {node.mem_id for node in nodes}
    for node in nodes:
        around = node.parent
        while around is not None and around.mem_id not in known:
            around = around.parent
        if around is None:
            yield bounded(node.html or "")


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
    if head.lstrip().startswith(("{", "[")):
        return "this is JSON, not a page; write `json:` instead of `page:`"
    return f"`item: {item}` finds nothing on {_named(tree)}; the page may have changed"
