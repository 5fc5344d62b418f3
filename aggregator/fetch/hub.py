"""Tells a WebSub hub that a document has changed: one small POST, guarded and bounded as every fetch is.

How a publisher tells its hub is left open by https://www.w3.org/TR/websub/ §6; all hubs know what PubSubHubbub 0.4 §7
said: a form with `hub.mode` and `hub.url`. No redirect is followed and no body is read.
"""

import asyncio
import socket
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import urlencode

from aggregator.errors import FetchError
from aggregator.fetch.address import parse
from aggregator.fetch.guard import Guard, Lookup, OpenSocket, SystemLookup
from aggregator.fetch.statuses import refused
from aggregator.fetch.wire import Wire
from aggregator.outcome import Reason

DEADLINE_SECONDS = 10.0  # for one POST
LOCAL = "localhost"


class Hub:
    """`async with Hub(address, user_agent) as hub: await hub.tell(topic)`.

    address  as the operator wrote it. An address of this machine or its network must be written as such, as an IP or
             as `localhost`: a name that leads there is refused
    raises   FetchError, if that is no address
    """

    def __init__(
        self, address: str, user_agent: str, *, lookup: Lookup | None = None, open_socket: OpenSocket = socket.socket
    ) -> None:
        try:
            self._address = parse(address)
        except ValueError as error:
            raise FetchError(Reason.ADDRESS, str(error)) from error
        self._user_agent = user_agent.encode("latin-1", "replace")
        written_out = self._address.ip is not None or self._address.host == LOCAL
        self._guard = Guard(private=written_out, open_socket=open_socket)
        self._system_lookup = SystemLookup(1)
        self._lookup = lookup or self._system_lookup

    async def __aenter__(self) -> "Hub":
        self._wire = Wire(self._guard, self._lookup)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()
        self._system_lookup.close()

    async def tell(self, topic: str) -> None:
        """Say that the document at this address has changed. Raises FetchError, also where the hub refuses."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._wire.ask(self._address, self._post(topic)) as answer:
                if not 200 <= answer.status <= 299:
                    raise refused(answer.status, answer.headers, datetime.now(UTC))
        except TimeoutError as error:
            raise FetchError(Reason.TIMEOUT, f"no answer within {DEADLINE_SECONDS:g} s") from error

    def _post(self, topic: str) -> bytes:
        form = urlencode({"hub.mode": "publish", "hub.url": topic}).encode()
        lines = [
            f"POST {self._address.target} HTTP/1.1".encode(),
            b"Host: " + self._address.authority.encode(),
            b"User-Agent: " + self._user_agent,
            b"Content-Type: application/x-www-form-urlencoded",
            b"Content-Length: %d" % len(form),
        ]
        if self._address.authorization:
            lines.append(b"Authorization: " + self._address.authorization)
        return b"\r\n".join([*lines, b"", form])
