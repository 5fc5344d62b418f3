"""A web server on 127.0.0.1 that says exactly what a test tells it to, and remembers all that it was asked.

    with Origin() as origin:
        origin.feed("/a.xml", body, etag='"1"')                    # 200, and 304 to whoever has it already
        origin.redirect("/old.xml", "/a.xml", 301)
        origin.answer("/busy.xml", Answer(503), Answer(200, b"…"))  # one after the other; the last one stays
        origin.raw("/cut.xml", b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\n<rss")  # any bytes, then the end
        origin.script("/odd.xml", lambda asked: Answer(200, asked.header("Accept").encode()))
        …
        assert origin.count("/a.xml") == 2
        assert origin.requests[-1].header("If-None-Match") == '"1"'

It runs in a thread of its own, so synchronous and asynchronous tests use it alike. A path that nobody scripted is
404. A route is found by the whole target, then by the part before `?`. Every request is logged before it is answered.
"""

import asyncio
import gzip
import itertools
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Literal

Header = tuple[str, str | bytes]
End = Literal["close", "reset", "hang"]
FOREVER = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came in.

    path     the whole request target, query included
    headers  names and values as bytes, in their order
    at       `time.monotonic()`
    """

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""
    at: float = field(default_factory=time.monotonic)

    def raw(self, name: str) -> bytes | None:
        """The first header of this name, as its bytes."""
        wanted = name.lower().encode()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def header(self, name: str) -> str | None:
        """The first header of this name, as text (latin-1)."""
        value = self.raw(name)
        return None if value is None else value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer; Content-Length is added, and the connection kept open."""

    status: int = 200
    body: bytes = b""
    headers: Sequence[Header] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes, written piece by piece as they are, and how the connection ends after them.

    pause  seconds before every piece but the first
    """

    pieces: Iterable[bytes]
    pause: float = 0.0
    end: End = "close"


Reply = Answer | Raw
Script = Callable[[Asked], Reply]


class Origin:
    """The server. `requests` is its log, in the order of arrival.

    tls   a server-side context makes it speak https
    mute  accept connections and never say a word
    host  the address of loopback that it listens at
    port  0 is any that is free
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, mute: bool = False, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.host = host
        self.requests: list[Asked] = []
        self.connections = 0
        self.port = port
        self._tls = tls
        self._mute = mute
        self._routes: dict[str, Script] = {}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="origin", daemon=True)

    def __enter__(self) -> "Origin":
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the origin did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def url(self, path: str = "/", *, host: str = "") -> str:
        """The address of a path here."""
        return f"{'https' if self._tls else 'http'}://{host or self.host}:{self.port}{path}"

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.path == path for asked in self.requests)

    # -- what to say -----------------------------------------------------------------------------------------------

    def script(self, path: str, script: Script) -> None:
        """Ask a function for every answer."""
        self._routes[path] = script

    def answer(self, path: str, *replies: Reply) -> None:
        """Give these answers one after the other; the last one for ever."""
        rest = itertools.chain(replies, itertools.repeat(replies[-1]))
        self._routes[path] = lambda _: next(rest)

    def raw(self, path: str, *pieces: bytes, pause: float = 0.0, end: End = "close") -> None:
        """Write these bytes and end the connection; nothing is added."""
        self.answer(path, Raw(pieces, pause, end))

    def redirect(self, path: str, location: str | bytes, status: int = 302, *, body: bytes = b"") -> None:
        """Send whoever asks to another place."""
        self.answer(path, Answer(status, body, [("Location", location)]))

    def feed(
        self,
        path: str,
        body: bytes,
        *,
        etag: str | bytes | None = None,
        last_modified: str | bytes | None = None,
        content_type: str | None = "application/rss+xml",
        headers: Sequence[Header] = (),
        compress: bool = False,
    ) -> None:
        """A document with validators: 304 to a request that carries them (RFC 9110 §13.2.2), otherwise 200."""
        known: list[Header] = [*headers]
        known += [("ETag", etag)] if etag is not None else []
        known += [("Last-Modified", last_modified)] if last_modified is not None else []
        whole: list[Header] = [*known]
        whole += [("Content-Type", content_type)] if content_type else []
        whole += [("Content-Encoding", "gzip")] if compress else []
        wire = gzip.compress(body) if compress else body

        def reply(asked: Asked) -> Answer:
            return Answer(304, b"", known) if _has_it(asked, etag, last_modified) else Answer(200, wire, whole)

        self._routes[path] = reply

    # -- how it is said --------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await asyncio.start_server(
            self._connection, self.host, self.port, ssl=self._tls, backlog=1024, limit=1 << 20
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self._mute:
                await asyncio.sleep(FOREVER)
            while await self._exchange(reader, writer):
                pass
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the other side went away or spoke no HTTP, or the test is over
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection is still open afterwards."""
        asked = await _read(reader)
        self.requests.append(asked)
        script = self._routes.get(asked.path) or self._routes.get(asked.path.partition("?")[0])
        reply = script(asked) if script else Answer(404, b"no such path")
        if isinstance(reply, Answer):
            writer.write(_written(reply, asked.method))
            await writer.drain()
            return True
        await _write_raw(writer, reply)
        return False


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ", 2)
    pairs = [line.split(b":", 1) for line in lines]
    headers = tuple((name, value.removeprefix(b" ")) for name, value in pairs)
    asked = Asked(method=method, path=target, headers=headers)
    length = int(asked.raw("Content-Length") or 0)
    return Asked(method=method, path=target, headers=headers, body=await reader.readexactly(length))


def _written(answer: Answer, method: str) -> bytes:
    reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Something"
    lines = [f"HTTP/1.1 {answer.status} {reason}".encode()]
    lines += [name.encode("latin-1") + b": " + _bytes(value) for name, value in answer.headers]
    bodiless = answer.status in (204, 304) or answer.status < 200
    if not bodiless and not any(name.lower() == "content-length" for name, _ in answer.headers):
        lines.append(b"Content-Length: %d" % len(answer.body))
    return b"\r\n".join((*lines, b"", b"" if bodiless or method == "HEAD" else answer.body))


async def _write_raw(writer: asyncio.StreamWriter, raw: Raw) -> None:
    for index, piece in enumerate(raw.pieces):
        if index and raw.pause:
            await asyncio.sleep(raw.pause)
        writer.write(piece)
        await writer.drain()
    if raw.end == "hang":
        await asyncio.sleep(FOREVER)
    if raw.end == "reset":
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def _has_it(asked: Asked, etag: str | bytes | None, last_modified: str | bytes | None) -> bool:
    wanted = asked.raw("If-None-Match")
    if wanted is not None:
        return etag is not None and wanted == _bytes(etag)
    since = asked.raw("If-Modified-Since")
    return since is not None and last_modified is not None and since == _bytes(last_modified)


def _bytes(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value
