"""Any JSON that lists things to a `Feed`, by JMESPath: one expression leads to the items, the others look inside each.

Many an API calls things by their usual names, which are the defaults. As with pages, expressions that find nothing are
an error. JSON Feed needs none of this: it is read as any other feed.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from jmespath.exceptions import JMESPathError

from feeds.dates import parse_date
from feeds.errors import EmptyDocument, NotAFeed, Truncated, Unreadable
from feeds.html import escape_text, without_forbidden
from feeds.model import Entry, Feed, Person
from feeds.parse import claims
from feeds.parse.encoding import decode
from feeds.parse.fault import json_fault
from feeds.parse.options import DATE_FORMAT, Option, expression, read_date, shortcomings
from feeds.regex import regex
from feeds.urls import resolve

_TEMPLATE = regex(r"(?:https?://|/)")  # no JMESPath expression begins so
_PLACEHOLDER = regex(r"\{([^{}]*)\}")
_MARKUP = regex(r"<[a-zA-Z/!][^<>]*>")
_EPOCH = regex(r"([0-9]{10})(?:[0-9]{3}|[0-9]{6}|[0-9]{9})?(?:\.[0-9]+)?")  # s, ms, µs or ns since 1970
_LONGEST_NUMBER = 20  # digits; a longer one stays text, for two ids may have the same beginning
_HALF_A_NUMBER = regex(r"-?|\.|[eE][+-]?")
_LITERALS = ("true", "false", "null")
# Where objects have the text that they stand for: WordPress, Drupal, WordPress; people and tags by their names.
_TEXTS = ("rendered", "processed", "raw", "value", "text")
_NAMES = ("name", "display_name", "displayName", "login", "username", "nickname", "label", "title")
_MOST_SHOWN = 4  # lists that a message names


def link(written: str) -> str:
    """An expression, or an address with expressions in braces."""
    if not _TEMPLATE.match(written):
        expression(written)
        return written
    inside = _PLACEHOLDER.findall(written)
    if not inside:
        raise ValueError(f"`{written}` would be the same for every item; write `{{id}}` or so where they differ")
    for one in inside:
        expression(one)
    return written


OPTIONS: Mapping[str, Option] = {
    "items": Option(
        about="What leads to the list of items; without it the document must be that list.",
        example="data.list[]",
        check=expression,
        default="@",
    ),
    "id": Option(
        about="What an item is known by, and stays known by; without it the link.",
        example="post_id",
        check=expression,
        default="id || guid || uuid || _id || slug",
    ),
    "title": Option(
        about="The title of an item.", example="headline", check=expression, default="title || name || headline"
    ),
    "link": Option(
        about="The address of an item's page, or a template of it.",
        example="https://example.org/p/{id}",
        check=link,
        default="html_url || url || link || href || permalink",
    ),
    "text": Option(
        about="The text of an item, plain or HTML.",
        example="body.html",
        check=expression,
        default="content_html || content || body || text || description || summary || excerpt",
    ),
    "image": Option(
        about="The address of an item's picture.",
        example="cover.src",
        check=expression,
        default="image || image_url || thumbnail || cover",
    ),
    "date": Option(
        about="When an item was published: a date, or seconds or milliseconds since 1970.",
        example="created_at",
        check=expression,
        default=(
            "published || published_at || publishedAt || date_published || pubDate || date_gmt || date || created_at "
            "|| createdAt || created_utc || created || timestamp"
        ),
    ),
    "date_format": DATE_FORMAT,
    "author": Option(
        about="The author of an item: a name, an object with one, or a list of those.",
        example="author.name",
        check=expression,
        default="author || authors || creator || user",
    ),
    "tags": Option(
        about="The tags of an item: a list, or names with commas between.",
        example="topics[].name",
        check=expression,
        default="tags || keywords",
    ),
}


def read(body: bytes, *, content_type: str | None, url: str, options: Mapping[str, str]) -> Feed:
    """The feed that a JSON document amounts to.

    options  `OPTIONS`, as they are written in config.yaml
    errors   EmptyDocument, Unreadable; NotAFeed, where the expressions find nothing
    """
    items = _items(_load(decode(body, content_type)[0]), options.get("items", OPTIONS["items"].default))
    missing: dict[str, int] = {}
    problems: list[str] = []
    entries = tuple(_entries(items[: claims.MAX_ENTRIES], url, options, missing, problems))
    if items and not entries:
        many = f"there are {len(items)} items, but none" if len(items) > 1 else "there is one item, but not"
        raise NotAFeed(f"{many} with a title, a link or a text; the first is {_shape(items[0])}")
    said = {name: options[name] for name in OPTIONS if name in options}
    problems += shortcomings(said, missing, len(items), claims.MAX_ENTRIES)
    return Feed(entries=entries, problems=tuple(problems))


def _load(text: str) -> Any:
    if not text.strip():
        raise EmptyDocument("the document is empty")
    try:
        # NaN is no JSON; numbers of thousands of digits would raise
        return json.loads(text, parse_constant=lambda name: None, parse_int=_number)
    except RecursionError as error:
        raise Unreadable("this JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        if text.lstrip("\ufeff \t\r\n").startswith("<"):
            raise NotAFeed("this is a page or an XML document, not JSON") from error
        if _is_cut(text.rstrip(), error):
            raise Truncated(f"the JSON document ends before it is complete, after {len(text)} characters") from error
        raise Unreadable(f"this is broken JSON: {json_fault(error)}") from error


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Whether what is wrong with a document is that it ends."""
    rest = text[error.pos :]
    return (
        error.msg.startswith("Unterminated string")
        or (error.msg.startswith("Invalid \\") and len(rest) < 6)
        or (text.startswith(("{", "[")) and _HALF_A_NUMBER.fullmatch(rest) is not None)
        or any(word.startswith(rest) for word in _LITERALS)
    )


def _items(document: Any, path: str) -> list[Any]:
    try:
        found = expression(path).search(document)
    except (JMESPathError, RecursionError, ValueError, TypeError) as error:  # the last two of `to_number` and `[::0]`
        raise NotAFeed(f"`items: {path}` cannot be applied: {error}"[:300]) from error
    if not isinstance(found, list):
        lists = list(islice(_lists(document, "", 3), _MOST_SHOWN))
        hint = f"; lists that it has: {', '.join(f'`{one}`' for one in lists)}" if lists else ""
        at = f"`items: {path}` leads to {_shape(found)}, not to a list; " if path != "@" else ""
        raise NotAFeed(f"{at}the document is {_shape(document)}{hint}{'' if at else '; `items` must lead to a list'}")
    return found


def _lists(value: Any, path: str, depth: int) -> Iterator[str]:
    """The expressions that lead to the lists of objects in a document, the outermost first."""
    members = list(value.items())[:50] if isinstance(value, dict) else []
    steps = [(f"{path}.{_step(name)}".lstrip("."), one) for name, one in members if len(name) < 50]
    yield from (step for step, one in steps if isinstance(one, list) and one and isinstance(one[0], dict))
    if depth > 1:
        for step, one in steps:
            yield from _lists(one, step, depth - 1)


def _step(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else json.dumps(name)


def _entries(
    items: list[Any], base: str, options: Mapping[str, str], missing: dict[str, int], problems: list[str]
) -> Iterator[Entry]:
    """Every identity once, the first time it comes."""
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        try:
            entry = _entry(_Item(item, options, missing), base)
        except Exception as error:  # noqa: BLE001 - whatever one item does, the others live (case X04)
            problems.append(f"item {number} was left out: {type(error).__name__}: {error}"[:300])
            continue
        if entry is not None and entry.guid not in seen:
            seen.add(entry.guid)
            yield entry


class _Item:
    """One item of the list, and what the options say about where things are in it."""

    def __init__(self, content: Any, options: Mapping[str, str], missing: dict[str, int]) -> None:
        self._content = content
        self._options = options
        self._missing = missing

    def value(self, option: str) -> Any:
        """What an option leads to; noted as missing, if somebody wrote it and it leads to nothing."""
        found = self._search(self._options.get(option, OPTIONS[option].default))
        return found if found not in (None, "", [], {}) else self._lacks(option)

    def text(self, option: str) -> str:
        """A value as text; "" if it is none, which is noted as well."""
        value = self.value(option)
        said = _string(_member(value, *_TEXTS))
        if value is not None and not said:
            self._lacks(option)
        return said

    def link(self) -> str:
        """The address of its page, made from the template if there is one."""
        written = self._options.get("link", "")
        if not _TEMPLATE.match(written):
            return _address(self.value("link"))
        values = {name: _string(self._search(name)) for name in _PLACEHOLDER.findall(written)}
        if not all(values.values()):
            self._lacks("link")
            return ""
        return _PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe="/"), written)

    def date(self) -> datetime | None:
        """When it was published."""
        written, form = self.text("date"), self._options.get("date_format")
        epoch = _EPOCH.fullmatch(written)
        moment = read_date(written, form) if form else parse_date(epoch[1] if epoch else written)
        if written and moment is None:
            self._lacks("date_format" if form else "date")
        return moment

    def _search(self, path: str) -> Any:
        try:
            return expression(path).search(self._content)
        except (JMESPathError, ValueError, TypeError):  # a function that got something else than it takes
            return None

    def _lacks(self, option: str) -> None:
        if option in self._options:
            self._missing[option] = self._missing.get(option, 0) + 1


def _entry(item: _Item, base: str) -> Entry | None:
    """The entry; None for what has neither title, link nor text."""
    title = claims.decoded_line(item.text("title"), claims.MAX_TITLE)
    url = resolve(base, item.link())
    text = item.text("text")
    if not (title or url or text):
        return None
    html = text if _MARKUP.search(text) else escape_text(text)
    return Entry(
        guid=claims.guid(item.text("id"), url, title, html, ()),
        title=title,
        url=url,
        html=html,
        authors=claims.people(_people(base, item.value("author"))),
        tags=claims.tags(_tags(item.value("tags"))),
        image=resolve(base, _address(item.value("image"))),
        published=item.date(),
    )


def _people(base: str, value: Any) -> Iterator[Person | None]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield claims.person(base, _member(one, *_NAMES), one.get("email"), one.get("url"))
        else:
            yield claims.person(base, _string(one), None, None)


def _tags(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.split(",")
    for one in value if isinstance(value, list) else ():
        yield _string(_member(one, *_NAMES))


def _address(value: Any) -> str:
    """An address that stands for itself, in an object, or first in a list of either."""
    if isinstance(value, list):
        value = value[0] if value else None
    value = _member(value, "url", "src", "href")
    return value if isinstance(value, str) else ""


def _member(value: Any, *names: str) -> Any:
    """The first of these members that an object has; what is no object stands for itself."""
    return next(filter(None, map(value.get, names)), None) if isinstance(value, dict) else value


def _string(value: Any) -> str:
    """Text, or a number as text; "" for all else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value) if math.isfinite(value) else ""
    return without_forbidden(value).strip() if isinstance(value, str) else ""


def _shape(value: Any) -> str:
    """What a value is, for a message."""
    if isinstance(value, dict):
        more = f" and {len(value) - 8} more" if len(value) > 8 else ""
        return f"an object with {', '.join(repr(name[:40]) for name in list(value)[:8]) or 'nothing in it'}{more}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "nothing" if value is None else f"the value {json.dumps(value)[:60]}"
