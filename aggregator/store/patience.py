"""Writes that outlast what passes: a server that restarts or fails over, a locked file, two that wait for each other.

What is written must be safe to repeat, for an answer may be lost after the commit went through. What does not pass, a
full disk or a bug, is raised at once.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from aggregator.logs import fields
from aggregator.store.engine import writing

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 5.0
# https://www.postgresql.org/docs/current/errcodes-appendix.html
PASSING = frozenset({
    "40001", "40P01", "55P03",  # serialization failure, deadlock, a lock that was not got in time
    "57P01", "57P02", "57P03",  # the server, or an administrator, ended the session; or it is starting
    "25006",  # read-only: it was the primary until a moment ago
    "25P03",  # we were away for too long, with a transaction open
    "53300",  # too many connections
})  # fmt: skip

T = TypeVar("T")


def passing(error: DBAPIError) -> bool:
    """Whether the same may go well in a while."""
    if error.connection_invalidated:
        return True
    if name := getattr(error.orig, "sqlite_errorname", None):
        return str(name).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    state = getattr(error.orig, "sqlstate", "")
    if state is None:  # of psycopg, and not from the server: it was not reached, or is gone
        return isinstance(error, OperationalError)
    return state in PASSING or state.startswith("08")


class Patience:
    """How long is waited for what passes; from any thread, `end` says that there is no time left."""

    def __init__(self, total: timedelta) -> None:
        self._seconds = total.total_seconds()
        self._over = threading.Event()

    def end(self) -> None:
        """Wait for nothing any more: what fails now is raised at once."""
        self._over.set()

    def write(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        """What `work` returns in a transaction of its own; it is called again in a new one as long as that may help.

        raises  DBAPIError
        """
        pause, until = FIRST_PAUSE_SECONDS, time.monotonic() + self._seconds
        while True:
            try:
                with writing(engine) as connection:
                    return work(connection)
            except DBAPIError as error:
                if not passing(error) or time.monotonic() + pause > until or self._over.is_set():
                    raise
                log.warning("the database failed, trying again", extra=fields(seconds=pause, error=first_line(error)))
            self._over.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def first_line(error: DBAPIError) -> str:
    """What the database said, without the statement."""
    return str(error.orig).partition("\n")[0]
