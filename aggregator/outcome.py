"""How one fetch of one source ended: `Updated`, `Unchanged` or `Failed`, and every `Reason` there is to fail.

Expected failures travel as these values, never as exceptions, from the pipeline to the store. A reason is what the
status page shows and what a metric is labelled with, so the set is closed, and each tells the operator what to do.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feeds.fingerprint import Fingerprint
from feeds.model import Feed


class Reason(StrEnum):
    """Why a fetch failed."""

    ADDRESS = "address"
    BLOCKED_ADDRESS = "blocked_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    REDIRECT = "redirect"
    MISSING = "missing"
    GONE = "gone"
    DENIED = "denied"
    CHALLENGE = "challenge"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    STATUS = "status"
    UNEXPECTED_304 = "unexpected_304"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    EMPTY = "empty"
    NOT_A_FEED = "not_a_feed"
    UNREADABLE = "unreadable"
    PARSER_DIED = "parser_died"
    FILE = "file"
    BUG = "bug"

    @property
    def advice(self) -> str:
        """One sentence for the operator: what it means, and what to do."""
        return _ADVICE[self]


_ADVICE = {
    Reason.ADDRESS: "The address cannot be used as it is written; correct it in config.yaml.",
    Reason.BLOCKED_ADDRESS: (
        "The address leads to a private network, where we do not go; if it is yours, set `allow_private: true`."
    ),
    Reason.DNS: (
        "The host name is not known. Check its spelling; if the site is gone, remove the source from config.yaml."
    ),
    Reason.CONNECT: (
        "The host did not accept the connection; it may be down. We keep trying. If days pass, see whether it"
        " has moved."
    ),
    Reason.TLS: (
        "The host's certificate is wrong or expired. Tell the publisher, or look for another address of the feed."
    ),
    Reason.TIMEOUT: (
        "No complete answer within `fetch.deadline`: the host is slow or overloaded. We keep trying; nothing to do yet."
    ),
    Reason.PROTOCOL: (
        "The answer is not valid HTTP. Open the address in a browser: if it fails there too, tell the publisher."
    ),
    Reason.REDIRECT: (
        "It redirects in a circle, too often, or to where we do not follow. Look up the feed's new address on its site."
    ),
    Reason.MISSING: (
        "Nothing at this address (404). Look up the feed's new address on its site, and put it into config.yaml."
    ),
    Reason.GONE: (
        "The publisher says that this feed has ended (410, or `expired`). Its stories stay; remove it from config.yaml."
    ),
    Reason.DENIED: (
        "The publisher refuses us (401, 403, 406, 451). It may want credentials in `headers`; else ask the publisher."
    ),
    Reason.CHALLENGE: (
        "A check for robots stands before the feed. Ask the publisher to let feed readers through, or find "
        "another address."
    ),
    Reason.RATE_LIMITED: (
        "The host asks us to wait (429 or 503 with Retry-After), and we do. If it happens often, set a longer `every`."
    ),
    Reason.SERVER_ERROR: (
        "The host reports an error of its own (5xx). We keep trying, less and less often; if days pass, tell "
        "the publisher."
    ),
    Reason.STATUS: (
        "The answer has an HTTP status that no feed should have. Open the address in a browser to see what is there."
    ),
    Reason.UNEXPECTED_304: (
        "The host says 'unchanged' to a question that we did not ask. That is a fault of its server: tell the"
        " publisher."
    ),
    Reason.TRUNCATED: (
        "The document ends before it is complete, so nothing of it was used. We try again; if days pass, tell"
        " the publisher."
    ),
    Reason.TOO_LARGE: (
        "The document is larger than `fetch.max_body`, so it was not read. If you trust the source, raise that."
    ),
    Reason.ENCODING: (
        "The answer is compressed in a way that is broken, or that we did not ask for. Tell the publisher."
    ),
    Reason.EMPTY: (
        "The answer is empty; what is stored was not touched. Open the address in a browser: the feed may have moved."
    ),
    Reason.NOT_A_FEED: (
        "The address answers with something else than a feed. `aggregator parse ADDRESS` names the feeds of a page."
    ),
    Reason.UNREADABLE: (
        "The document looks like a feed, but cannot be read. `aggregator parse ADDRESS` says where; tell the publisher."
    ),
    Reason.PARSER_DIED: (
        "Reading it cost too much. After three times it is tried once a day; `ingest --source ADDRESS "
        "--force` tries it now."
    ),
    Reason.FILE: "The file cannot be read. Check that it exists, and that the program may read it.",
    Reason.BUG: "We made a mistake: the log has the details, please report them. The source is tried again in an hour.",
}


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
    fingerprints  of the same entries, as the process that read them made them
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
    fingerprints: tuple[Fingerprint, ...] = ()
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
