"""What makes a poll cost as much as is new: items whose bytes were read before are cut out before feedparser sees them.

A *memory* is what a reading leaves for the next one: for each item of the document a digest of its bytes, and one of
its guid. The digests are salted with everything around the items that entries inherit from (base, language, authors,
namespaces) and with how we read, so that a change there makes all items new.

Cutting must never be seen in what is stored. So nothing is remembered of a document that was not read without fault,
nor of one whose items share guids; and a cut reading counts only if it was faultless too and none of its entries has
the guid of one that was cut out. Else the whole document is read (`parse.read_new`).
"""

import re
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from xxhash import xxh3_64_intdigest

from feeds.model import Entry
from feeds.parse.items import item_spans
from feeds.regex import regex

READING = 2  # to be raised when entries come out otherwise than before, so that items are read again
MAX_AROUND = 64 * 1024  # characters before and after the items; the real feeds seen have 200 to 6,000
PART = 2**20  # characters of items that are parsed at once: feedparser makes six copies of what it gets

_RECORD = struct.Struct("<QQ")  # digest of an item's bytes, digest of its guid
# Around the items, this changes with every poll and no entry inherits it: dates of the feed, the list of items of
# RSS 1.0, and comments such as "generated in 0.4 seconds".
_VOLATILE = regex(
    r"<!--.*?-->"
    r"|<((?:\w+:)?(?:lastBuildDate|pubDate|updated|modified|date|items))\b[^<>]*>.*?</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the items of a document are: `spans` of (start, end), and a salted digest of each."""

    text: str
    spans: Sequence[tuple[int, int]]
    digests: tuple[int, ...]

    def only(self, numbers: Iterable[int]) -> str:
        """The document with no other items than these."""
        items = (self.text[start:end] for start, end in (self.spans[number] for number in numbers))
        return "".join((self.text[: self.spans[0][0]], *items, self.text[self.spans[-1][1] :]))

    def parts(self, numbers: Sequence[int]) -> Iterator[str]:
        """The document with no other items than these, as one document or, where it is long, several."""
        if len(numbers) == len(self.spans) and len(self.text) <= PART:
            yield self.text
            return
        part: list[int] = []
        size = 0
        for number in numbers:
            start, end = self.spans[number]
            if part and size + end - start > PART:
                yield self.only(part)
                part, size = [], 0
            part.append(number)
            size += end - start
        yield self.only(part)


def layout_of(text: str, *, context: str) -> Layout | None:
    """The items of an RSS or Atom document; None where they cannot be told for certain, or there are none.

    context  whatever else decides how an entry comes out: the document's address, the user's rules
    """
    spans = item_spans(text)
    if not spans:
        return None
    around = (text[: spans[0][0]], text[spans[-1][1] :])
    if len(around[0]) + len(around[1]) > MAX_AROUND:
        return None
    salt = xxh3_64_intdigest("\0".join((str(READING), context, *(_VOLATILE.sub("", part) for part in around))).encode())
    return Layout(
        text=text,
        spans=spans,
        digests=tuple(xxh3_64_intdigest(text[start:end].encode(), salt) for start, end in spans),
    )


def unread(layout: Layout, memory: bytes) -> tuple[list[int], set[int]]:
    """Which items were not in the last reading, by number, and the guids of those that were, as digests."""
    known: dict[int, int] = dict(_RECORD.iter_unpack(memory))
    new = [number for number, digest in enumerate(layout.digests) if digest not in known]
    return new, {known[digest] for digest in layout.digests if digest in known}


def guid_digests(layout: Layout, numbers: Sequence[int], entries: Sequence[Entry]) -> tuple[int, ...] | None:
    """What a memory keeps of the guids of these entries, which the items with these numbers gave.

    None where there are not as many, or different items share a guid: what becomes of one then depends on the others.
    """
    if len(entries) != len(numbers):
        return None
    guids = tuple(guid_digest(entry.guid) for entry in entries)
    return guids if len(set(guids)) == len({layout.digests[number] for number in numbers}) else None


def guid_digest(guid: str) -> int:
    """What a memory keeps of a guid."""
    return xxh3_64_intdigest(guid.encode())


def guids_in(memory: bytes) -> frozenset[int]:
    """The guids, as digests, of all items that a memory knows."""
    return frozenset(guid for _, guid in _RECORD.iter_unpack(memory))


def without(memory: bytes, guids: Collection[int]) -> bytes:
    """A memory that does not know the items with these guids (as digests), so that they are read again."""
    return b"".join(_RECORD.pack(*record) for record in _RECORD.iter_unpack(memory) if record[1] not in guids)


def remember(layout: Layout, numbers: Iterable[int], guids: Iterable[int], before: bytes = b"") -> bytes:
    """The memory of a reading that gave entries with these guids (as digests) for the items with these numbers.

    before  the memory that told which items need not be read; what is no longer in the document is forgotten
    """
    known: dict[int, int] = dict(_RECORD.iter_unpack(before))
    known |= {layout.digests[number]: guid for number, guid in zip(numbers, guids, strict=True)}
    return b"".join(_RECORD.pack(digest, known[digest]) for digest in dict.fromkeys(layout.digests))
