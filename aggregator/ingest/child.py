"""The process that reads documents: imports `feeds` alone, holds no credentials, and may be killed at any time.

Started by `ingest.parser` as `python -m aggregator.ingest.child`; takes documents on standard input and gives
answers on standard output, one after the other, each a MessagePack message behind its length. MessagePack and not
pickle, so that a parser taken over by a hostile document cannot run code in the process that trusts it.
"""

import resource
import struct
import sys
from typing import BinaryIO

import msgspec

from feeds import clean, errors, parse
from feeds.clean.rules import Rules
from feeds.model import Feed

LENGTH = struct.Struct(">Q")  # what precedes every message
CPU_SECONDS = 10  # for one document
MEMORY_BYTES = 768 * 2**20  # of data, the interpreter and its libraries included


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document to read: the decoded body, what its origin said it is, where it came from, and the source's rules."""

    body: bytes
    content_type: str | None
    url: str
    rules: Rules


class Read(msgspec.Struct, frozen=True, tag="read"):
    """The document was read and cleaned."""

    feed: Feed


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The document cannot be read: the name of the FeedError, and what it says."""

    error: str
    detail: str


Answer = Read | Refused


def read(document: Document) -> Answer:
    """Parse and clean one document."""
    try:
        feed = parse.read(document.body, content_type=document.content_type, url=document.url)
        return Read(clean.clean(feed, base=feed.link or document.url, rules=document.rules))
    except errors.FeedError as error:
        return Refused(type(error).__name__, str(error))


def send(stream: BinaryIO, message: msgspec.Struct) -> None:
    """Write one message."""
    packed = msgspec.msgpack.encode(message)
    stream.write(LENGTH.pack(len(packed)))
    stream.write(packed)
    stream.flush()


def main() -> None:
    """Answer documents until standard input ends."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    decoder = msgspec.msgpack.Decoder(Document)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not end up between two answers
    while header := source.read(LENGTH.size):
        _allow_cpu(CPU_SECONDS)
        send(sink, read(decoder.decode(source.read(LENGTH.unpack(header)[0]))))


def _allow_cpu(seconds: int) -> None:
    """The kernel kills this process when it uses more from now on."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


if __name__ == "__main__":
    main()
