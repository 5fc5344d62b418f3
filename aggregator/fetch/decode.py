"""Takes a body apart as it arrives: gzip undone by us, under a cap on both sides, and only if it is complete.

HTTP libraries return the half of a gzip body that was cut in two as if it were all, and unpack bombs to the end; so
we never let them decode. What counts is what the bytes are, not what they are called: plain XML that is labelled gzip
is plain, and a `.xml.gz` without a label is gzip.
"""

import zlib

from aggregator.errors import FetchError
from aggregator.outcome import Reason

MAGIC = b"\x1f\x8b\x08"
MAX_LAYERS = 2  # a .gz file that a server compresses once more; what goes deeper is an attack
MAX_MEMBERS = 1024  # of one gzip stream; tools that write blocks use 64 KiB of text each
_GZIP_NAMES = frozenset({"gzip", "x-gzip"})


def layers(content_encoding: str) -> int:
    """How many times a Content-Encoding says that gzip was applied. FetchError if it names anything else."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > MAX_LAYERS or not _GZIP_NAMES.issuperset(names):
        raise FetchError(Reason.ENCODING, f"the answer is encoded as {content_encoding[:80]!r}; we asked for gzip")
    return len(names)


class Decoder:
    """One body: `feed` it as it arrives, `finish` it once.

    limit  bytes: neither what arrives nor what it unpacks to may be larger

    Raises FetchError: TOO_LARGE as soon as it is, ENCODING if it cannot be unpacked, TRUNCATED if the end is missing.
    """

    def __init__(self, content_encoding: str, limit: int) -> None:
        layers(content_encoding)
        self._limit = limit
        self._plain = bytearray()
        self._start = b""
        self._gunzip: Gunzip | None = None
        self._decided = False
        self.wire_bytes = 0

    def feed(self, chunk: bytes) -> None:
        """The next piece, of any size."""
        self.wire_bytes += len(chunk)
        if self.wire_bytes > self._limit:
            raise too_large(self._limit)
        if not self._decided:
            chunk = self._start + chunk
            if len(chunk) < len(MAGIC):
                self._start = chunk
                return
            self._decide(chunk)
        self._pass(chunk)

    def finish(self) -> bytes:
        """All of the body, unpacked."""
        if not self._decided:
            if self._start and MAGIC.startswith(self._start):
                raise FetchError(Reason.TRUNCATED, "the compressed answer ends before it begins")
            return self._start
        if self._gunzip is None:
            return bytes(self._plain)
        body = self._gunzip.finish()
        if body.startswith(MAGIC):
            body = _unpacked(body, self._limit)
        if body.startswith(MAGIC):
            raise FetchError(Reason.ENCODING, f"the answer is compressed more than {MAX_LAYERS} times")
        return body

    def _decide(self, start: bytes) -> None:
        self._decided = True
        self._gunzip = Gunzip(self._limit) if start.startswith(MAGIC) else None

    def _pass(self, chunk: bytes) -> None:
        if self._gunzip is None:
            self._plain += chunk
        else:
            self._gunzip.feed(chunk)


class Gunzip:
    """One layer of gzip: its members one after the other (RFC 1952 §2.2); garbage behind the last one is ignored."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._out = bytearray()
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1
        self._rest = b""  # behind a complete member, when too little of it is there to know what it is
        self._done = False

    def feed(self, data: bytes) -> None:
        """Unpack the next piece; never more than the limit and one byte."""
        data = self._rest + data
        self._rest = b""
        while data and not self._done:
            if self._member.eof and not self._next_member(data):
                return
            self._inflate(data)
            data = self._member.unused_data

    def finish(self) -> bytes:
        """All that was unpacked, if the last member is complete."""
        if not self._member.eof:
            raise FetchError(Reason.TRUNCATED, "the compressed answer ends before it is complete")
        return bytes(self._out)

    def _next_member(self, data: bytes) -> bool:
        if len(data) < len(MAGIC) and MAGIC.startswith(data):
            self._rest = data
            return False
        self._done = not data.startswith(MAGIC)
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise FetchError(Reason.ENCODING, f"the answer is compressed in more than {MAX_MEMBERS} pieces")
        self._member = self._member if self._done else zlib.decompressobj(wbits=31)
        return not self._done

    def _inflate(self, data: bytes) -> None:
        try:
            while data:
                self._out += self._member.decompress(data, self._limit + 1 - len(self._out))
                if len(self._out) > self._limit:
                    raise too_large(self._limit)
                data = self._member.unconsumed_tail
        except zlib.error as error:
            raise FetchError(Reason.ENCODING, f"the compressed answer is damaged: {error}") from error


def too_large(limit: int) -> FetchError:
    """What is raised when a body is larger than it may be."""
    return FetchError(Reason.TOO_LARGE, f"the answer is larger than {limit:,} bytes")


def _unpacked(data: bytes, limit: int) -> bytes:
    gunzip = Gunzip(limit)
    gunzip.feed(data)
    return gunzip.finish()
