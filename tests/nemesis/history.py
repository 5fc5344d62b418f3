"""What was seen of one run: by the origin, in the database, in the published feeds, of the processes. Values alone.

Instants are seconds of one monotonic clock. A *guid* is what a source calls an item; a *token* stands in its title, and
is the same in the feeds of two sources that carry the same item. Texts carry their version: an edit makes it one more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One answer of the origin.

    source    the address of the source that was asked for
    items     what the body says of each guid: its version; empty where there was no document
    complete  whether all of the document was sent, with a status that allows to use it
    sent      the ETag that the request carried
    redirected  the second request of a poll, to where the first was sent
    """

    at: float
    source: str
    kind: str
    etag: bytes | None = None
    digest: bytes | None = None
    items: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False
    sent: bytes | None = None
    redirected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the database holds of a source to ask with: its ETag, and the digest of its last body."""

    etag: bytes | None
    digest: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One row of an item: the version of its text, and the story that it is in."""

    source: str
    guid: str
    version: int
    story: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The database in one consistent view."""

    at: float
    sources: Mapping[str, Held]
    rows: tuple[Stored, ...]
    stories: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One entry of a published feed. `published` is its place, as text that sorts."""

    id: str
    token: str
    published: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One answer of our server. `limit`: as many entries as it may have."""

    at: float
    feed: str
    status: int
    entries: tuple[Shown, ...] = ()
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something that was done to the run, or that a process did by itself."""

    at: float
    what: str
    whom: str = ""


@dataclass(slots=True, kw_only=True)
class History:
    """All of it, each kind in the order of time.

    floor   seconds that must lie between two polls of one source
    unwell  what processes did that they must not: ended by themselves, or too late
    """

    floor: float
    served: list[Served] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    unwell: list[str] = field(default_factory=list)
