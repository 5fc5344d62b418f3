"""How one fetch of one source ended: `Updated`, `Unchanged` or `Failed`, with its `Reason`.

Expected failures travel as these values, never as exceptions, from the pipeline to the store.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.reason import Reason as Reason
from feeds.findings import Findings
from feeds.model import Feed


class Why(StrEnum):
    """Why a source is asked again when it is: what kept us longest, or what an operator could turn."""

    NEW = "new"
    RHYTHM = "rhythm"
    EVERY = "every"
    FRESH = "fresh"
    ASKED = "asked"
    UNCONDITIONAL = "unconditional"
    CEILING = "ceiling"
    SKIPPED = "skipped"
    FAILING = "failing"
    PUT_ASIDE = "put_aside"
    RETRY_AFTER = "retry_after"
    GONE = "gone"
    OFFLINE = "offline"

    @property
    def words(self) -> str:
        """The same in words, to follow on a time."""
        return _WORDS[self]


_WORDS = {
    Why.NEW: "as long as its rhythm is not known, once in `fetch.default`",
    Why.RHYTHM: "by its own rhythm",
    Why.EVERY: "as its `every` in config.yaml says",
    Why.FRESH: "its last answer says that nothing will change before then (max-age or Expires)",
    Why.ASKED: "its document asks not to be fetched more often (ttl or updatePeriod)",
    Why.UNCONDITIONAL: "it gives neither ETag nor Last-Modified, so every fetch costs its host the whole document",
    Why.CEILING: "no source is fetched less often than `fetch.ceiling`",
    Why.SKIPPED: "its document asks to be spared before (skipHours or skipDays)",
    Why.FAILING: "after each failure in a row we wait twice as long, up to `fetch.ceiling`",
    Why.PUT_ASIDE: "reading it cost too much three times in a row, so it is tried once in `fetch.ceiling`",
    Why.RETRY_AFTER: "its host asked us to wait until then",
    Why.GONE: "what is gone is looked at once a month, in case that was a mistake",
    Why.OFFLINE: "nothing could be reached from here; that is not counted against it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """ETag and Last-Modified as the bytes they came in, to be echoed exactly (RFC 9110 §8.8), and for which address."""

    url: str | None = None
    etag: bytes | None = None
    last_modified: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What is known of a source's moving.

    to      where permanent redirects led at the last success; None if they did not
    since   when they first led there; polls: how often since, in a row
    learnt  the address that is asked by now; None while it is the configured one
    """

    to: str | None = None
    since: datetime | None = None
    polls: int = 0
    learnt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What an answer says about when to return (RFC 9111 §4.2, RFC 9110 §10.2.3)."""

    fresh_for: timedelta | None = None  # max-age less Age, or Expires less Date; None if not said
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What went over the wire, for the fetch history. `status` is None where no answer came, or a file was read."""

    status: int | None = None
    wire_bytes: int = 0
    elapsed: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """The document is new to us and was read: `feed` is parsed and cleaned.

    feed          with the entries that are new since the last reading
    originals     the same entries as they were before cleaning, packed
    findings      about the same entries, from the process that read them
    carried       how many entries the document has, old ones too
    memory        what tells the next reading which entries it need not give again
    body_digest   xxh3-128 of the decoded body, so that the same bytes are never read twice
    moved_to      where permanent redirects led, all the way; None if there were none
    """

    feed: Feed
    validators: Validators
    body_digest: bytes
    exchange: Exchange
    originals: tuple[bytes, ...] = ()
    findings: tuple[Findings, ...] = ()
    carried: int = 0
    memory: bytes = b""
    hints: Hints = Hints()
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """304, or the same bytes as last time. `validators` are what to keep from now on."""

    validators: Validators
    exchange: Exchange
    hints: Hints = Hints()
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Nothing of the answer may be used; everything stored stays as it is."""

    reason: Reason
    detail: str
    exchange: Exchange
    hints: Hints = Hints()


Outcome = Updated | Unchanged | Failed
