"""What one process at a time should do, and only now and then: a duty is taken like a claim, by whoever comes first.

take ──▶ do, do, do … ──▶ done        others stand by; who died at it is replaced when its time is over
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import Connection, Engine, or_, update

from aggregator.store.clock import Clock
from aggregator.store.columns import insert_into
from aggregator.store.engine import writing
from aggregator.store.schema import duties

LEASE = timedelta(minutes=10)  # for one step; it is a transaction, as a rule


class Duty:
    """A duty, as one process sees it.

    every  how long it rests when it is done, at the most
    lease  how long a step may take: whoever takes longer has died at it
    """

    def __init__(self, engine: Engine, name: str, clock: Clock, *, every: timedelta, lease: timedelta = LEASE) -> None:
        self._engine, self._name, self._clock, self._every, self._lease = engine, name, clock, every, lease
        self._holder = uuid4()

    def take(self) -> bool:
        """Whether it is ours to do now: nobody is at it, and it has rested."""
        now = self._clock()
        mine = {"holder": self._holder, "until": now + self._lease}
        taken = insert_into(duties, database=self._engine.dialect.name).values(name=self._name, **mine)
        over = duties.c.until <= now
        written_by_a_wrong_clock = duties.c.until > now + max(self._every, self._lease)
        free = or_(over, written_by_a_wrong_clock)
        statement = taken.on_conflict_do_update(index_elements=[duties.c.name], set_=mine, where=free)
        with writing(self._engine) as connection:
            return connection.scalar(statement.returning(duties.c.name)) is not None

    def do(self, step: Callable[[Connection], object]) -> bool:
        """Do a step in a transaction of its own; False, and nothing done, where the duty is somebody else's by now."""
        with writing(self._engine) as connection:
            if not self._extend(connection, self._lease):
                return False
            step(connection)
            return True

    def done(self, rest: timedelta | None = None) -> None:
        """Let it rest, for so long or as long as it does at the most."""
        with writing(self._engine) as connection:
            self._extend(connection, self._every if rest is None else min(rest, self._every))

    def _extend(self, connection: Connection, time: timedelta) -> bool:
        ours = update(duties).where(duties.c.name == self._name, duties.c.holder == self._holder)
        return connection.execute(ours.values(until=self._clock() + time)).rowcount == 1
