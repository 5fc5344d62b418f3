"""The process that reads documents: imports `feeds` alone, holds no credentials, and may be killed at any time.

Started by `ingest.parser` as `python -m aggregator.ingest.child`; takes documents on standard input and gives
answers on standard output, one after the other, each a MessagePack message behind its length. MessagePack and not
pickle, so that a parser taken over by a hostile document cannot run code in the process that trusts it.
"""

import resource
import struct
import sys
import zlib
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

import msgspec

from aggregator.ingest import sandbox
from feeds import clean, errors
from feeds.clean.rules import Rules
from feeds.findings import Findings, find_out
from feeds.kinds import KINDS
from feeds.model import Entry, Feed
from feeds.terms import Terms, terms_of

LENGTH = struct.Struct(">Q")  # what precedes every message
CPU_SECONDS = 10  # for one document
# Of data, the interpreter and its libraries included. 2,000 entries of 7 KB take 106 MiB, with an emoji in each 207.
MEMORY_BYTES = 256 * 2**20
MAX_PROBLEMS = 20


class Document(msgspec.Struct, frozen=True, kw_only=True, tag="document"):
    """A document to read: the decoded body, what its origin said it is, where it came from, and the source's rules.

    now     when it is read, for rules by age; not among what `memory` depends on: what was read stays read, what was
            kept stays kept
    kind    how it is to be read (`feeds.kinds.KINDS`), with the source's options for that
    memory  what the last reading of this source left (`feeds.parse.Reading`): entries that it knows are not given again
    """

    body: bytes
    content_type: str | None
    url: str
    rules: Rules
    now: datetime | None = None
    kind: str = "feed"
    options: dict[str, str] = {}
    memory: bytes = b""


class Originals(msgspec.Struct, frozen=True, tag="originals"):
    """Entries as they were parsed, packed, to be cleaned again by a cleaner that may have become better."""

    packed: tuple[bytes, ...]


class Texts(msgspec.Struct, frozen=True, tag="texts"):
    """Texts that are to be found in a search: their titles, and their HTML."""

    texts: tuple[tuple[str, str], ...]


class Original(msgspec.Struct, frozen=True, array_like=True):
    """What cleaning started from: an entry as its source wrote it, and the address that its links are relative to."""

    entry: Entry
    base: str

    def pack(self) -> bytes:
        """Small enough to keep: a third of its size for an entry of 2 KB, in 0.03 ms."""
        return zlib.compress(msgspec.msgpack.encode(self), 1)

    @classmethod
    def unpack(cls, packed: bytes) -> "Original":
        """The reverse of `pack`."""
        return msgspec.msgpack.decode(zlib.decompress(packed), type=cls)


class Read(msgspec.Struct, frozen=True, tag="read"):
    """The document was read and cleaned.

    feed          with those of its entries that are new since the last reading, and that the rules keep
    originals     the same entries before they were cleaned, packed
    findings      about the same entries, cleaned: here, so that what it costs is limited and on many cores
    carried       how many entries the document has
    memory        for the next reading
    """

    feed: Feed
    originals: tuple[bytes, ...]
    findings: tuple[Findings, ...]
    carried: int
    memory: bytes = b""


class Recleaned(msgspec.Struct, frozen=True, tag="recleaned"):
    """The entries of `Originals`, in order; None for one that could not be cleaned."""

    entries: tuple[Entry | None, ...]


class Indexed(msgspec.Struct, frozen=True, tag="indexed"):
    """What `Texts` are found by, in order."""

    terms: tuple[Terms, ...]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The document cannot be read: the name of the FeedError, and what it says."""

    error: str
    detail: str


Question = Document | Originals | Texts
Answer = Read | Recleaned | Indexed | Refused


def answer(question: Question) -> Answer:
    """Do what is asked."""
    match question:
        case Document():
            return read(question)
        case Originals():
            return reclean(question)
        case Texts():
            return Indexed(tuple(terms_of(title, html) for title, html in question.texts))


def read(document: Document) -> Read | Refused:
    """Parse and clean one document."""
    try:
        reading = KINDS[document.kind].read(
            document.body,
            content_type=document.content_type,
            url=document.url,
            options=document.options,
            memory=document.memory,
            context=repr(document.rules),
        )
        base = reading.feed.link or document.url
        feed, kept = clean.clean_keeping(reading.feed, base=base, rules=document.rules, now=document.now)
        faultless = len(feed.problems) == len(reading.feed.problems)
        if not faultless and document.memory:  # nothing is remembered of it, so all of it must be told
            return read(msgspec.structs.replace(document, memory=b""))
        originals = tuple(Original(entry, base).pack() for entry in kept)
        feed = replace(feed, problems=_first(feed.problems))
        findings = tuple(find_out(entry, site=feed.title) for entry in feed.entries)
        return Read(feed, originals, findings, reading.carried, reading.memory if faultless else b"")
    except errors.FeedError as error:
        return Refused(type(error).__name__, str(error))


def _first(problems: tuple[str, ...]) -> tuple[str, ...]:
    """As many as anybody would look at: each entry of a document may have one."""
    more = len(problems) - MAX_PROBLEMS
    return problems if more <= 0 else (*problems[:MAX_PROBLEMS], f"and {more} more")


def reclean(originals: Originals) -> Recleaned:
    """Clean entries again. No rules apply: what they kept once stays kept."""
    return Recleaned(tuple(_recleaned(Original.unpack(packed)) for packed in originals.packed))


def _recleaned(original: Original) -> Entry | None:
    feed = clean.clean(Feed(entries=(original.entry,)), base=original.base, rules=Rules())
    return feed.entries[0] if feed.entries else None


def send(stream: BinaryIO, message: msgspec.Struct) -> None:
    """Write one message."""
    packed = msgspec.msgpack.encode(message)
    stream.write(LENGTH.pack(len(packed)))
    stream.write(packed)
    stream.flush()


def main() -> None:
    """Answer documents until standard input ends."""
    import feeds.parse.syndication  # noqa: F401 - before the sandbox closes and the first document is on the clock

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    sandbox.enter()
    decoder = msgspec.msgpack.Decoder(Question)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up between two answers
    while header := source.read(LENGTH.size):
        _allow_cpu(CPU_SECONDS)
        send(sink, answer(decoder.decode(source.read(LENGTH.unpack(header)[0]))))


def _allow_cpu(seconds: int) -> None:
    """The kernel kills this process when it uses more from now on."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


if __name__ == "__main__":
    main()
