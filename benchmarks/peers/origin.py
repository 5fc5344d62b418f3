"""The publishers that all contenders read: made feeds from memory, on a hundred hosts of 127.0.1.0/24.

A hundred, so that nobody who asks one host one thing at a time waits for that. It runs in a process of its own, answers
each request with bytes that were made before, and counts what it was asked.
"""

import asyncio
import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Literal

from benchmarks.documents import ITEMS, document

Mode = Literal["full", "304", "same", "new"]
MODES: tuple[Mode, ...] = ("full", "304", "same", "new")  # the order in which they are run
HOSTS = tuple(f"127.0.1.{number}" for number in range(1, 101))


class Publishers:
    """`with Publishers(feeds) as publishers: publishers.answer("304") … publishers.asked()`.

    full  every feed with ETag and Last-Modified
    304   the same; whoever says that he has it is answered 304
    same  the same bytes, without validators, always in full
    new   each feed with one more item, and with validators again
    """

    def __init__(self, feeds: int) -> None:
        self._feeds = feeds
        self._here, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=serve, args=(there, feeds), daemon=True)

    def __enter__(self) -> "Publishers":
        self._process.start()
        self._port: int = self._here.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here.close()
        self._process.join()

    def addresses(self) -> list[str]:
        """Of all feeds."""
        return [f"http://{HOSTS[number % len(HOSTS)]}:{self._port}/{number}.xml" for number in range(self._feeds)]

    def answer(self, mode: Mode) -> None:
        """Answer so from now on."""
        self._here.send(mode)
        self._here.recv()

    def asked(self) -> dict[int, int]:
        """How often each status was given since the last time that this was asked."""
        self._here.send(None)
        answer: dict[int, int] = self._here.recv()
        return answer


class Shelf:
    """What is answered now, for each path: everything, and the 304 with the ETag that earns it."""

    def __init__(self, feeds: int) -> None:
        self._feeds = feeds
        self._first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ITEMS + 2)
        self._newest = 0
        self._bodies: list[bytes] = []
        self.whole: dict[bytes, bytes] = {}
        self.short: dict[bytes, tuple[bytes, bytes]] = {}
        self.given: Counter[int] = Counter()

    def fill(self, mode: Mode) -> None:
        newest = ITEMS + (mode == "new")
        if newest != self._newest:
            self._bodies = [document(number, newest, self._first) for number in range(self._feeds)]
            self._newest = newest
        for number, body in enumerate(self._bodies):
            path, etag = b"/%d.xml" % number, b'"%d-%d"' % (number, newest)
            modified = format_datetime(self._first + timedelta(hours=newest), usegmt=True).encode()
            validators = b"" if mode == "same" else b"ETag: %b\r\nLast-Modified: %b\r\n" % (etag, modified)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\n%bContent-Length: %d\r\n\r\n"
            self.whole[path] = head % (validators, len(body)) + body
            self.short[path] = (b"" if mode == "same" else etag), b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % validators

    def answer(self, request: bytes) -> bytes:
        path = request[4 : request.index(b" ", 4)]
        etag, short = self.short[path]
        known = etag and etag in request
        self.given[304 if known else 200] += 1
        return short if known else self.whole[path]


class Answering(asyncio.Protocol):
    """One connection: a GET in, an answer out, until the other end closes it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            request, self._read = self._read[:end], self._read[end + 4 :]
            self._transport.write(self._shelf.answer(request))


def serve(pipe: Connection, feeds: int) -> None:
    """The process: tell the port, then do what the pipe says until it ends."""
    asyncio.run(_serve(pipe, feeds))


async def _serve(pipe: Connection, feeds: int) -> None:
    shelf, over = Shelf(feeds), asyncio.Event()
    loop = asyncio.get_running_loop()
    first = await loop.create_server(lambda: Answering(shelf), HOSTS[0], 0, backlog=1024)
    port = first.sockets[0].getsockname()[1]
    others = await loop.create_server(lambda: Answering(shelf), HOSTS[1:], port, backlog=1024)

    def told() -> None:
        try:
            mode: Mode | None = pipe.recv()
        except EOFError:
            over.set()
            return
        if mode is None:
            pipe.send(dict(shelf.given))
            shelf.given.clear()
        else:
            shelf.fill(mode)
            pipe.send(mode)

    loop.add_reader(pipe.fileno(), told)
    pipe.send(port)
    await over.wait()
    loop.remove_reader(pipe.fileno())
    first.close()
    others.close()
