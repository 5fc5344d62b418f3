"""So many workers on one PostgreSQL: 5,000 due sources among 100,000, each to be polled exactly once."""

import asyncio
import multiprocessing
import resource
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from aggregator.config.settings import Settings, SourceSettings
from aggregator.fetch.client import Request, Response
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.outcome import Exchange, Hints
from aggregator.store.engine import open_engine, upgrade
from aggregator.store.schema import fetches
from benchmarks.scale.rows import NOW, OF_A_HOST, fill, make_due
from tests.postgres import Cluster

SOURCES = 100_000
DUE = 5_000


class Origin:
    """Answers 304, in this process, at once: the network is not what is measured."""

    async def get(self, request: Request) -> Response:
        return Response(
            status=304,
            url=request.url,
            moved_to=None,
            body=b"",
            content_type=None,
            validators=request.validators,
            hints=Hints(),
            exchange=Exchange(status=304, elapsed=timedelta(milliseconds=1)),
        )


def measure(cluster: Cluster, count: int) -> dict[str, float]:
    """How long so many workers take, and what each of them costs."""
    url = cluster.url(cluster.empty())
    engine = open_engine(url)
    upgrade(engine)
    fill(engine, 1, SOURCES)
    due = make_due(engine, SOURCES, DUE)
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(count + 1), context.Queue()
    processes = [context.Process(target=work, args=(url, barrier, answers)) for _ in range(count)]
    for process in processes:
        process.start()
    barrier.wait(120)
    started = time.perf_counter()
    said = [answers.get(timeout=120) for _ in processes]
    spent = time.perf_counter() - started
    for process in processes:
        process.join(30)
    _expect_once(engine, due)
    engine.dispose()
    shares = sorted(polls for polls, _, _ in said)
    found = {
        "workers": count,
        "polls": due,
        "seconds": spent,
        "polls_a_second": due / spent,
        "cpu_ms": 1000 * sum(cpu for _, cpu, _ in said) / due,
        "mebibytes": max(memory for _, _, memory in said),
        "fewest": shares[0],
        "most": shares[-1],
    }
    print(
        f"{count} workers: {due} polls in {spent:.2f} s, {due / spent:,.0f} a second, each source once; "
        f"{found['cpu_ms']:.3f} ms of the workers' CPU a poll; each did {shares[0]} to {shares[-1]}; "
        f"{found['mebibytes']:.0f} MiB",
        flush=True,
    )
    return found


def work(url: str, barrier: Any, answers: Any) -> None:
    """One worker, in a process of its own."""
    answers.put(asyncio.run(_work(url, barrier)))


async def _work(url: str, barrier: Any) -> tuple[int, float, float]:
    settings = Settings(file=Path("config.yaml"), sources=tuple(_sources()), categories=(), database=url)
    engine = open_engine(url)
    async with Worker(engine, settings, clock=lambda: NOW) as worker:
        worker._pipeline = Pipeline(Origin(), None, settings.fetch, instances=(), folder=Path())  # type: ignore[arg-type]
        barrier.wait(120)
        before = time.process_time()
        polls = await worker.drain()
        cpu = time.process_time() - before
    engine.dispose()
    return polls, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _sources() -> Iterator[SourceSettings]:
    for number in range(SOURCES // DUE, SOURCES + 1, SOURCES // DUE):
        yield SourceSettings(address=f"https://host{number // OF_A_HOST}.example/feeds/{number}.xml", kind="feed")


def _expect_once(engine: Engine, due: int) -> None:
    with engine.connect() as connection:
        rows, different = connection.execute(
            select(func.count(), func.count(fetches.c.source_id.distinct())).select_from(fetches)
        ).one()
    assert rows == different == due, f"{rows} polls of {different} sources were stored, not {due}"
