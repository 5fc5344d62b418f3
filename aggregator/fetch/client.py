"""One conditional GET, politely: the way in for every fetch of this program.

    request ─▶ address ─▶ host's turn ─▶ guard ─▶ wire ─▶ status ─▶ body, decoded ─▶ Response
                  ▲                                          │
                  └───────────── redirect, judged ◀──────────┘

All that can go wrong with the outside world is raised as FetchError. A newcomer would look for retries: there are
none; `cadence` says when to come back.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType

from aggregator.config.settings import FetchSettings
from aggregator.errors import FetchError
from aggregator.fetch.address import Address, parse
from aggregator.fetch.decode import Decoder, too_large
from aggregator.fetch.guard import Guard, Lookup, OpenSocket, SystemLookup
from aggregator.fetch.hints import Headers, hints, received, refreshed
from aggregator.fetch.hosts import Hosts
from aggregator.fetch.question import ACCEPT, Question, ask_for
from aggregator.fetch.redirects import REDIRECTS, Trail
from aggregator.fetch.statuses import carries_feed, refused
from aggregator.fetch.wire import Answer, Wire
from aggregator.outcome import Exchange, Hints, Reason, Validators

DNS_THREADS = 32
MAX_CONTENT_TYPE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to fetch.

    validators     sent only to the address that they came from
    headers        sent only to the origin of `url`
    allow_private  whether the host and port of `url`, and no other, may be private
    accept         what is wanted, wherever redirects lead: feeds, if it is not said
    """

    url: str
    validators: Validators = Validators()
    headers: Mapping[str, str] = field(default_factory=dict)
    allow_private: bool = False
    accept: bytes = ACCEPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A usable answer.

    status      200; 226, a document with the new entries alone; 304, unchanged
    url         where it came from in the end, without user name and password
    moved_to    the same, if every redirect on the way there was permanent; None without redirects
    body        decoded and complete; b"" with 304
    validators  what to store if the body can be used
    """

    status: int
    url: str
    moved_to: str | None
    body: bytes
    content_type: str | None
    validators: Validators
    hints: Hints
    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What one request brought, as far as it was wanted: with a redirect or a 304 there is no body."""

    status: int
    headers: Headers
    body: bytes = b""
    wire_bytes: int = 0


class Client:
    """`async with Client(settings, user_agent) as client: response = await client.get(Request(url=…))`.

    lookup, open_socket, tls, clock  what it stands on; tests put in their own
    """

    def __init__(
        self,
        settings: FetchSettings,
        user_agent: str,
        *,
        lookup: Lookup | None = None,
        open_socket: OpenSocket = socket.socket,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._deadline = settings.deadline.total_seconds()
        self._max_body = settings.max_body
        self._hosts = Hosts(settings.per_host)
        self._user_agent = user_agent
        self._system_lookup = SystemLookup(DNS_THREADS)
        self._lookup = lookup or self._system_lookup
        self._open_socket = open_socket
        self._tls = tls
        self._clock = clock

    async def __aenter__(self) -> "Client":
        self._public, self._private = self._wire(private=False), self._wire(private=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._public.close()
        await self._private.close()
        self._system_lookup.close()

    def _wire(self, *, private: bool) -> Wire:
        """Two pools that never mix: no connection into a private network may serve somebody else's redirect."""
        guard = Guard(private=private, open_socket=self._open_socket)
        return Wire(guard, self._lookup, tls=self._tls)

    async def get(self, request: Request) -> Response:
        """Fetch an address, unless what we have of it is still good. Raises FetchError."""
        home = _configured(request.url)
        question = ask_for(home, self._user_agent, request.headers, request.validators, accept=request.accept)
        trail, spent = Trail(home), 0.0
        while True:
            address = trail.here
            wire = self._private if request.allow_private and address.place == home.place else self._public
            async with self._hosts.slot(address.place):
                self._mind_holds(address)
                started = asyncio.get_running_loop().time()
                reply = await self._within(self._deadline - spent, self._hop(wire, address, question))
                spent += asyncio.get_running_loop().time() - started
            if reply.status not in REDIRECTS:
                return self._response(reply, trail, question, spent)
            trail = trail.follow(reply.status, reply.headers)

    def _mind_holds(self, address: Address) -> None:
        left = self._hosts.held_for(address.place)
        if left is not None:
            detail = f"not asked: {address.host} asked us to wait, for {left.total_seconds():,.0f} s more"
            raise FetchError(Reason.RATE_LIMITED, detail, retry_after=left)

    async def _within(self, seconds: float, hop: Coroutine[None, None, _Reply]) -> _Reply:
        try:
            async with asyncio.timeout(seconds):
                return await hop
        except TimeoutError as error:
            raise FetchError(Reason.TIMEOUT, f"no complete answer within {self._deadline:g} s") from error

    async def _hop(self, wire: Wire, address: Address, question: Question) -> _Reply:
        """One request, and its body if that is what we came for."""
        async with wire.ask(address, question.head(address)) as answer:
            status, headers = answer.status, answer.headers
            if status in REDIRECTS:
                return _Reply(status=status, headers=headers)
            if status == 304:
                if not question.conditional(address):
                    raise FetchError(Reason.UNEXPECTED_304, "304 to a request without validators", status=304)
                return _Reply(status=status, headers=headers)
            if not carries_feed(status, headers, delta_asked=question.asks_delta(address)):
                error = refused(status, headers, self._clock())
                if error.retry_after:
                    self._hosts.hold(address.place, error.retry_after)
                raise error
            try:
                return await self._read(answer)
            except FetchError as error:
                error.status = status
                raise

    async def _read(self, answer: Answer) -> _Reply:
        """The whole body; a length that is announced above the cap is not even begun."""
        length = answer.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self._max_body:
            raise too_large(self._max_body)
        decoder = Decoder(",".join(answer.headers.getall("Content-Encoding", ())), self._max_body)
        await answer.read(decoder.feed)
        body = decoder.finish()
        if not body:
            raise FetchError(Reason.EMPTY, "the answer has no body")
        return _Reply(status=answer.status, headers=answer.headers, body=body, wire_bytes=decoder.wire_bytes)

    def _response(self, reply: _Reply, trail: Trail, question: Question, spent: float) -> Response:
        url = trail.here.url
        unchanged = reply.status == 304
        return Response(
            status=reply.status if reply.status in (226, 304) else 200,
            url=url,
            moved_to=trail.moved_to,
            body=reply.body,
            content_type=_text(reply.headers.get("Content-Type")),
            validators=refreshed(question.validators, reply.headers) if unchanged else received(reply.headers, url),
            hints=hints(reply.headers, self._clock()),
            exchange=Exchange(status=reply.status, wire_bytes=reply.wire_bytes, elapsed=timedelta(seconds=spent)),
        )


def _configured(url: str) -> Address:
    try:
        return parse(url)
    except ValueError as error:
        raise FetchError(Reason.ADDRESS, str(error)) from error


def _text(header: str | None) -> str | None:
    """A header as text that can be stored: bytes that are no UTF-8 come from aiohttp as lone surrogates."""
    return None if header is None else header[:MAX_CONTENT_TYPE].encode("utf-8", "replace").decode()
