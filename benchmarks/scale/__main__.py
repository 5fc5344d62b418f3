"""What an idle tick, a claim and a poll's outcome cost with 1,000 to 1,000,000 sources; and what more workers bring.

    python -m benchmarks.scale [--sizes N …] [--only sqlite|postgresql|workers] [--write]

Synthetic rows, on SQLite in a temporary folder and on a PostgreSQL of its own (fsync on). Nothing is fetched: what is
measured is the bookkeeping around a poll. Each size grows the same database. `--write` keeps the figures in
benchmarks/scale/figures.json, and draws the pictures of docs/scale.md from them. Takes five to fifteen minutes.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import text

from aggregator.store.engine import open_engine, upgrade, writing
from benchmarks.scale import charts, workers
from benchmarks.scale.measure import Costs, measure
from benchmarks.scale.rows import fill
from tests.postgres import Cluster, binaries

SIZES = [1_000, 10_000, 100_000, 1_000_000]
WORKERS = [1, 2, 4, 8]
LATENCIES = [0.0, 0.5]  # seconds
FIGURES = Path(__file__).parent / "figures.json"


def grow(url: str, sizes: list[int]) -> list[dict[str, float]]:
    """The costs at each size."""
    found: list[dict[str, float]] = []
    engine = open_engine(url)
    upgrade(engine)
    there = 0
    for size in sizes:
        started = time.perf_counter()
        fill(engine, there + 1, size)
        there = size
        filled = time.perf_counter() - started
        costs = measure(engine, size)
        found.append(costs.as_dict())
        print(line(costs) + f"; filled in {filled:.0f} s", flush=True)
        with writing(engine) as connection:
            connection.execute(text("DELETE FROM fetches"))
    engine.dispose()
    return found


def line(costs: Costs) -> str:
    """The costs for people."""
    return (
        f"{costs.sources:>9,} sources: tick {costs.tick_wall:.3f} ms ({costs.tick_cpu:.3f} CPU, "
        f"PostgreSQL {costs.tick_server:.3f}), claim {costs.claim_wall:.3f} ({costs.claim_cpu:.3f}), "
        f"outcome {costs.outcome_wall:.3f} ({costs.outcome_cpu:.3f}) ms a poll, PostgreSQL {costs.server_cpu:.3f} CPU"
    )


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--only", choices=("sqlite", "postgresql", "workers"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    figures: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    print(f"load of the machine at the start: {os.getloadavg()[0]:.1f}")
    if options.only in (None, "sqlite"):
        print("SQLite")
        with tempfile.TemporaryDirectory() as folder:
            figures["sqlite"] = grow(f"sqlite:///{folder}/scale.db", options.sizes)
    if options.only != "sqlite":
        cluster = Cluster(binaries(), durable=True)
        try:
            if options.only in (None, "postgresql"):
                print("PostgreSQL")
                figures["postgresql"] = grow(cluster.url(cluster.empty()), options.sizes)
            if options.only in (None, "workers"):
                print("workers on PostgreSQL")
                figures["workers"] = [
                    workers.measure(cluster, count, latency) for latency in LATENCIES for count in WORKERS
                ]
        finally:
            cluster.remove()
    if options.write:
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
        charts.draw(figures)


if __name__ == "__main__":
    main()
