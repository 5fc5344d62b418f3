"""RSS and Atom of all versions to a `Feed`, by feedparser, with its traps guarded.

feedparser gets bytes in UTF-8 that say so, and no address (it would fetch a `str` that looks like one). Its sanitiser
and its resolver are off: they destroy lazy images and cost half the time; `feeds.clean` does both better. One entry
that cannot be converted becomes a line in `Feed.problems`.

What expat refuses, feedparser reads with a parser of its own that guesses; where bare `&` and free prefixes were all
that was wrong, expat gets another try instead. That costs only the feeds that need it, and stays a problem of theirs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException

import feedparser
import feedparser.api

from feeds.dates import parse_date
from feeds.errors import Truncated, Unreadable
from feeds.html import decode_references, text_of
from feeds.model import Entry, Feed
from feeds.parse import claims, fields, rhythm
from feeds.parse.fault import Fault
from feeds.parse.mend import mend, mend_again
from feeds.parse.ordinary import items_of
from feeds.regex import regex
from feeds.urls import resolve

feedparser.api.PREFERRED_XML_PARSERS = ["feeds.parse.expat"]

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
# expat's words for a document that ends too early: its errors 3, 5 and 20
_CUT = ("no element found", "unclosed token", "unclosed CDATA section")
# RSS 1.0 §5.4: the image stands beside the channel, where feedparser does not look
_RDF_IMAGE = regex(
    r"<((?:[\w-]{1,64}:)?image)(?:\s[^<>]*)?(?<!/)>(?:(?!</?\1\b).){0,2000}?<(?:[\w-]{1,64}:)?url>\s*([^<>]{1,2000})",
    re.DOTALL,
)


def read(text: str, *, url: str, fault: Callable[[], Fault | None]) -> Feed:
    """The feed of a document; Truncated if only expat could tell that it is cut, Unreadable if nothing works.

    fault  where the document as it came is broken; not asked where the text is well-formed
    """
    return read_parts((text,), url=url, fault=fault)


def read_parts(texts: Iterable[str], *, url: str, fault: Callable[[], Fault | None]) -> Feed:
    """The feed of a document that comes as several, each with some of its items and all that is around them."""
    first, *others = (_read(text, url, fault) for text in texts)
    problems = [problem for feed in (first, *others) for problem in feed.problems]
    entries = [entry for feed in (first, *others) for entry in feed.entries]
    told_apart = _told_apart(entries, problems)
    return replace(first, entries=tuple(told_apart), problems=tuple(dict.fromkeys(problems)))


def _read(text: str, url: str, fault: Callable[[], Fault | None]) -> Feed:
    parsed, broken = _parse(mend(text), fault)
    channel, items = parsed["feed"], parsed["entries"]
    atom = str(parsed.get("version")).startswith("atom")
    links = [link for link in channel.get("links") or [] if isinstance(link, dict)]
    own = _first(resolve(url, link.get("href") or "") for link in links if link.get("rel") == "self")
    base = url or own or _text(channel.get("link"))
    chosen, count_problem = _newest(items)
    problems = [*broken, *count_problem]
    return Feed(
        title=fields.title_of(channel, atom),
        url=own,
        link=resolve(base, _text(channel.get("link"))),
        description=_description(channel),
        language=claims.language(channel.get("language")),
        image=_first(resolve(base, _text(address)) for address in _images(channel, text)),
        updated=parse_date(_text(dict.get(channel, "updated")), dict.get(channel, "updated_parsed"))
        or parse_date(_text(dict.get(channel, "published")), dict.get(channel, "published_parsed")),
        entries=tuple(_entries(chosen, base, atom, channel, problems)),
        rhythm=rhythm.rhythm_of(channel, text),
        hubs=tuple(
            hub for link in links if link.get("rel") == "hub" and (hub := resolve(base, link.get("href") or ""))
        ),
        problems=tuple(problems),
    )


def _parse(text: str, fault: Callable[[], Fault | None]) -> tuple[Any, list[str]]:
    """What feedparser makes of a document, and a sentence if it is not well-formed."""
    ordinary = items_of(text)
    parsed = _by_feedparser(text if ordinary is None else ordinary.around)
    if ordinary is not None:
        if not (parsed["bozo"] or parsed["entries"]):
            return {"feed": parsed["feed"], "version": parsed.get("version"), "entries": list(ordinary.fields)}, []
        parsed = _by_feedparser(text)
    if not parsed["bozo"]:
        return parsed, []
    what = _without_place(parsed.get("bozo_exception"))
    found = fault()
    if what in _CUT:
        raise Truncated(f"the document ends before it is complete: {found if found and found.what == what else what}")
    again = mend_again(text)
    better = _by_feedparser(again) if again != text else parsed
    return (
        parsed if better["bozo"] else better,
        [f"not well-formed, read as well as could be: {found or what}"[:300]],
    )


def _without_place(error: Any) -> str:
    """What a parser says, without the place: it counts in the text that we gave it."""
    return error.getMessage() if isinstance(error, SAXParseException) else str(error)


def _by_feedparser(text: str) -> Any:
    try:
        parsed = feedparser.parse(
            BytesIO(text.encode("utf-8")), response_headers=_HEADERS, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:
        raise  # the process is at its limit, and so at its end
    except Exception as error:
        raise Unreadable(f"feedparser failed: {type(error).__name__}: {error}"[:300]) from error
    if not (parsed.get("version") or parsed["entries"] or parsed["feed"]):
        raise Unreadable("this looks like a feed, but of no version that we know, and without entries")
    return parsed


def _newest(items: list[Any]) -> tuple[list[Any], list[str]]:
    """As many as we take, from the newer end of the document, and a sentence if that is not all (case X06).

    Nearly always `bounds` has seen to it already, but it leaves alone what is not plain.
    """
    if len(items) <= claims.MAX_ENTRIES:
        return items, []
    first, last = (
        parse_date(_text(dict.get(item, "published")) or _text(dict.get(item, "updated")))
        for item in (items[0], items[-1])
    )
    upwards = first is not None and last is not None and last > first
    chosen = items[-claims.MAX_ENTRIES :] if upwards else items[: claims.MAX_ENTRIES]
    return chosen, [f"{len(items)} entries, of which the {'last' if upwards else 'first'} {len(chosen)} were read"]


def _entries(items: list[Any], base: str, atom: bool, channel: Any, problems: list[str]) -> Iterator[Entry]:
    inherited = fields.Inherited(
        authors=fields.authors(channel, base) if atom else (), language=claims.language(channel.get("language"))
    )
    for number, item in enumerate(items, 1):
        try:
            yield fields.entry(item, base=base, atom=atom, inherited=inherited)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one entry does, the others live (case X04)
            problems.append(f"entry {number} was left out: {type(error).__name__}: {error}"[:300])


def _told_apart(entries: list[Entry], problems: list[str]) -> list[Entry]:
    """Entries by their links, where the source gives all of them one guid (case D03)."""
    if len(entries) < 2 or len({entry.guid for entry in entries}) > 1 or len({entry.url for entry in entries}) == 1:
        return entries
    problems.append(claims.ONE_GUID)
    return [replace(entry, guid=claims.guid(None, entry.url, entry.title, entry.html, ())) for entry in entries]


def _description(channel: Any) -> str:
    """`description`, which feedparser calls `content` where an itunes:summary came first; else what iTunes is told."""
    said = (_text(channel.get(name)) for name in ("subtitle", "content", "summary", "itunes_strapline"))
    return claims.line(text_of(next(filter(None, said), "")), claims.MAX_DESCRIPTION)


def _images(channel: Any, text: str) -> Iterator[Any]:
    image = channel.get("image")
    yield image.get("href") if isinstance(image, dict) else None
    yield channel.get("logo")
    yield channel.get("icon")
    yield from fields.media_pictures(channel)
    if "rdf" in text[:200].lower() and (found := _RDF_IMAGE.search(text)):
        yield decode_references(found[2])


def _first(found: Iterator[str | None]) -> str | None:
    return next(filter(None, found), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
