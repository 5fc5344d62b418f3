"""Renditions that are kept, bounded in bytes: whatever nobody asked for the longest makes room.

Also where "the last good one" is decided: what the database cannot give at the moment is served as it was given last,
for an empty feed would make every subscriber's reader drop what it has.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import AggregatorError
from aggregator.publish.rendition import Rendition

K = TypeVar("K")

log = logging.getLogger(__name__)


class Unavailable(AggregatorError):
    """The database cannot be read, and nothing was rendered before that could be served instead."""


class Shelf(Generic[K]):
    """Renditions by their keys, at most so many bytes of them; but always the last one. For many threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[K, Rendition] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> Rendition | None:
        """What is kept under a key; it stays longer for being asked for."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        return kept

    def put(self, key: K, rendition: Rendition) -> None:
        """Keep this one, in place of what was under the key."""
        with self._lock:
            old = self._kept.pop(key, None)
            self._bytes += rendition.size - (old.size if old else 0)
            self._kept[key] = rendition
            while self._bytes > self._most and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size

    def last_good(self, key: K, error: SQLAlchemyError | None = None) -> Rendition:
        """What was kept, because the database cannot be read.

        error   why, where this is known to have happened just now
        raises  Unavailable, where there is none
        """
        kept = self.get(key)
        if kept is None:
            raise Unavailable("the database cannot be read at the moment") from error
        if error is not None:
            log.warning("served the last good feed key=%.200r error=%.200r", key, str(error.__cause__ or error))
        return kept

    def made(self, key: K, make: Callable[[], Rendition]) -> Rendition:
        """What is made now, and kept; else what was made last.

        raises  Unavailable
        """
        try:
            rendition = make()
        except SQLAlchemyError as error:
            return self.last_good(key, error)
        self.put(key, rendition)
        return rendition
