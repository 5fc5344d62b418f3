"""What is done to whom, and when. Pure: the seed gives the plan, so a run that found something can be played again."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What may be done to a run."""

    KILL = "kill -9 a worker; it is started again"
    STOP = "SIGSTOP a worker past its lease, then SIGCONT"
    END = "SIGTERM a worker; it is started again"
    KILL_SERVER = "kill -9 the web server; it is started again"
    CLOCK = "set the clock of all workers, and back"
    LOCK = "hold SQLite's write lock"
    FULL = "let a worker's files not grow: what a full disk looks like"
    RESTART = "restart PostgreSQL, at once"
    CUT_OFF = "pg_terminate_backend on everybody"


ALWAYS = (Fault.KILL, Fault.KILL, Fault.STOP, Fault.END, Fault.KILL_SERVER, Fault.CLOCK)
OF_DATABASE = {"sqlite": (Fault.LOCK, Fault.FULL), "postgresql": (Fault.RESTART, Fault.CUT_OFF)}
JUMPS = (-86_400.0, -3600.0, 3600.0, 86_400.0)  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One thing to do. `at` and `seconds` (how long it lasts) are seconds of the run; `by` is how far a clock jumps."""

    at: float
    fault: Fault
    worker: int
    seconds: float
    by: float


def plan(seed: int, *, seconds: float, workers: int, database: str) -> tuple[Planned, ...]:
    """The faults of a run, in the order of time; every kind that there is comes once before any comes twice.

    database  `sqlite` or `postgresql`
    """
    dice = random.Random(seed)
    planned: list[Planned] = []
    deck: list[Fault] = []
    at = 2.0
    while at < seconds:
        if not deck:
            deck = [*ALWAYS, *OF_DATABASE[database]]
            dice.shuffle(deck)
        planned.append(
            Planned(
                at=at,
                fault=deck.pop(),
                worker=dice.randrange(workers),
                seconds=dice.uniform(1.0, 3.0),
                by=dice.choice(JUMPS),
            )
        )
        at += dice.uniform(0.5, 2.5)
    return tuple(planned)
