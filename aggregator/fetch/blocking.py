"""The same client for code that has no event loop: the web server's threads. The loop runs in a thread of its own.

    client = BlockingClient(settings, user_agent)
    response = client.get(Request(url=…))

Started when it is first used: a server is made before it forks its workers, and threads do not survive that.
"""

import asyncio
import threading

from aggregator.config.settings import FetchSettings
from aggregator.fetch.client import Client, Request, Response


class BlockingClient:
    """Fetches for threads; lives as long as the process."""

    def __init__(self, settings: FetchSettings, user_agent: str) -> None:
        self._client = Client(settings, user_agent)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()

    def get(self, request: Request) -> Response:
        """Fetch an address and wait for it. Raises FetchError."""
        return asyncio.run_coroutine_threadsafe(self._client.get(request), self._running()).result()

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
