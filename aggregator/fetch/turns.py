"""Who may wait, who may ask, and how often, where threads fetch for readers: three small locks, and no coroutine.

A thread that waits for somebody else's server cannot answer anybody. So places to wait are few, few of them are for one
host, and whoever finds none is told so at once (`Full`) instead of queueing.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Full(Exception):
    """No place, no turn, or too often: not now."""


class Turns:
    """Places to wait in, and turns to ask, in all and for each host.

    places, places_of_one    how many threads may be inside, and how many of them for one host
    at_once, at_once_of_one  how many of those may ask at the same time
    """

    def __init__(self, *, places: int, places_of_one: int, at_once: int, at_once_of_one: int) -> None:
        self._places = _Room(places, places_of_one)
        self._asking = _Room(at_once, at_once_of_one)
        self._changed = threading.Condition()

    @contextmanager
    def place(self, host: str) -> Iterator[None]:
        """A place to wait in, now. Raises Full."""
        with self._changed:
            if not self._places.enter(host):
                raise Full
        try:
            yield
        finally:
            with self._changed:
                self._places.leave(host)

    @contextmanager
    def turn(self, host: str, until: float) -> Iterator[None]:
        """A turn to ask a host, as soon as there is one; `until` is an instant of `time.monotonic`. Raises Full."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._asking.enter(host), max(0.0, until - time.monotonic())):
                raise Full
        try:
            yield
        finally:
            with self._changed:
                self._asking.leave(host)
                self._changed.notify_all()


class _Room:
    """How many are inside, in all and for each host."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._inside: Counter[str] = Counter()

    def enter(self, host: str) -> bool:
        if self._inside.total() >= self._most or self._inside[host] >= self._most_of_one:
            return False
        self._inside[host] += 1
        return True

    def leave(self, host: str) -> None:
        self._inside[host] -= 1
        self._inside += Counter()  # forget whose count is 0


class Rate:
    """So many a second in the long run, and so many at once after a quiet time (a token bucket)."""

    def __init__(self, a_second: float, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._most, self._clock = a_second, float(at_once), clock
        self._left, self._at = self._most, clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take one. Raises Full."""
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._at) * self._a_second)
            self._at = now
            if self._left < 1:
                raise Full
            self._left -= 1


class Together(Generic[T]):
    """One does the work, and all who want the same wait for it and get what it brought, or what it raised."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Future[T]] = {}
        self._lock = threading.Lock()

    def do(self, key: Hashable, work: Callable[[], T], until: float) -> T:
        """What `work` returns, for the first who asks and for all who ask meanwhile. Raises Full, when it is late."""
        ours: Future[T] = Future()
        with self._lock:
            result = self._under_way.setdefault(key, ours)
        if result is not ours:
            try:
                return result.result(max(0.0, until - time.monotonic()))
            except TimeoutError as error:
                raise Full from error
        try:
            done = work()
            ours.set_result(done)
            return done
        except BaseException as error:
            ours.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._under_way[key]
