"""What time it is: on PostgreSQL what the server says, on SQLite what this machine says.

Leases, due times and all that was observed are instants of one clock. Workers on many machines have many clocks, and
one of them may be an hour wrong; they have one database. Between two readings time goes on as the monotonic clock
does, so nobody waits for an answer only to know the time, and a clock of this machine that is set changes nothing.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

READ_EVERY_SECONDS = 1.0  # of a transaction at most; how far clocks drift apart in that time is nothing

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def clock_of(engine: Engine) -> Clock:
    """The clock that all go by who work on this database."""
    if engine.dialect.name != "postgresql":
        return utc_now
    if engine not in _CLOCKS:
        _CLOCKS[engine] = _ServerClock(engine)
    return _CLOCKS[engine]


class _ServerClock:
    """Reads the server's clock as transactions begin; only the first call ever asks for itself."""

    def __init__(self, engine: Engine) -> None:
        self._connect = engine.connect
        self._read: tuple[float, datetime] | None = None  # when, by the monotonic clock, it was what time
        event.listen(engine, "begin", self._begin)

    def __call__(self) -> datetime:
        if self._read is None:
            with self._connect() as connection, connection.begin():
                pass
        assert self._read is not None
        at, then = self._read
        return then + timedelta(seconds=time.monotonic() - at)

    def _begin(self, connection: Connection) -> None:
        if self._read is not None and time.monotonic() - self._read[0] < READ_EVERY_SECONDS:
            return
        asked = time.monotonic()
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        self._read = ((asked + time.monotonic()) / 2, now.astimezone(UTC))


_CLOCKS: WeakKeyDictionary[Engine, _ServerClock] = WeakKeyDictionary()
