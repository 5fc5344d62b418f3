"""What the three things cost that an ingest does all day: a tick with nothing due, a claim, a poll's outcome."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from aggregator.config.settings import DedupSettings, FetchSettings
from aggregator.dedup.merge import Merger
from aggregator.ingest.pipeline import Result
from aggregator.ingest.worker import QUEUE_PER_HOST, lease_of
from aggregator.ingest.writer import GROUP, Writer
from aggregator.outcome import Exchange, Unchanged, Updated, Why
from aggregator.store import claims
from aggregator.store.claims import Claim
from aggregator.store.engine import writing
from aggregator.store.identity import Seen
from aggregator.store.schema import fetches
from benchmarks.scale.rows import NOW, make_due, tidy_up
from feeds.findings import find_out
from feeds.model import Entry, Feed

ROUNDS, TICKS = 5, 200
CLAIMED = 128  # sources at once: `fetch.concurrency`
POLLS = 4_000
NEW_ITEM_EVERY = 10  # polls: one in so many brings an item
FETCH = FetchSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Milliseconds, wall and CPU of our own process; of ticks the median of five rounds' means, without the first.

    tick_*      a claim that finds nothing due, and a merge that finds nothing to merge; `tick_server` is PostgreSQL's
                CPU
    claim_*     a claimed source, 128 at once
    outcome_*   a stored poll, 100 in one commit; one in ten brings a new item
    server_cpu  of PostgreSQL for both, for each poll; 0 on SQLite, which is in our process
    """

    sources: int
    tick_wall: float
    tick_cpu: float
    tick_server: float
    claim_wall: float
    claim_cpu: float
    outcome_wall: float
    outcome_cpu: float
    server_cpu: float

    def as_dict(self) -> dict[str, float]:
        """For a file of results."""
        return asdict(self)


class Stopwatch:
    """Adds up wall clock and CPU of what is done under it."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def run(self, work: Callable[[], object]) -> object:
        """Do it, timed."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            return work()
        finally:
            self.wall += time.perf_counter() - wall
            self.cpu += time.process_time() - cpu


def measure(engine: Engine, size: int) -> Costs:
    """All three, in a database with so many sources."""
    _round(engine)  # what is read and prepared once is in memory from then on, and what waited is merged
    tidy_up(engine)
    rounds = [_round(engine) for _ in range(ROUNDS)]
    due = make_due(engine, size, POLLS)
    writer = Writer(engine, lambda: NOW)
    claiming, storing, polls, server = Stopwatch(), Stopwatch(), 0, _server_cpu(engine)
    while taken := claiming.run(lambda: claim(engine)):
        results = [result(one, polls + number) for number, one in enumerate(taken)]
        for first in range(0, len(results), GROUP):
            storing.run(lambda some=results[first : first + GROUP]: writer._commit(some))
        polls += len(taken)
    assert polls == due, f"{polls} of {due} were polled"
    _expect_once(engine, polls)
    return Costs(
        sources=size,
        tick_wall=statistics.median(wall for wall, _, _ in rounds),
        tick_cpu=statistics.median(cpu for _, cpu, _ in rounds),
        tick_server=statistics.median(server for _, _, server in rounds),
        claim_wall=1000 * claiming.wall / polls,
        claim_cpu=1000 * claiming.cpu / polls,
        outcome_wall=1000 * storing.wall / polls,
        outcome_cpu=1000 * storing.cpu / polls,
        server_cpu=1000 * (_server_cpu(engine) - server) / polls,
    )


def _server_cpu(engine: Engine) -> float:
    """Seconds of CPU that the process of PostgreSQL has used which serves our one connection."""
    if engine.dialect.name == "sqlite":
        return 0.0
    with engine.connect() as connection:
        pid = connection.scalar(select(func.pg_backend_pid()))
    on_a_core, *_ = Path(f"/proc/{pid}/schedstat").read_text().split()  # nanoseconds
    return int(on_a_core) / 1e9


def _round(engine: Engine) -> tuple[float, float, float]:
    """Milliseconds of a tick, the mean of many: wall, our CPU, the server's CPU."""
    watch, server = Stopwatch(), _server_cpu(engine)
    merger = Merger(DedupSettings(), ())
    for _ in range(TICKS):
        assert watch.run(lambda: claim(engine)) == ()
        watch.run(lambda: merger.run(engine, NOW))
    spent = (watch.wall, watch.cpu, _server_cpu(engine) - server)
    wall, cpu, there = (1000 * seconds / TICKS for seconds in spent)
    return wall, cpu, there


def claim(engine: Engine) -> tuple[Claim, ...]:
    """What the worker does."""
    with writing(engine) as connection:
        return claims.claim_due(
            connection,
            now=NOW,
            limit=CLAIMED,
            per_host=QUEUE_PER_HOST,
            lease=lease_of(FETCH),
            floor=FETCH.floor,
        )


def result(claimed: Claim, number: int) -> Result:
    """What a poll of it came to: 304, or a document with one new item."""
    exchange = Exchange(status=304, elapsed=timedelta(milliseconds=20))
    outcome: Unchanged | Updated = Unchanged(validators=claimed.validators, exchange=exchange)
    entries: tuple[Entry, ...] = ()
    if number % NEW_ITEM_EVERY == 0:
        guid = f"{claimed.address}/{number}"
        entries = (Entry(guid=guid, title=f"News of {number}", url=guid, html="<p>" + "some words " * 150 + "</p>"),)
        outcome = Updated(
            feed=Feed(title="A site", entries=entries),
            validators=claimed.validators,
            body_digest=b"digest",
            exchange=Exchange(status=200, wire_bytes=40_000),
            carried=30,
            memory=claimed.memory,
        )
    return Result(
        claim=claimed,
        outcome=outcome,
        seen=tuple(Seen(entry=entry, findings=find_out(entry)) for entry in entries),
        arrivals=claimed.arrivals,
        move=claimed.move,
        next_fetch_at=NOW + timedelta(hours=1),
        why_then=Why.RHYTHM,
    )


def _expect_once(engine: Engine, polls: int) -> None:
    with engine.connect() as connection:
        rows, different = connection.execute(
            select(func.count(), func.count(fetches.c.source_id.distinct())).select_from(fetches)
        ).one()
    assert rows == different == polls, f"{rows} polls of {different} sources were stored, not {polls}"
