"""How many requests one host gets at a time from this process, and which hosts asked to be left alone.

A host is a name and a port, not an IP address: a name is what a publisher means and limits by. What other processes
do is not known here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

Place = tuple[str, int]


class Hosts:
    """`async with hosts.slot(place): …` waits until the host has room. One for each client, for one event loop."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._slots: dict[Place, tuple[asyncio.Semaphore, int]] = {}  # with how many hold or want it
        self._held: dict[Place, float] = {}

    @asynccontextmanager
    async def slot(self, place: Place) -> AsyncIterator[None]:
        """A turn at a host. Whoever waits is served in the order of arrival."""
        semaphore, users = self._slots.get(place) or (asyncio.Semaphore(self._per_host), 0)
        self._slots[place] = semaphore, users + 1
        try:
            async with semaphore:
                yield
        finally:
            semaphore, users = self._slots[place]
            if users == 1:
                del self._slots[place]
            else:
                self._slots[place] = semaphore, users - 1

    def hold(self, place: Place, wait: timedelta) -> None:
        """Leave a host alone for so long; a longer wish that it uttered before still counts."""
        until = asyncio.get_running_loop().time() + wait.total_seconds()
        self._held[place] = max(until, self._held.get(place, 0.0))

    def held_for(self, place: Place) -> timedelta | None:
        """For how long a host still wants to be left alone; None if it does not."""
        until = self._held.get(place)
        if until is None:
            return None
        left = until - asyncio.get_running_loop().time()
        if left > 0:
            return timedelta(seconds=left)
        del self._held[place]
        return None
