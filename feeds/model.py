"""The values that travel: a `Feed` and its entries, the same type for what we read and for what we publish.

Parsed sources and published categories differ only in which fields are filled. Everything is frozen; a step that
changes something makes a new value with `dataclasses.replace`. Instants are aware and UTC. Text that is HTML says
so in its name or here; every other `str` is plain text, never markup.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wrote something. At least one field is set."""

    name: str | None = None
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A media file attached to an entry (RSS `enclosure`, Atom `link rel=enclosure`, JSON Feed attachment)."""

    url: str
    type: str | None = None
    length: int | None = None  # bytes, 0 … 2^63 - 1
    duration: float | None = None  # seconds, more than 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a published entry came from, or was also seen (RFC 4287 §4.2.11, RSS `source`).

    title   the source's name for people
    url     the address of its feed; None where it has no public one (a `file:` source)
    link    a page for people: the source's home page, or in `Entry.via` the entry's page at that source
    """

    title: str
    url: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed.

    guid        identity: the source's own when parsed, `urn:uuid:…` when published; never empty
    title       plain text, one line; may be "" until cleaned, never afterwards
    html        the fullest text as HTML; "" if the source gave none
    summary     a shorter text as HTML, if the source gave one beside `html`; else ""
    image       the thumbnail's address
    published   what the source claims, else when it says that the entry changed; None if it claims nothing readable
    categories  published feeds only: paths from config.yaml, such as (("新媒体", "ZAKER"),)
    source      published feeds only: where the shown text came from
    via         published feeds only: the other places that carried the same story
    """

    guid: str
    title: str = ""
    url: str | None = None
    html: str = ""
    summary: str = ""
    authors: tuple[Person, ...] = ()
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None
    language: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[tuple[str, ...], ...] = ()
    source: Source | None = None
    via: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What a document says about when to come back for more. Nonsense has been left out by the parser.

    interval    the longest of RSS `ttl` and `sy:updatePeriod / sy:updateFrequency`
    skip_hours  hours of the day, 0 … 23, GMT; never all 24
    skip_days   days of the week, 0 is Monday; never all 7
    ended       nothing more will come (JSON Feed `expired`)
    """

    interval: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Where a published feed's older entries are (RFC 5005 §4). Addresses of documents in the same format.

    previous   the archive before this document; None if it has all there is
    following  the archive after this one, if this is one and the next is full
    current    what to subscribe to, if this document is an archive
    """

    previous: str | None = None
    following: str | None = None
    current: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A document with entries.

    url       the feed's own address (`rel=self`), as the document claims when parsed
    link      the page for people that the feed belongs to
    image     a logo or icon
    updated   when the feed last changed; None if unknown
    entries   in the document's order when parsed, newest first when published
    hubs      WebSub hubs that the document names
    history   published feeds only
    problems  one sentence for each thing that was wrong and worked around, or each entry that had to be left out
    """

    title: str = ""
    url: str | None = None
    link: str | None = None
    description: str = ""
    language: str | None = None
    image: str | None = None
    updated: datetime | None = None
    entries: tuple[Entry, ...] = ()
    rhythm: Rhythm = Rhythm()
    hubs: tuple[str, ...] = ()
    history: History = History()
    problems: tuple[str, ...] = ()
