"""What each source carried: one row a source and guid, with the text it had when we last saw it.

Saving knows nothing of stories: a new or changed sighting is marked `pending`, and the merge takes it from there. What
a document no longer lists stays; what an older copy of a document says never replaces something newer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, insert, select, update
from xxhash import xxh3_128_digest

from aggregator.store.identity import Known, Seen, identity, key_of, narrow, recognised, shared_guids
from aggregator.store.polls import ARRIVALS_KEPT, Counts
from aggregator.store.schema import sightings, sources
from feeds.model import Entry
from feeds.parse.trim import guid_digest, guids_in

REVISIONS_KEPT = 24  # a text that changes oftener is churning, and is left as it was (reader's limit, too)
ASKED_AT_ONCE = 500  # bound parameters in one statement
LIKELY = 2_000  # rows that one question may give: a link that a source gives to everything is no identity anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving did. `elsewhere` are entries, by their guids, that are stored under another one."""

    counts: Counts
    elsewhere: frozenset[str] = frozenset()


def save(connection: Connection, source_id: int, seen: Sequence[Seen], now: datetime, *, memory: bytes = b"") -> Saved:
    """Store what is new or changed among the entries of one document of a source.

    memory  which entries the document has beside those (`feeds.parse.trim`), so that none of them is taken for one of
            these under another guid; it must know none that is stored `elsewhere`
    """
    shared = shared_guids(one.entry for one in seen)
    keys = {key for one in seen for key in (key_of(one.entry.guid), key_of(narrow(one.entry)))}
    known = {row.guid_key: row for row in _known(connection, source_id, "guid_key", keys)}
    unique: dict[bytes, Seen] = {}
    guids: dict[bytes, str] = {}
    for one in seen:
        guid = identity(one.entry, shared, known)
        guids[key_of(guid)] = guid
        unique.setdefault(key_of(guid), one)
    met = {key: known[key] for key in unique if key in known}
    strangers = {key: one for key, one in unique.items() if key not in known}
    if strangers:
        carried = guids_in(memory)
        likely = _likely(connection, source_id, strangers.values())
        taken = {row.id for row in met.values()} | {row.id for row in likely if guid_digest(row.guid) in carried}
        met |= recognised(strangers, likely, taken)
    new = [_new_row(source_id, guids[key], one, now) for key, one in unique.items() if key not in met]
    changed = [row for key, before in met.items() if (row := _changed_row(before, unique[key], now)) is not None]
    if new:
        connection.execute(_ADD, new)
    if changed:
        connection.execute(_CHANGE, changed)
    stored = {key: met[key].guid if key in met else guids[key] for key in unique}
    return Saved(
        counts=Counts(entries=len(seen), added=len(new), changed=len(changed)),
        elsewhere=frozenset(one.entry.guid for key, one in unique.items() if stored[key] != one.entry.guid),
    )


_ADD = insert(sightings)


def _known(connection: Connection, source_id: int, column: str, values: Iterable[bytes | int]) -> Iterator[Known]:
    """The sightings of a source whose column has one of these values."""
    for some in _chunks(values):
        rows = connection.execute(_having(column), {"source": source_id, "some": some})
        yield from (Known(**row._mapping) for row in rows)


@cache  # four are asked for each document: built anew, storing one new item took 0.87 ms, and takes 0.40 now
def _having(column: str) -> Select[Any]:
    c = sightings.c
    of_source = select(*(c[field.name] for field in fields(Known))).where(c.source_id == bindparam("source"))
    return of_source.where(c[column].in_(bindparam("some", expanding=True))).limit(LIKELY)


def _likely(connection: Connection, source_id: int, strangers: Iterable[Seen]) -> list[Known]:
    """The stored sightings that entries with new guids could be."""
    seen = list(strangers)
    prints = [one.fingerprint for one in seen]
    aliases = {one.alias_key for one in prints if one.alias_key is not None}
    links = {one.link_key for one in prints if one.link_key is not None}
    titles = {one.fingerprint.title_key for one in seen if one.entry.published and one.fingerprint.title_key}
    found = [
        *_known(connection, source_id, "alias_key", aliases),
        *_known(connection, source_id, "link_key", links),
        *_known(connection, source_id, "title_key", titles),
    ]
    return list({row.id: row for row in found}.values())


def _chunks(keys: Iterable[bytes | int]) -> Iterator[list[bytes | int]]:
    rest = iter(keys)
    while some := list(islice(rest, ASKED_AT_ONCE)):
        yield some


def _new_row(source_id: int, guid: str, one: Seen, now: datetime) -> dict[str, object]:
    return {
        "source_id": source_id,
        "guid_key": key_of(guid),
        "guid": guid,
        "first_seen_at": now,
        "revised": min(one.entry.updated or one.entry.published or now, now).replace(microsecond=0),
        **_content(one),
    }


def _changed_row(known: Known, one: Seen, now: datetime) -> dict[str, object] | None:
    """What to write over a known sighting; None if it is the same, older, expired, or has churned enough."""
    content = _content(one)
    if content["digest"] == known.digest or known.expired_at or known.revisions >= REVISIONS_KEPT:
        return None
    if one.entry.updated and known.updated and one.entry.updated < known.updated:
        return None
    revised = now.replace(microsecond=0) if content["text_digest"] != known.text_digest else known.revised
    pending = 0 if known.flood_id is not None else 1  # what is held stays held
    return {"row": known.id, "revised": revised, "revisions": known.revisions + 1, "pending": pending, **content}


def _content(one: Seen) -> dict[str, object]:
    entry, print_ = one.entry, one.fingerprint
    return {
        "url": entry.url,
        "title": entry.title,
        "html": entry.html,
        "summary": entry.summary,
        "authors": entry.authors,
        "tags": entry.tags,
        "enclosures": entry.enclosures,
        "image": entry.image,
        "language": entry.language,
        "published": entry.published,
        "updated": entry.updated,
        "digest": xxh3_128_digest(_packed(entry)),
        "text_digest": print_.text_digest,
        "url_key": print_.url_key,
        "title_key": print_.title_key,
        "telling": int(print_.telling),
        "alias_key": print_.alias_key,
        "link_key": print_.link_key,
        "words": print_.words,
        "shingles": print_.shingles,
        "sketch": print_.sketch,
        "near_keys": print_.near_keys,
        "original": one.original,
        "unresolved_images": one.findings.unresolved_images,
    }


def _packed(entry: Entry) -> bytes:
    """An entry as bytes, which lone surrogates and numbers of more than 64 bits cannot be.

    raises  ValueError, also for a NUL, which SQLite keeps and PostgreSQL refuses; OverflowError
    """
    texts = (entry.guid, entry.title, entry.html, entry.summary, entry.url, entry.image, entry.language)
    if any("\0" in text for text in texts if text):
        raise ValueError("a NUL reached the database")
    return msgspec.msgpack.encode(entry)


_CHANGED = (
    "url", "title", "html", "summary", "authors", "tags", "enclosures", "image", "language", "published", "updated",
    "digest", "text_digest", "url_key", "title_key", "telling", "alias_key", "link_key", "words", "shingles",
    "sketch", "near_keys", "revised", "revisions", "pending", "original", "unresolved_images",
)  # fmt: skip
_CHANGE = (
    update(sightings).where(sightings.c.id == bindparam("row")).values({name: bindparam(name) for name in _CHANGED})
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a sighting was before it was cleaned. `digest` is of what it is now: where that moved on, it stays.

    sketch  of its text, empty where it was stored before texts were compared
    site    what its feed calls itself
    """

    id: int
    digest: bytes
    original: bytes
    sketch: bytes
    site: str


def originals(connection: Connection, *, after: int, limit: int) -> tuple[Kept, ...]:
    """The next sightings whose original is kept, by id."""
    c = sightings.c
    rows = connection.execute(
        select(c.id, c.digest, c.original, c.sketch, sources.c.title)
        .join(sources, sources.c.id == c.source_id)
        .where(c.id > after, c.original.is_not(None))
        .order_by(c.id)
        .limit(limit)
    )
    return tuple(
        Kept(id=row.id, digest=row.digest, original=row.original, sketch=row.sketch, site=row.title) for row in rows
    )


def reclean(connection: Connection, cleaned: Iterable[tuple[Kept, Seen]]) -> int:
    """Store what a better cleaner made of originals; returns how many came out otherwise than before.

    `revised` stays: not the source but we changed the text, and no reader should be told of it as news.
    """
    rows = [
        {"row": kept.id, "before": kept.digest, "pending": 1, **content}
        for kept, seen in cleaned
        if (content := _content(seen))["digest"] != kept.digest or content["sketch"] != kept.sketch
    ]
    if rows:
        connection.execute(_RECLEAN, rows)
    return sum(1 for row in rows if row["digest"] != row["before"])


_RECLEAN = (
    update(sightings)
    .where(sightings.c.id == bindparam("row"), sightings.c.digest == bindparam("before"))
    .values({name: bindparam(name) for name in _CHANGED if name not in ("revised", "revisions")})
)


def arrivals(entries: Iterable[Entry], before: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    """When the newest entries of a source appeared, newest first: what this document says, and what we knew before.

    An entry without a date tells nothing; a date in the future counts as now.
    """
    claimed = {min(entry.published, now) for entry in entries if entry.published}
    if not claimed:
        return before
    return tuple(sorted(claimed | set(before), reverse=True)[:ARRIVALS_KEPT])


def with_ours(appeared: tuple[datetime, ...], seen: Iterable[Seen], now: datetime) -> tuple[datetime, ...]:
    """The same, after a poll that brought something new: what has no dates appeared when we first saw it, now."""
    if any(one.entry.published for one in seen):
        return appeared
    return (now, *appeared)[:ARRIVALS_KEPT]
