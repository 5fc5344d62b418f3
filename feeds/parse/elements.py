"""What the elements of an ordinary item mean: two tables, RSS 2.0's and Atom 1.0's, in feedparser's words.

Each element writes what it says where feedparser would: `title_detail`, `summary_detail`, `content`, `links`, `tags`,
`authors`. Only what `fields` looks at is written. What feedparser would have to think about raises `Unusual`, and the
document is left to it; so a row here may be narrow, but never wrong (test_ordinary compares).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feedparser.mixin import _FeedParserMixin

Fields = dict[str, Any]

ATOM = "http://www.w3.org/2005/Atom "  # expat puts the namespace and a space before a name
_DC = "http://purl.org/dc/elements/1.1/ "
_HTML, _PLAIN = "text/html", "text/plain"
_TEXT_TYPES = {None: _PLAIN, "text": _PLAIN, _PLAIN: _PLAIN, "html": _HTML, _HTML: _HTML}


class Unusual(Exception):
    """Something that is left to feedparser."""


@dataclass(frozen=True, slots=True)
class Element:
    """What an element tells about what it stands in: `keep(about, text, attributes)`.

    attributes  those that it may have
    children    those that it may have; what they tell comes to its attributes
    as_written  its text is handed over as it is, where feedparser mends that of others (Windows' Latin, UTF-8 twice)
    """

    keep: Callable[[Fields, str, Fields], None]
    attributes: frozenset[str] = frozenset()
    children: "Mapping[str, Element]" = field(default_factory=dict)
    as_written: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """How a family of documents is built: `path` leads to an item."""

    path: tuple[str, ...]
    elements: Mapping[str, Element]


def ignore(about: Fields, value: str, told: Fields) -> None:
    """What no entry of ours has."""


def _once(about: Fields, name: str, value: Any) -> None:
    if name in about:
        raise Unusual
    about[name] = value


def _address(value: str) -> str:
    """An address that feedparser leaves as it is."""
    if ":///" in value or ("&" in value and ";" in value) or "[" in value:
        raise Unusual
    return value


def _nothing(value: str) -> None:
    if value:
        raise Unusual


def _rss_title(about: Fields, value: str, told: Fields) -> None:
    marked = ("<" in value or "&" in value) and _FeedParserMixin.looks_like_html(value)
    _once(about, "title_detail", {"type": _HTML if marked else _PLAIN, "value": value})


def _description(about: Fields, value: str, told: Fields) -> None:
    _once(about, "summary_detail", {"type": _HTML, "value": value})


def _encoded(about: Fields, value: str, told: Fields) -> None:
    _once(about, "content", [{"type": _HTML, "value": value}])


def _rss_link(about: Fields, value: str, told: Fields) -> None:
    _once(about, "link", _address(value))
    about.setdefault("links", []).append({"rel": "alternate", "type": _HTML, **({"href": value} if value else {})})


def _guid(about: Fields, value: str, told: Fields) -> None:
    about["guidislink"] = told.get("isPermaLink", "true") == "true"
    _once(about, "id", _address(value) if about["guidislink"] else value)


def _date(name: str) -> Callable[[Fields, str, Fields], None]:
    def keep(about: Fields, value: str, told: Fields) -> None:
        if not value.isascii():
            raise Unusual  # where we read none, feedparser may: it knows Greek and Hungarian
        _once(about, name, value)

    return keep


def _subject(about: Fields, value: str, told: Fields) -> None:
    if value:
        about.setdefault("tags", []).append({"term": value})


def _name(about: Fields, value: str, told: Fields) -> None:
    if "@" in value:
        raise Unusual
    about.setdefault("authors", []).append({"name": value} if value else {})


def _enclosure(about: Fields, value: str, told: Fields) -> None:
    if not told.get("url"):
        raise Unusual
    about.setdefault("links", []).append({"rel": "enclosure", "href": told.pop("url"), **told})


def _link(about: Fields, value: str, told: Fields) -> None:
    _nothing(value)
    if not told.get("href"):
        raise Unusual
    _address(told["href"])
    told.setdefault("rel", "alternate")
    told.setdefault("type", "application/atom+xml" if told["rel"] == "self" else _HTML)
    if told["rel"] == "alternate" and told["type"] in ("html", "xhtml", _HTML, "application/xhtml+xml"):
        about["link"] = told["href"]
    about.setdefault("links", []).append(told)


def _other_link(about: Fields, value: str, told: Fields) -> None:
    """Atom's, in RSS: not the one that leads to the entry, for RSS has one of its own."""
    if told.get("rel", "alternate") == "alternate":
        raise Unusual
    _link(about, value, told)


def _detail(value: str, told: Fields) -> Fields:
    kind = _TEXT_TYPES.get(told.get("type"))
    if kind is None:
        raise Unusual
    return {"type": kind, "value": value}


def _title(about: Fields, value: str, told: Fields) -> None:
    _once(about, "title_detail", _detail(value, told))


def _summary(about: Fields, value: str, told: Fields) -> None:
    _once(about, "summary_detail", _detail(value, told))


def _content(about: Fields, value: str, told: Fields) -> None:
    _once(about, "content", [_detail(value, told)])


def _category(about: Fields, value: str, told: Fields) -> None:
    _nothing(value)
    about.setdefault("tags", []).append(told)


def _author(about: Fields, value: str, told: Fields) -> None:
    _nothing(value)
    about.setdefault("authors", []).append(told)


def _told(name: str) -> Callable[[Fields, str, Fields], None]:
    return lambda about, value, told: _once(about, name, value)


_TYPE = frozenset({"type"})
_LINK_ATTRIBUTES = frozenset({"href", "rel", "type", "length", "title", "hreflang"})
_RSS_ELEMENTS = {
    "title": Element(_rss_title),
    "link": Element(_rss_link),
    "guid": Element(_guid, frozenset({"isPermaLink"})),
    "pubDate": Element(_date("published")),
    "description": Element(_description),
    "author": Element(_name),
    "category": Element(_subject, frozenset({"domain"})),
    "enclosure": Element(_enclosure, frozenset({"url", "type", "length"})),
    "comments": Element(ignore),
    "http://purl.org/rss/1.0/modules/content/ encoded": Element(_encoded),
    _DC + "creator": Element(_name),
    _DC + "date": Element(_date("updated")),
    _DC + "subject": Element(_subject),
    ATOM + "link": Element(_other_link, _LINK_ATTRIBUTES),
    "http://purl.org/rss/1.0/modules/slash/ comments": Element(ignore),
    "http://wellformedweb.org/CommentAPI/ commentRss": Element(ignore),
    "com-wordpress:feed-additions:1 post-id": Element(ignore),
}
_PERSON = {
    ATOM + "name": Element(_told("name"), as_written=True),
    ATOM + "email": Element(_told("email"), as_written=True),
    ATOM + "uri": Element(_told("href")),
}
_ATOM_ELEMENTS = {
    ATOM + "title": Element(_title, _TYPE),
    ATOM + "id": Element(_guid),
    ATOM + "link": Element(_link, _LINK_ATTRIBUTES),
    ATOM + "published": Element(_date("published")),
    ATOM + "updated": Element(_date("updated")),
    ATOM + "summary": Element(_summary, _TYPE),
    ATOM + "content": Element(_content, _TYPE),
    ATOM + "author": Element(_author, children=_PERSON),
    ATOM + "category": Element(_category, frozenset({"term", "scheme", "label"})),
}
FAMILIES = (
    Family(("rss", "channel", "item"), _RSS_ELEMENTS),
    Family((ATOM + "feed", ATOM + "entry"), _ATOM_ELEMENTS),
)
