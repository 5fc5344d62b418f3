"""One GET over one connection: aiohttp's connector opens it, its parser reads the answer, and nothing of it is added.

aiohttp's session is not used. All that it would do for us is what must not happen here: cookies, redirects, proxies
and netrc from the environment, headers of its own, header values written as UTF-8 (an ETag of obs-text would come
back as other bytes), a second request when the first one was not answered. What went wrong leaves here as FetchError.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, lru_cache, partial

from aiohttp import BaseConnector, ClientPayloadError, ClientRequest, ClientTimeout, StreamReader, TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_parser import RawResponseMessage
from yarl import URL

from aggregator.errors import FetchError
from aggregator.fetch.address import Address
from aggregator.fetch.faults import EXPECTED, LOST, fault
from aggregator.fetch.guard import Guard, Lookup, Resolver
from aggregator.fetch.hints import Headers
from aggregator.outcome import Reason

MAX_FIELD_BYTES = 64 << 10  # one header line; a validator longer than 4 KiB is dropped, but its feed is still read
MAX_HEADERS = 256
READ_BYTES = 64 << 10  # of a body that we do not want, as much as may come along with the head
KEEP_ALIVE_SECONDS = 15.0  # for the other feeds of a host; nobody is asked twice within the minute
INTERIM_ANSWERS = 8  # 1xx before the real one

_NO_TIMEOUT = ClientTimeout()  # one deadline over everything is `client`'s


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The head of an answer; its body is still to be read."""

    status: int
    headers: Headers
    stream: StreamReader

    async def read(self, feed: Callable[[bytes], None]) -> None:
        """Hand over the body as it arrives. FetchError if it ends before it is complete."""
        while not self.stream.at_eof():
            try:
                piece = await self.stream.readany()
            except EXPECTED as error:
                raise fault(error, status=self.status, in_body=True) from error
            feed(piece)


class Wire:
    """A pool of connections that one guard judges. Create and close it inside the event loop."""

    def __init__(self, guard: Guard, lookup: Lookup, *, tls: ssl.SSLContext | None = None) -> None:
        self.guard = guard
        self._connector: BaseConnector = TCPConnector(
            resolver=Resolver(guard, lookup),
            socket_factory=guard.socket_factory,
            use_dns_cache=False,  # the addresses that are judged are the ones that are used
            limit=0,  # `hosts` and the worker say how many
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
        self._tls = tls
        self._destination = lru_cache(maxsize=1024)(self._new_destination)  # making one takes a tenth of a poll
        self._reading: dict[ResponseHandler, StreamReader | None] = {}  # every open connection that was used

    async def close(self) -> None:
        """Close all connections."""
        await self._connector.close()

    @asynccontextmanager
    async def ask(self, address: Address, head: bytes) -> AsyncIterator[Answer]:
        """Send `head`, the whole request as it is, and get the answer. FetchError if there is none.

        What of the body was not read when the block ends is never read.
        """
        connection, answer = await self._asked(address, head)
        try:
            yield answer
            if answer.stream.is_eof() and answer.stream.exception() is None:
                answer.stream.read_nowait()  # or the connection would stay paused by what nobody wanted
                connection.release()
        finally:
            connection.close()

    async def _asked(self, address: Address, head: bytes) -> tuple[Connection, Answer]:
        try:
            self.guard.judge(address)
            connection, reused = await self._connect(address)
            try:
                return connection, await self._answer(connection, head)
            except LOST:
                if not reused:
                    raise
            # An idle connection that the host closed at this very moment: it has not seen the request.
            connection, _ = await self._connect(address)
            return connection, await self._answer(connection, head)
        except EXPECTED as error:
            raise fault(error) from error

    async def _connect(self, address: Address) -> tuple[Connection, bool]:
        """A connection, and whether it was used before."""
        connection = await self._connector.connect(
            self._destination(address.scheme, address.authority), [], _NO_TIMEOUT
        )
        protocol = _protocol(connection)
        reused = protocol in self._reading
        if not reused and protocol.closed is not None:
            self._reading[protocol] = None
            protocol.closed.add_done_callback(partial(self._lost, protocol))
        return connection, reused

    def _new_destination(self, scheme: str, authority: str) -> ClientRequest:
        """What tells aiohttp's connector where to connect; it is never sent."""
        tls = (self._tls or authorities()) if scheme == "https" else True
        return ClientRequest(
            "GET", URL(f"{scheme}://{authority}/", encoded=True), loop=asyncio.get_running_loop(), ssl=tls
        )

    async def _answer(self, connection: Connection, head: bytes) -> Answer:
        try:
            answer = await _exchange(_protocol(connection), head)
        except BaseException:
            connection.close()
            raise
        if connection.protocol in self._reading:
            self._reading[connection.protocol] = answer.stream
        return answer

    def _lost(self, protocol: ResponseHandler, closed: asyncio.Future[None]) -> None:
        """Wake up whoever reads a body that will not go on: aiohttp's parser tells the connection of an error in the
        middle of a body, and forgets the body."""
        if not closed.cancelled():
            closed.exception()  # seen: nobody else waits for it
        stream = self._reading.pop(protocol)
        if stream is not None and not stream.is_eof() and stream.exception() is None:
            stream.set_exception(protocol.exception() or ClientPayloadError())


def _protocol(connection: Connection) -> ResponseHandler:
    assert connection.protocol is not None  # until it is closed or released
    return connection.protocol


@cache
def authorities() -> ssl.SSLContext:
    """What secure connections are judged by: the authorities that this machine trusts, and the names of hosts."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


async def _exchange(protocol: ResponseHandler, head: bytes) -> Answer:
    protocol.set_response_params(
        read_until_eof=True,
        auto_decompress=False,
        read_bufsize=READ_BYTES,
        max_line_size=MAX_FIELD_BYTES,
        max_field_size=MAX_FIELD_BYTES,
        max_headers=MAX_HEADERS,
    )
    transport = protocol.transport
    if transport is None:
        raise ConnectionResetError("the connection was closed before it was used")
    transport.write(head)
    for _ in range(INTERIM_ANSWERS + 1):
        message, stream = await protocol.read()
        if not 100 <= message.code < 200:
            return _checked(message, stream)
        if message.code == 101:
            break
    raise FetchError(Reason.PROTOCOL, f"the host answered with status {message.code} only", status=message.code)


def _checked(message: RawResponseMessage, stream: StreamReader) -> Answer:
    """What aiohttp's parser let pass, though it is no HTTP."""
    if not 200 <= message.code <= 599:
        raise FetchError(Reason.PROTOCOL, f"{message.code} is no HTTP status", status=message.code)
    return Answer(status=message.code, headers=message.headers, stream=stream)
