"""How soon the program is there, and what it costs while nothing happens.

    python -m benchmarks.start [--sources 10000] [--rounds 5]

Prints, the best of some rounds: `aggregator --help`; `run` until it serves its first page, with ten sources and with
`--sources`, on a database that is new and on one that is there; then the tick of a worker with nothing due, with 100
sources and with a hundred times as many as `--sources`. Targets: help 0.3 s, serving 2 s, a tick 1 ms.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import insert

from aggregator.config.load import load
from aggregator.dedup.merge import Merger
from aggregator.ingest.worker import Worker
from aggregator.service.setup import open_store
from aggregator.store.engine import writing
from aggregator.store.schema import sources
from benchmarks.cost import measure

TICKS = 200
NOW = datetime.now(UTC)


def help_seconds() -> float:
    """Of `aggregator --help`."""
    return measure((sys.executable, "-m", "aggregator", "--help")).wall


def configure(folder: Path, count: int) -> Path:
    """A config.yaml with so many sources, at an address where nobody answers, and a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listed = "".join(f"    - http://127.0.0.{number % 200 + 2}:9/{number}.xml\n" for number in range(count))
    file = folder / "config.yaml"
    file.write_text(f"listen: 127.0.0.1:{port}\ncategories:\n  News:\n{listed}")
    return file


def serving_seconds(file: Path) -> float:
    """From the command to the first page that `run` serves."""
    url = f"http://{file.read_text().split()[1]}/"
    started = time.perf_counter()
    command = (sys.executable, "-m", "aggregator", "--config", str(file), "run")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while time.perf_counter() - started < 60 and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
                answer.read()
                return time.perf_counter() - started
            time.sleep(0.01)
        sys.exit("nothing was served within a minute; `aggregator run` on the same file says why")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        _wait_until_free(urlsplit(url).port)


def _wait_until_free(port: int | None) -> None:
    """Until nobody answers there: the server may outlive what started it, and would answer the next round."""
    with suppress(OSError):
        while True:
            socket.create_connection(("127.0.0.1", port or 0), timeout=1).close()
            time.sleep(0.01)


async def tick_milliseconds(folder: Path, count: int) -> tuple[float, float]:
    """(wall, CPU) of a tick that finds nothing due: the poll's claim and the merge's look."""
    settings = load(configure(folder, 1), {})
    engine = open_store(settings)
    rows = [
        {
            "address": f"https://site{number}.example/feed",
            "kind": "feed",
            "host": f"site{number}.example",
            "added_at": NOW,
            "next_fetch_at": NOW + timedelta(hours=1, seconds=number % 3600),
        }
        for number in range(count)
    ]
    with writing(engine) as connection:
        connection.execute(insert(sources), rows)
    merger = Merger(settings.dedup, settings.sources)
    async with Worker(engine, settings, clock=lambda: NOW - timedelta(days=1)) as worker:

        async def tick() -> None:
            await worker.start_due()
            await worker.writer.call(lambda: merger.run(engine, NOW))

        await tick()
        started, cpu = time.perf_counter(), time.process_time()
        for _ in range(TICKS):
            await tick()
        spent = time.perf_counter() - started, time.process_time() - cpu
    engine.dispose()
    return spent[0] * 1000 / TICKS, spent[1] * 1000 / TICKS


def best(act: Callable[[], float], rounds: int) -> float:
    """The least of some rounds."""
    return min(act() for _ in range(rounds))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    many, rounds = options.sources, options.rounds
    print(f"aggregator --help                      {best(help_seconds, rounds):7.2f} s")
    with tempfile.TemporaryDirectory(prefix="aggregator-start-") as temporary:
        for count in (10, many):
            folder = Path(temporary) / str(count)
            folder.mkdir()
            file = configure(folder, count)
            print(f"run serves, {count:6} sources, first time {serving_seconds(file):7.2f} s")
            again = best(lambda file=file: serving_seconds(file), rounds)  # type: ignore[misc]
            print(f"run serves, {count:6} sources, again      {again:7.2f} s")
        for count in (100, many, many * 100):
            folder = Path(temporary) / f"ticks-{count}"
            folder.mkdir()
            wall, cpu = asyncio.run(tick_milliseconds(folder, count))
            print(f"a tick, nothing due, {count:8} sources  {wall:7.2f} ms, {cpu:.2f} ms CPU")


if __name__ == "__main__":
    main()
