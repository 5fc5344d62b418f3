"""The same client for code that has no event loop: the web server's threads. The loop runs in a thread of its own.

    client = BlockingClient(Client(settings, user_agent))
    response = client.get(Request(url=…), within=5.0)

Started when it is first used: a server is made before it forks its workers, and threads do not survive that.
"""

import asyncio
import threading

from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request, Response
from aggregator.outcome import Reason


class BlockingClient:
    """Fetches for threads; lives as long as the process."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()

    def get(self, request: Request, *, within: float) -> Response:
        """Fetch an address and wait for it, so many seconds at most, its host's turn included. Raises FetchError."""
        answer = asyncio.run_coroutine_threadsafe(self._client.get(request), self._running())
        try:
            return answer.result(within)
        except TimeoutError as error:
            answer.cancel()
            raise FetchError(Reason.TIMEOUT, f"no complete answer within {within:g} s") from error

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=loop.run_forever, name="fetch", daemon=True)
                self._thread.start()
                asyncio.run_coroutine_threadsafe(self._client.__aenter__(), loop).result()
                self._loop = loop
        return self._loop

    def close(self) -> None:
        """End the thread and close connections."""
        with self._starting:
            if self._loop is None:
                return
            asyncio.run_coroutine_threadsafe(self._client.__aexit__(None, None, None), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None
