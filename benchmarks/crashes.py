"""Kills a worker two hundred times, ten at each point, on SQLite and on PostgreSQL: `python -m benchmarks.crashes`."""

import sys
import tempfile
import time

from aggregator.store.engine import open_engine, upgrade
from tests.crashes import POINTS, Trial
from tests.postgres import Cluster, binaries

ROUNDS = 10


def kill_all(url: str) -> tuple[int, int]:
    """(kills, violations) of every point in turn, with a day of undisturbed work after each."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    trial = Trial(url)
    kills = violations = 0
    trial.recover()
    for _ in range(ROUNDS):
        for name, point in POINTS.items():
            kills += trial.kill(point)
            found = trial.violations(settled=False)
            trial.recover()
            found += trial.violations(settled=True)
            violations += len(found)
            for one in found:
                print(f"killed {name}: {one}")
    return kills, violations


def main() -> int:
    """Print what came of it; 1 if anything was not as it must be."""
    broken = 0
    cluster = Cluster(binaries(), durable=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for url in (f"sqlite:///{folder}/crashes.db", cluster.url(cluster.empty())):
                started = time.monotonic()
                kills, violations = kill_all(url)
                broken += violations
                name, seconds = url.partition(":")[0], time.monotonic() - started
                print(f"{name}: {kills} kills at {len(POINTS)} points, {violations} violations, {seconds:.0f} s")
    finally:
        cluster.remove()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
