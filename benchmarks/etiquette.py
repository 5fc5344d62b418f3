"""Thirty days of polling in a minute: what publishers see of us, counted from their side.

    python -m benchmarks.etiquette

Real worker, database and cadence on a simulated clock; the publishers answer in this process. Ten sources of every
temper are polled for thirty days, and the worker is stopped, or killed in the middle of its polls, ten times on the
way. Prints a line a source: requests, unconditional ones, the shortest gap between two, and requests that came
before they were allowed. Exits with 1 if any came.
"""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.errors import FetchError
from aggregator.fetch.client import Request, Response
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.outcome import Exchange, Hints, Reason
from aggregator.store.engine import open_engine, upgrade
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeParser, answer, rss

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30
STEP = timedelta(minutes=7)
RESTARTS = 10
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Publisher:
    """One source's origin: what it answers, and what it saw.

    allowed   from when on the next request is welcome
    """

    name: str
    answers: Callable[["Publisher", Request, datetime], Response]
    every: timedelta | None = None
    asked: list[tuple[datetime, bool]] = field(default_factory=list)
    allowed: datetime = START
    early: int = 0

    @property
    def address(self) -> str:
        return f"https://{self.name}.example/feed"

    def get(self, request: Request, now: datetime) -> Response:
        self.asked.append((now, bool(request.validators.etag)))
        self.early += now < self.allowed
        return self.answers(self, request, now)


def same(publisher: Publisher, request: Request, now: datetime) -> Response:
    """Nothing new, ever: 304 to whoever brings the ETag."""
    whole = answer(rss("1"), publisher.address, etag=b'"1"')
    if request.validators.etag == b'"1"':
        return replace(whole, status=304, body=b"", exchange=Exchange(status=304))
    return whole


def busy(publisher: Publisher, request: Request, now: datetime) -> Response:
    """A new entry every hour, a new ETag with each."""
    number = int((now - START) / HOUR)
    etag = b'"%d"' % number
    whole = answer(rss(*(str(n) for n in range(max(0, number - 20), number + 1))), publisher.address, etag=etag)
    if request.validators.etag == etag:
        return replace(whole, status=304, body=b"", exchange=Exchange(status=304))
    return whole


def fresh(publisher: Publisher, request: Request, now: datetime) -> Response:
    """`max-age` of six hours, on 304s too."""
    publisher.allowed = now + 6 * HOUR
    return replace(same(publisher, request, now), hints=Hints(fresh_for=6 * HOUR))


def tagless(publisher: Publisher, request: Request, now: datetime) -> Response:
    """No validator at all: welcome every three hours at most."""
    publisher.allowed = now + 3 * HOUR
    return answer(rss("1"), publisher.address, etag=None)


def refusing(publisher: Publisher, request: Request, now: datetime) -> Response:
    """429 with a Retry-After, every third time."""
    if len(publisher.asked) % 3 == 0:
        publisher.allowed = now + 5 * HOUR
        raise FetchError(Reason.RATE_LIMITED, "429", status=429, retry_after=5 * HOUR)
    return same(publisher, request, now)


def failing(reason: Reason, wait: timedelta) -> Callable[[Publisher, Request, datetime], Response]:
    """The same failure for ever; after the first one, welcome after `wait` at the earliest."""

    def answers(publisher: Publisher, request: Request, now: datetime) -> Response:
        publisher.allowed = now + wait
        raise FetchError(reason, "no")

    return answers


def publishers() -> list[Publisher]:
    """Ten sources."""
    return [
        Publisher("quiet", same),
        Publisher("quiet-hourly", same, every=HOUR),
        Publisher("busy", busy),
        Publisher("busy-quarterly", busy, every=timedelta(minutes=15)),
        Publisher("max-age", fresh),
        Publisher("tagless", tagless),
        Publisher("refusing", refusing),
        Publisher("overloaded", failing(Reason.SERVER_ERROR, HOUR)),
        Publisher("missing", failing(Reason.MISSING, timedelta(minutes=15))),
        Publisher("gone", failing(Reason.GONE, timedelta(days=30))),
    ]


class Publishers:
    """The client that they are asked through, on the simulated clock."""

    def __init__(self, given: list[Publisher]) -> None:
        self.by_address = {publisher.address: publisher for publisher in given}
        self.now = START
        self.hang = False

    async def get(self, request: Request) -> Response:
        response = self.by_address[request.url].get(request, self.now)
        if self.hang:
            await asyncio.Event().wait()
        return response


async def live(engine: Engine, given: Settings, world: Publishers, until: datetime, *, killed: bool) -> None:
    """A worker from now until then; at the end it is stopped, or killed while its polls are on their way."""
    worker = Worker(engine, given, clock=lambda: world.now)
    await worker.__aenter__()
    worker._pipeline = Pipeline(
        world,
        FakeParser(),
        given.fetch,
        instances=(),
        folder=given.file.parent,
        clock=lambda: world.now,  # type: ignore[arg-type]
    )
    while world.now < until:
        await worker.drain()
        world.now += STEP
    if killed:  # what was asked for is lost with us, and its lease is left behind
        world.hang = True
        await worker.start_due()
        await asyncio.sleep(0.05)
        for task in tuple(worker._running):
            task.cancel()
        await asyncio.gather(*worker._running, return_exceptions=True)
        worker._running.clear()
        world.hang = False
    await worker.__aexit__(None, None, None)


async def simulate(folder: Path) -> list[Publisher]:
    """Thirty days."""
    given = publishers()
    world = Publishers(given)
    sources = tuple(source_settings(one.address, every=one.every) for one in given)
    configured = settings(folder, *sources)
    engine = open_engine(configured.database)
    upgrade(engine)
    sync(engine, START, *(listed(one.address) for one in given))
    for life in range(RESTARTS + 1):
        until = START + timedelta(days=DAYS) * (life + 1) / (RESTARTS + 1)
        await live(engine, configured, world, until, killed=life % 2 == 1 and life < RESTARTS)
    engine.dispose()
    return given


def main() -> None:
    """Simulate, print, and judge."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        seen = asyncio.run(simulate(Path(folder)))
    print(f"{DAYS} days, {RESTARTS} restarts, half of them kills\n")
    print(f"{'source':16} {'requests':>8} {'unconditional':>13} {'shortest gap':>13} {'too early':>9}")
    for one in seen:
        times = [at for at, _ in one.asked]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        plain = sum(not conditional for _, conditional in one.asked)
        print(f"{one.name:16} {len(times):8} {plain:13} {min(gaps, default=timedelta())!s:>13} {one.early:9}")
    sys.exit(1 if any(one.early for one in seen) else 0)


if __name__ == "__main__":
    main()
