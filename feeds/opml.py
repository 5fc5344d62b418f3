"""OPML: lists of subscriptions, read as they are found and written as the specification wants them.

Most lists in the wild are not well-formed XML (a bare `&`, an undeclared entity, an outline that is never closed), and
attributes come in every spelling. So reading looks at the tags alone, one after the other, as a stack of folders; what
is not an outline is stepped over. Folders become category paths and back. Source: opml.org/spec2.opml.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import quoteattr

from feeds.errors import EmptyDocument, NotAFeed
from feeds.html import decode_references, without_forbidden
from feeds.parse.encoding import decode
from feeds.regex import regex

MAX_SUBSCRIPTIONS = 100_000
MAX_DEPTH = 32  # folders inside folders; what is deeper belongs to the last of them
MAX_TEXT = 1000  # characters of a title or a folder's name
MAX_ADDRESS = 8000

# What is opened and never closed takes the rest with it, so that a million `<!--` cost one pass. No value has an
# <outline> in it: a quotation mark that is forgotten costs one subscription, and the next is found.
_TOKEN = regex(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    r"|<(?P<close>/?)outline\b(?P<attributes>(?:[^<>\"']++|\"(?:[^\"<]|<(?!/?outline\b))*+\"|'(?:[^'<]|<(?!/?outline\b))*+')*+)>"
    r"|<title\b[^<>]*+>(?:<!\[CDATA\[)?(?P<title>[^<]*+)",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = regex(r"(?<![\w:.-])([\w:.-]{1,64})\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)')", re.DOTALL)
_LIST = regex(r"<(?:opml|outline)\b", re.IGNORECASE)
_ADDRESSES = ("xmlurl", "feedurl", "rssurl")
_INCLUDED = "include"  # another list: nothing to subscribe to


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list.

    url    the feed's address, as it is written there
    link   the page for people
    path   the folders that it is in, from the top; () for none
    """

    url: str
    title: str = ""
    link: str | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A list of subscriptions, each once in each folder, in the list's order."""

    title: str = ""
    subscriptions: tuple[Subscription, ...] = ()


def read(body: bytes, *, content_type: str | None = None) -> Outline:
    """The subscriptions of a list, however it is written.

    errors  EmptyDocument; NotAFeed, where there is no outline
    """
    text, _ = decode(body, content_type)
    if not text.strip():
        raise EmptyDocument("the document is empty")
    if not _LIST.search(text):
        raise NotAFeed("this is no OPML list: it has no <outline>")
    title = ""
    by_place: dict[tuple[str, tuple[str, ...]], Subscription] = {}
    paths: list[tuple[str, ...]] = []  # of what is in each open outline; a feed's is its folder's
    tokens = [token for token in _TOKEN.finditer(text) if token["attributes"] is not None or token["title"] is not None]
    for token, closed in zip(tokens, _closed(tokens, text), strict=True):
        if token["title"] is not None:
            title = title or _line(token["title"].removesuffix("]]>"))
        elif token["close"]:
            del paths[-1:]
        else:
            attributes = _attributes(token["attributes"])
            path = paths[-1] if paths else ()
            for one in _subscriptions(attributes, path):
                by_place.setdefault((one.url, one.path), one)
            if not closed:
                name = "" if _address(attributes) else _name(attributes)
                paths.append((*path, name) if name and len(path) < MAX_DEPTH else path)
    return Outline(title=title, subscriptions=tuple(by_place.values())[:MAX_SUBSCRIPTIONS])


def _closed(tokens: list[re.Match[str]], text: str) -> Iterator[bool]:
    """For each token, whether it is the tag of an outline that has nothing in it.

    In lists where some are never closed, those are the feeds: what comes on the next line is not in them.
    """
    outlines = [token for token in tokens if token["attributes"] is not None]
    whole = [token["attributes"].rstrip().endswith("/") for token in outlines]
    ends = sum(bool(token["close"]) for token in outlines)
    unbalanced = len(outlines) - ends - sum(whole) > ends
    following = {id(token): after for token, after in pairwise(outlines)}
    for token in tokens:
        if token["attributes"] is None or token["attributes"].rstrip().endswith("/"):
            yield True
        elif unbalanced and not token["close"] and _address(_attributes(token["attributes"])):
            after = following.get(id(token))
            yield after is None or not after["close"] or "\n" in text[token.end() : after.start()]
        else:
            yield False


def write(outline: Outline) -> bytes:
    """The list as OPML 2.0, in each folder first its subscriptions and then the folders in it.

    The same list always gives the same bytes.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines += [f"    <title>{_escaped(outline.title)}</title>", "  </head>", "  <body>"]
    lines += _written(outline.subscriptions, ())
    if not outline.subscriptions:
        lines.append('    <outline text="" />')  # a body needs one
    return "\n".join([*lines, "  </body>", "</opml>", ""]).encode()


def _written(subscriptions: Iterable[Subscription], path: tuple[str, ...]) -> Iterator[str]:
    """The lines of a folder: its subscriptions, then the folders in it, both in the order they come in."""
    indent = "  " * (len(path) + 2)
    inside: dict[str, list[Subscription]] = {}
    for one in subscriptions:
        if len(one.path) > len(path):
            inside.setdefault(one.path[len(path)], []).append(one)
            continue
        name = _quoted(one.title or one.url)
        link = f" htmlUrl={_quoted(one.link)}" if one.link else ""
        yield f'{indent}<outline type="rss" text={name} title={name} xmlUrl={_quoted(one.url)}{link} />'
    for folder, theirs in inside.items():
        yield f"{indent}<outline text={_quoted(folder)}>"
        yield from _written(theirs, (*path, folder))
        yield f"{indent}</outline>"


def _subscriptions(attributes: dict[str, str], path: tuple[str, ...]) -> Iterator[Subscription]:
    """The feed that an outline is, once in its folder; or once for each of its `category` paths, if it is in none."""
    address = _address(attributes)
    if not address:
        return
    title = attributes.get("title") or attributes.get("text") or ""
    named = [tuple(filter(None, map(_line, one.split("/")))) for one in attributes.get("category", "").split(",")]
    for where in [path] if path else list(filter(None, named)) or [()]:
        yield Subscription(
            url=address, title=_line(title), link=attributes.get("htmlurl", "").strip() or None, path=where[:MAX_DEPTH]
        )


def _address(attributes: dict[str, str]) -> str:
    """The feed's address; "" for a folder, and for what is none of ours."""
    kind = attributes.get("type", "").lower()
    written = next(filter(None, (attributes.get(name, "").strip() for name in _ADDRESSES)), "")
    if not written and kind in ("rss", "atom", "feed"):
        written = attributes.get("url", "").strip()
    written = written.replace("&amp;", "&")  # escaped twice
    return written if kind != _INCLUDED and len(written) <= MAX_ADDRESS else ""


def _name(attributes: dict[str, str]) -> str:
    return _line(attributes.get("text") or attributes.get("title") or "")


def _attributes(written: str) -> dict[str, str]:
    """By their names in lower case; of one that stands twice, the first that says something.

    Only complete references are decoded: `&copy=2` is part of an address.
    """
    attributes: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(written):
        name = found[1].lower()
        attributes[name] = attributes.get(name) or decode_references(found[2] if found[2] is not None else found[3])
    return attributes


def _line(text: str) -> str:
    """Plain text on one line; titles are often escaped twice."""
    text = decode_references(decode_references(text[: MAX_TEXT * 8]))
    return " ".join(without_forbidden(text).split())[:MAX_TEXT].strip()


def _quoted(text: str) -> str:
    return quoteattr(without_forbidden(" ".join(text.split())))


def _escaped(text: str) -> str:
    return without_forbidden(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
