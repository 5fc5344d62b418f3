"""JSON Feed 1.0 and 1.1 (jsonfeed.org) to a `Feed`.

Every value may be of any type, because JSON lets it: each is asked for its type before it is used. An item without an
id is left out, as the specification demands: it could not be recognised the next time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from feeds.dates import parse_date
from feeds.errors import NotAFeed, Truncated, Unreadable
from feeds.html import escape_text, without_forbidden
from feeds.model import Entry, Feed, Person, Rhythm
from feeds.parse import claims
from feeds.parse.fault import json_fault
from feeds.regex import regex
from feeds.urls import resolve

MAX_NESTED = 1_000_000  # lists and objects: each takes up to 200 bytes; a feed of 2,000 items has some 10,000

_STRUCTURE = regex(r'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]|"', re.DOTALL)  # *+: without a memory of every character


def read(text: str, *, url: str) -> Feed:
    """The feed; NotAFeed for JSON of another kind, Truncated or Unreadable for what is broken."""
    document = _load(text)
    if not isinstance(document, dict):
        raise NotAFeed("this is a JSON array, not a feed")
    version, items = document.get("version"), document.get("items")
    if not isinstance(items, list):
        if isinstance(version, str) and "jsonfeed.org" in version:
            raise Unreadable("this JSON Feed has no list of `items`")
        keys = ", ".join(map(repr, list(document)[:5]))
        raise NotAFeed(f"this is JSON without `items`, not a feed; its keys are {keys[:200]}")
    base = url or _string(document.get("feed_url")) or _string(document.get("home_page_url"))
    problems: list[str] = []
    entries = tuple(_entries(items[: claims.MAX_ENTRIES], document, base, problems))
    if len(items) > claims.MAX_ENTRIES:
        problems.append(f"{len(items)} items, of which the first {claims.MAX_ENTRIES} were read")
    return Feed(
        title=claims.decoded_line(document.get("title"), claims.MAX_TITLE),
        url=_address(base, document.get("feed_url")),
        link=_address(base, document.get("home_page_url")),
        description=claims.line(document.get("description"), claims.MAX_DESCRIPTION),
        language=claims.language(document.get("language")),
        image=_address(base, document.get("icon")) or _address(base, document.get("favicon")),
        entries=entries,
        rhythm=Rhythm(ended=document.get("expired") is True),
        hubs=tuple(hub for one in _objects(document.get("hubs")) if (hub := _address(base, one.get("url")))),
        problems=tuple(problems),
    )


def _load(text: str) -> Any:
    if text.count("[") + text.count("{") > MAX_NESTED:
        raise Unreadable(f"this JSON has more than {MAX_NESTED} lists and objects")
    try:
        # NaN is no JSON; numbers of thousands of digits would raise, and none of ours is longer than a file's size
        return json.loads(text, parse_constant=lambda name: None, parse_int=lambda digits: int(digits[:20]))
    except RecursionError as error:
        raise Unreadable("this JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        if _is_cut(text):
            raise Truncated(f"the JSON document ends before it is complete, after {len(text)} characters") from error
        raise Unreadable(f"this is broken JSON: {json_fault(error)}") from error


def _is_cut(text: str) -> bool:
    """Whether something is still open at the end."""
    depth = 0
    for token in _STRUCTURE.finditer(text):
        if token[0] == '"':
            return True
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
    return depth > 0


def _entries(items: list[Any], document: dict[str, Any], base: str, problems: list[str]) -> Iterator[Entry]:
    for number, item in enumerate(items, 1):
        try:
            entry = _entry(item, document, base) if isinstance(item, dict) else None
        except Exception as error:  # noqa: BLE001 - whatever one item does, the others live
            problems.append(f"item {number} was left out: {type(error).__name__}: {error}"[:300])
            continue
        if entry is None:
            problems.append(f"item {number} was left out: it has no `id`")
        else:
            yield entry


def _entry(item: dict[str, Any], document: dict[str, Any], base: str) -> Entry | None:
    identity = _identity(item.get("id"))
    if not identity:
        return None
    url = _address(base, item.get("url")) or _address(base, item.get("external_url"))
    html = _string(item.get("content_html")) or escape_text(_string(item.get("content_text")))
    summary = escape_text(_string(item.get("summary")))
    enclosures = claims.enclosures(
        claims.enclosure(
            base, one.get("url"), one.get("mime_type"), one.get("size_in_bytes"), one.get("duration_in_seconds")
        )
        for one in _objects(item.get("attachments"))
    )
    return Entry(
        guid=claims.guid(identity, url, "", html, enclosures),
        title=claims.decoded_line(item.get("title"), claims.MAX_TITLE),
        url=url,
        html=html or summary,
        summary=summary if html and summary != html else "",
        authors=_authors(item, base) or _authors(document, base),
        tags=claims.tags(item["tags"]) if isinstance(item.get("tags"), list) else (),
        enclosures=enclosures,
        image=_address(base, item.get("image")) or _address(base, item.get("banner_image")),
        language=claims.language(item.get("language")) or claims.language(document.get("language")),
        published=parse_date(_string(item.get("date_published"))) or parse_date(_string(item.get("date_modified"))),
        updated=parse_date(_string(item.get("date_modified"))),
    )


def _identity(value: object) -> str:
    """Numbers and truth values are coerced, as the specification demands; a list is no identity."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _authors(holder: dict[str, Any], base: str) -> tuple[Person, ...]:
    """1.1 has a list of authors, 1.0 one author."""
    found = _objects(holder.get("authors")) or _objects([holder.get("author")])
    return claims.people(claims.person(base, one.get("name"), None, one.get("url")) for one in found)


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return without_forbidden(value).strip() if isinstance(value, str) else ""


def _address(base: str, value: object) -> str | None:
    return resolve(base, value) if isinstance(value, str) else None
