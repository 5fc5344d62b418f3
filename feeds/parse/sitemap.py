"""Sitemaps (sitemaps.org 0.9) to a `Feed`: every page that one lists is an entry; Google's news and image extensions.

Elements are known by their local names alone: half of the sitemaps in the wild have the namespace of another version.
A sitemap says hardly more than addresses, so titles are made of those where it does not give any.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from feeds.dates import parse_date
from feeds.errors import EmptyDocument, NotAFeed, Truncated, Unreadable
from feeds.model import Entry, Feed
from feeds.parse import claims, sniff
from feeds.parse.encoding import decode
from feeds.parse.fault import fault_of
from feeds.parse.options import Option, pattern
from feeds.regex import regex
from feeds.urls import resolve

MAX_UNPACKED = 16 * 2**20  # bytes: 50,000 addresses have 5 MB. sitemaps.org allows 50 MB, which take 0.8 GB to parse
MAX_LISTED = 100_000  # pages; sitemaps.org allows 50,000
MAX_MEMBERS = 100  # of a gzip file; RFC 1952 §2.2 lets it have several
MAX_NAMED = 10  # sitemaps of an index that a message names

OPTIONS: Mapping[str, Option] = {
    "match": Option(
        about="Only the pages whose addresses this pattern of RE2 fits, anywhere in them.",
        example="/news/20[0-9]{2}/",
        check=pattern,
    )
}

_ROOT = regex(r"<((?:[\w.-]+:)?(urlset|sitemapindex))(?=[\s/>])", re.IGNORECASE)
# What is no reference that XML knows: a bare `&` in an address, the commonest fault of sitemaps, and HTML's names.
_BARE_AMPERSAND = regex(
    r"(<!\[CDATA\[.*?(?:\]\]>|\Z))|&(?!(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)", re.DOTALL
)
_ENDING = regex(r"\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_LETTERS = regex(r"[^\W\d_]{2}")
_SEVERAL = regex(r"[^\W\d_]{2}.*[\s][^\W\d_]{2}")
_PAGE = regex(r"<(?:!doctype\s+html|html|body)\b", re.IGNORECASE)
_NEVER = datetime.min.replace(tzinfo=UTC)


def read(body: bytes, *, content_type: str | None, url: str, options: Mapping[str, str]) -> Feed:
    """The feed that a sitemap amounts to; the newest pages first, if it has more than we take.

    options  `OPTIONS`, as they are written in config.yaml
    errors   EmptyDocument, Truncated, Unreadable; NotAFeed for an index of sitemaps, or what is no sitemap
    """
    text = decode(_unpacked(body), content_type)[0]
    root = _ROOT.search(text)
    if root is None or _PAGE.search(text[: root.start()]):
        raise _not_a_sitemap(text, body)
    sniff.require_end(text, root[1], root.start())
    tree, problems = _parsed(text, root.start())
    if root[2].lower() == "sitemapindex":
        raise NotAFeed(_index(tree, url))
    listed = list(islice((one for one in tree if _name(one) == "url"), MAX_LISTED + 1))
    if len(listed) > MAX_LISTED:
        problems.append(f"more than {MAX_LISTED} pages, of which no others were looked at")
        listed.pop()
    chosen, more = _chosen(listed, url, options.get("match"))
    problems += more
    entries = tuple(_entries(chosen, url, problems))
    if chosen and not entries:
        raise Unreadable(f"none of the {len(chosen)} pages in this sitemap has an address that can be followed")
    return Feed(
        title=claims.line(_text(chosen[0], "news", "publication", "name"), claims.MAX_TITLE) if chosen else "",
        language=claims.language(_text(chosen[0], "news", "publication", "language")) if chosen else None,
        entries=entries,
        problems=tuple(problems),
    )


def _unpacked(body: bytes) -> bytes:
    """The document of a `.xml.gz`, which no header of HTTP announces."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    document = b""
    for _ in range(MAX_MEMBERS):
        unpacking = zlib.decompressobj(31)
        try:
            document += unpacking.decompress(body, MAX_UNPACKED + 1 - len(document))
        except zlib.error as error:
            raise Unreadable(f"this is broken gzip: {error}") from error
        if len(document) > MAX_UNPACKED:
            raise Unreadable(f"this sitemap has more than {MAX_UNPACKED >> 20} MiB")
        if not unpacking.eof:
            raise Truncated("the compressed sitemap ends before it is complete")
        body = unpacking.unused_data
        if not body.startswith(b"\x1f\x8b"):
            break
    return document


def _not_a_sitemap(text: str, body: bytes) -> Exception:
    if not text.strip():
        return EmptyDocument("the document is empty")
    try:
        nature = sniff.nature_of(text, body)
    except NotAFeed as error:
        return NotAFeed(str(error).replace("not a feed", "not a sitemap"))
    except Truncated as error:
        return error
    if nature.family == "json":
        return NotAFeed("this is JSON, not a sitemap")
    return NotAFeed("this is a feed, not a sitemap; write `url:` instead of `sitemap:`")


def _parsed(text: str, start: int) -> tuple[Any, list[str]]:
    """The root element, and one sentence if the document was not well-formed.

    start  where the root element begins: the rest is not parsed, so that no entity is ever declared
    """
    from lxml import etree  # 4 MiB in each reading process, of which most never meet a sitemap

    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
        remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        mended = _BARE_AMPERSAND.sub(lambda found: found[1] or "&amp;", text[start:])
        root = etree.fromstring(mended.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"this sitemap cannot be parsed: {fault_of(text, start) or error.msg}"[:300]) from error
    if root is None:
        raise Unreadable("this sitemap cannot be parsed")
    faults = [fault.message for fault in parser.error_log]
    if not faults:
        return root, []
    return root, [f"not well-formed, read as well as could be: {fault_of(text, start) or faults[0]}"[:300]]


def _index(tree: Any, base: str) -> str:
    inside = [_text(one, "loc") for one in islice(tree, MAX_LISTED) if _name(one) == "sitemap"]
    named = ", ".join(resolve(base, one) or one for one in inside[:MAX_NAMED])
    more = f" and {len(inside) - MAX_NAMED} more" if len(inside) > MAX_NAMED else ""
    return f"this is an index of {len(inside)} sitemaps; write one of those that it names instead: {named}{more}"[:2000]


def _chosen(listed: list[Any], base: str, match: str | None) -> tuple[list[Any], list[str]]:
    """The pages to take, and what is to be said about the others."""
    problems = []
    fit = listed
    if match is not None:
        search = pattern(match).search
        fit = [one for one in listed if search(resolve(base, _text(one, "loc")) or "")]
        if listed and not fit:
            problems.append(f"`match: {match}` fits none of the {len(listed)} addresses")
    if len(fit) > claims.MAX_ENTRIES:
        problems.append(f"{len(fit)} pages, of which the newest {claims.MAX_ENTRIES} were read")
        fit = sorted(fit, key=lambda one: _published(one) or _NEVER, reverse=True)[: claims.MAX_ENTRIES]
    return fit, problems


def _entries(chosen: list[Any], base: str, problems: list[str]) -> Iterator[Entry]:
    seen: set[str] = set()
    unusable: list[str] = []
    for one in chosen:
        written = _text(one, "loc")
        url = resolve(base, written)
        if url is None:
            unusable.append(written)
        elif url not in seen:
            seen.add(url)
            yield _entry(one, url, base)
    if unusable:
        problems.append(f"{len(unusable)} pages have no address that can be followed; the first {unusable[0][:80]!r}")


def _entry(one: Any, url: str, base: str) -> Entry:
    title = claims.decoded_line(_text(one, "news", "title"), claims.MAX_TITLE)
    # no `updated`: many a generator touches every lastmod when it runs, and there is no text that could have changed
    return Entry(
        guid=claims.guid(None, url, title, "", ()),
        title=title or claims.line(title_from(url), claims.MAX_TITLE),
        url=url,
        tags=claims.tags(_text(one, "news", "keywords").split(",")),
        image=resolve(base, _text(one, "image", "loc")),
        language=claims.language(_text(one, "news", "publication", "language")),
        published=_published(one),
    )


def _published(one: Any) -> datetime | None:
    return parse_date(_text(one, "news", "publication_date")) or parse_date(_text(one, "lastmod"))


def title_from(url: str) -> str:
    """What an address says of its page: the last part of the path with words, else with one; the path if none has.

    The last part with one word counts only where it is the last at all: `/news/12345` is not called `News`, for all
    others would be, too.
    """
    parts = urlsplit(url)
    path = [_words(part) for part in unquote(parts.path).split("/")]
    named = [words for words in path if words and words.lower() != "index"]
    several = next((words for words in reversed(named) if _SEVERAL.search(words)), "")
    last = named[-1] if named and _LETTERS.search(named[-1]) else ""
    words = several or last
    return words[:1].upper() + words[1:] if words else unquote(parts.path).strip("/") or parts.hostname or url


def _words(part: str) -> str:
    return re.sub(r"[\s_+-]+", " ", _ENDING.sub("", part)).strip()


def _text(one: Any, *path: str) -> str:
    """The text of the first element on a path of local names, from one of `one`'s children on; "" if there is none."""
    for name in path:
        one = next((child for child in one if _name(child) == name), None)
        if one is None:
            return ""
    return (one.text or "").strip()


def _name(element: Any) -> str:
    """Its local name; a prefix that was never declared is still there."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""
