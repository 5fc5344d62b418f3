"""So many workers on one PostgreSQL: 5,000 due sources among 100,000, each to be polled exactly once.

With an origin that answers at once it is the two cores that limit them; with one that takes as long as origins do it is
how many polls a worker has under way.
"""

import asyncio
import multiprocessing
import os
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
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
    """Answers 304, in this process, after so many seconds: the network is not what is measured."""

    def __init__(self, latency: float) -> None:
        self._latency = latency

    async def get(self, request: Request) -> Response:
        if self._latency:
            await asyncio.sleep(self._latency)
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


def measure(cluster: Cluster, count: int, latency: float) -> dict[str, float]:
    """How long so many workers take, and what each of them costs; `latency` is the origin's, in seconds."""
    url = cluster.url(cluster.empty())
    engine = open_engine(url)
    upgrade(engine)
    fill(engine, 1, SOURCES)
    due = make_due(engine, SOURCES, DUE)
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(count + 1), context.Queue()
    processes = [context.Process(target=work, args=(url, latency, barrier, answers)) for _ in range(count)]
    for process in processes:
        process.start()
    barrier.wait(120)
    started, server = time.perf_counter(), cluster_cpu(cluster)
    said = [answers.get(timeout=120) for _ in processes]
    spent, server = time.perf_counter() - started, cluster_cpu(cluster) - server
    for process in processes:
        process.join(30)
    _expect_once(engine, due)
    engine.dispose()
    shares = sorted(polls for polls, _, _ in said)
    found = {
        "workers": count,
        "latency": latency,
        "polls": due,
        "seconds": spent,
        "polls_a_second": due / spent,
        "cpu_ms": 1000 * sum(cpu for _, cpu, _ in said) / due,
        "server_cpu_ms": 1000 * server / due,
        "mebibytes": max(memory for _, _, memory in said),
        "fewest": shares[0],
        "most": shares[-1],
    }
    print(
        f"{count} workers, answers take {latency:g} s: {due} polls in {spent:.2f} s, {due / spent:,.0f} a second, "
        f"each source once; {found['cpu_ms']:.3f} ms of the workers' CPU a poll, {found['server_cpu_ms']:.3f} of the "
        f"server's; each did {shares[0]} to {shares[-1]}; {found['mebibytes']:.0f} MiB",
        flush=True,
    )
    return found


def cluster_cpu(cluster: Cluster) -> float:
    """Seconds of CPU that all processes of a PostgreSQL have used by now, those that have ended included."""
    server = str(cluster.pid)
    found = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            fields = file.read_text().rpartition(")")[2].split()
            if file.parent.name == server:
                found += sum(map(int, fields[11:15]))
            elif fields[1] == server:
                found += sum(map(int, fields[11:13]))
    return found / os.sysconf("SC_CLK_TCK")


def work(url: str, latency: float, barrier: Any, answers: Any) -> None:
    """One worker, in a process of its own."""
    answers.put(asyncio.run(_work(url, latency, barrier)))


async def _work(url: str, latency: float, barrier: Any) -> tuple[int, float, float]:
    settings = Settings(file=Path("config.yaml"), sources=tuple(_sources()), categories=(), database=url)
    engine = open_engine(url)
    async with Worker(engine, settings, clock=lambda: NOW) as worker:
        worker._pipeline = Pipeline(Origin(latency), None, settings.fetch, instances=(), folder=Path())  # type: ignore[arg-type]
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
