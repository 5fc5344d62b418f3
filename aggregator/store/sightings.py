"""What each source carried: one row a source and guid, with the text it had when we last saw it.

Saving knows nothing of stories: a new or changed sighting is marked `pending`, and the merge takes it from there. What
a document no longer lists stays; what an older copy of a document says never replaces something newer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update
from xxhash import xxh3_128_digest

from aggregator.store.polls import ARRIVALS_KEPT, Counts
from aggregator.store.schema import sightings, sources
from feeds.fingerprint import Fingerprint
from feeds.model import Entry

REVISIONS_KEPT = 24  # a text that changes oftener is churning, and is left as it was (reader's limit, too)
ASKED_AT_ONCE = 500  # bound parameters in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An entry as a document carried it.

    original           as it was before cleaning, packed; None where that was not kept
    unresolved_images  how many of its images show nothing
    """

    entry: Entry
    fingerprint: Fingerprint
    original: bytes | None = None
    unresolved_images: int = 0


def save(connection: Connection, source_id: int, seen: Sequence[Seen], now: datetime) -> Counts:
    """Store what is new or changed among the entries of one document of a source."""
    shared = shared_guids(one.entry for one in seen)
    known = _known(
        connection, source_id, {key for one in seen for key in (_key(one.entry.guid), _key(narrow(one.entry)))}
    )
    unique: dict[str, Seen] = {}
    for one in seen:
        unique.setdefault(_identity(one.entry, shared, known), one)
    new = [_new_row(source_id, guid, one, now) for guid, one in unique.items() if _key(guid) not in known]
    changed = [
        row
        for guid, one in unique.items()
        if (before := known.get(_key(guid))) is not None and (row := _changed_row(before, one, now)) is not None
    ]
    if new:
        connection.execute(insert(sightings), new)
    if changed:
        connection.execute(_CHANGE, changed)
    return Counts(entries=len(seen), added=len(new), changed=len(changed))


def shared_guids(entries: Iterable[Entry]) -> frozenset[str]:
    """The guids that different entries of one document share, so that they do not identify anything in it."""
    first: dict[str, str] = {}
    return frozenset(entry.guid for entry in entries if first.setdefault(entry.guid, narrow(entry)) != narrow(entry))


def narrow(entry: Entry) -> str:
    """What identifies an entry whose guid it shares with others: guid, address and title together."""
    return f"{entry.guid}\n{entry.url or ''}\n{entry.title}"


def _identity(entry: Entry, shared: frozenset[str], known: Mapping[bytes, "_Known"]) -> str:
    """The guid, or the narrow one where the guid does not tell entries apart.

    An entry that was stored under either stays there, so that nothing is stored again when the entry that it shared its
    guid with comes or goes.
    """
    if _key(narrow(entry)) in known:
        return narrow(entry)
    stored = known.get(_key(entry.guid))
    if entry.guid in shared and (stored is None or (stored.url, stored.title) != (entry.url, entry.title)):
        return narrow(entry)
    return entry.guid


def _key(guid: str) -> bytes:
    """The key of a guid within its source: a guid may be of any length, an index entry may not."""
    return sha256(guid.encode()).digest()


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    digest: bytes
    text_digest: bytes
    updated: datetime | None
    revisions: int
    revised: datetime
    expired_at: datetime | None
    url: str | None
    title: str


def _known(connection: Connection, source_id: int, keys: Iterable[bytes]) -> dict[bytes, _Known]:
    c = sightings.c
    columns = (
        c.guid_key,
        c.id,
        c.digest,
        c.text_digest,
        c.updated,
        c.revisions,
        c.revised,
        c.expired_at,
        c.url,
        c.title,
    )
    found: dict[bytes, _Known] = {}
    for some in _chunks(keys):
        rows = connection.execute(select(*columns).where(c.source_id == source_id, c.guid_key.in_(some)))
        found |= {key: _Known(*rest) for key, *rest in rows}
    return found


def _chunks(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(keys)
    while some := list(islice(rest, ASKED_AT_ONCE)):
        yield some


def _new_row(source_id: int, guid: str, one: Seen, now: datetime) -> dict[str, object]:
    return {
        "source_id": source_id,
        "guid_key": _key(guid),
        "guid": guid,
        "first_seen_at": now,
        "revised": min(one.entry.updated or one.entry.published or now, now).replace(microsecond=0),
        **_content(one),
    }


def _changed_row(known: _Known, one: Seen, now: datetime) -> dict[str, object] | None:
    """What to write over a known sighting; None if it is the same, older, expired, or has churned enough."""
    content = _content(one)
    if content["digest"] == known.digest or known.expired_at or known.revisions >= REVISIONS_KEPT:
        return None
    if one.entry.updated and known.updated and one.entry.updated < known.updated:
        return None
    revised = now.replace(microsecond=0) if content["text_digest"] != known.text_digest else known.revised
    return {"row": known.id, "revised": revised, "revisions": known.revisions + 1, "pending": 1, **content}


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
        "digest": xxh3_128_digest(msgspec.msgpack.encode(entry)),
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
        "unresolved_images": one.unresolved_images,
    }


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
    return tuple(sorted(claimed | set(before), reverse=True)[:ARRIVALS_KEPT])
