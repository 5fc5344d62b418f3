"""Which stored sighting an entry of a document is: by its guid, or by what else it has where guids are no good. Pure.

What is read and written is the business of `sightings`; whether sightings of different sources are one story, that of
`dedup`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256

from feeds.findings import Findings
from feeds.fingerprint import Fingerprint
from feeds.model import Entry

SAME_DATE = timedelta(days=1)  # an entry that comes back under another guid keeps its date, give or take a time zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An entry as a document carried it.

    original  as it was before cleaning, packed; None where that was not kept
    """

    entry: Entry
    findings: Findings
    original: bytes | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """What is compared of it."""
        return self.findings.fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A stored sighting, as far as a new document may change it."""

    id: int
    guid: str
    guid_key: bytes
    digest: bytes
    text_digest: bytes
    published: datetime | None
    updated: datetime | None
    revisions: int
    revised: datetime
    expired_at: datetime | None
    flood_id: int | None
    url: str | None
    title: str
    title_key: int | None
    alias_key: int | None
    link_key: int | None


def recognised(
    strangers: Mapping[bytes, Seen], likely: Collection[Known], taken: Collection[int]
) -> dict[bytes, Known]:
    """Which entries with a guid that is new are entries that their source had before, under another guid. Pure.

    | the source                     | is recognised by                                                          |
    |--------------------------------|---------------------------------------------------------------------------|
    | moved to https or another host | the same guid but for scheme, `www.`, port, last slash                    |
    | changed all its guids          | the same address, and the same title or moment; dates do not contradict   |
    | has a new guid at every poll   | the same                                                                  |
    | has no addresses               | the same title, and the same text or moment                               |
    | moved guids and addresses      | the same title and moment, and if that is a mere day the same text        |

    Each stored entry is recognised at most once, not while the document carries it under its own guid (`taken`), and
    only where no other fits as well: then nobody can say which one it is.
    """
    left = {row.id: row for row in likely if row.id not in taken}
    found: dict[bytes, Known] = {}
    for same in (_same_alias, _same_link, _same_moment):
        claims: dict[int, list[bytes]] = {}
        for key, one in strangers.items():
            fitting = [row.id for row in left.values() if same(row, one)] if key not in found else []
            if len(fitting) == 1:
                claims.setdefault(fitting[0], []).append(key)
        for row_id, keys in claims.items():
            if len(keys) == 1:
                found[keys[0]] = left.pop(row_id)
    return found


def identity(entry: Entry, shared: frozenset[str], known: Mapping[bytes, Known]) -> str:
    """The guid, or the narrow one where the guid does not tell entries apart.

    An entry that was stored under either stays there, so that nothing is stored again when the entry that it shared its
    guid with comes or goes.
    """
    if key_of(narrow(entry)) in known:
        return narrow(entry)
    stored = known.get(key_of(entry.guid))
    if entry.guid in shared and (stored is None or (stored.url, stored.title) != (entry.url, entry.title)):
        return narrow(entry)
    return entry.guid


def shared_guids(entries: Iterable[Entry]) -> frozenset[str]:
    """The guids that different entries of one document share, so that they do not identify anything in it."""
    first: dict[str, str] = {}
    return frozenset(entry.guid for entry in entries if first.setdefault(entry.guid, narrow(entry)) != narrow(entry))


def narrow(entry: Entry) -> str:
    """What identifies an entry whose guid it shares with others: guid, address and title together."""
    return f"{entry.guid}\n{entry.url or ''}\n{entry.title}"


def key_of(guid: str) -> bytes:
    """The key of a guid within its source: a guid may be of any length, an index entry may not."""
    return sha256(guid.encode()).digest()


def _same_alias(row: Known, one: Seen) -> bool:
    return row.alias_key is not None and row.alias_key == one.fingerprint.alias_key


def _same_link(row: Known, one: Seen) -> bool:
    if row.link_key is None or row.link_key != one.fingerprint.link_key:
        return False
    before, after = row.published, one.entry.published
    if before and after and abs(before - after) > SAME_DATE:
        return False
    moment = before is not None and before == after
    if one.entry.url:
        return moment or row.title_key == one.fingerprint.title_key
    return moment or row.text_digest == one.fingerprint.text_digest


def _same_moment(row: Known, one: Seen) -> bool:
    published = one.entry.published
    if row.title_key is None or row.title_key != one.fingerprint.title_key or published is None:
        return False
    return row.published == published and (published.time() != time() or row.text_digest == one.fingerprint.text_digest)
