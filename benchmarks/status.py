"""How long `/status` and its data take with thousands of sources that have thirty days behind them:
`python -m benchmarks.status [--sources N]`."""

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from aggregator.outcome import Reason
from aggregator.store import claims, days
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.web import create_app
from aggregator.web.drawn import DAYS
from tests.builders import failed, listed, record, settings, source_settings, sync, updated

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGAIN = 5
PATHS = ("/status", "/status?show=failing", "/status?sort=name&page=9", "/status/source/7", "/status.json", "/metrics")


def main() -> None:
    """Every fifth source fails; the best of five, the first one apart."""
    parser = argparse.ArgumentParser(description=str(__doc__))
    parser.add_argument("--sources", type=int, default=5000)
    count = parser.parse_args().sources
    addresses = [f"https://host{number}.example/feed" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/test.db")
        upgrade(engine)
        sync(engine, NOW, *(listed(one, "tech") for one in addresses))
        with writing(engine) as connection:
            taken = claims.claim_due(connection, now=NOW, limit=count, per_host=1, lease=HOUR)
        for number, claim in enumerate(taken):
            record(engine, claim, updated() if number % 5 else failed(Reason.MISSING), NOW, NOW + HOUR)
        _live(engine, [claim.source_id for claim in taken])
        given = settings(Path(folder), *(source_settings(one, categories=("tech",)) for one in addresses))
        client = create_app(given, engine, clock=lambda: NOW + HOUR / 2).test_client()
        for path in PATHS:
            took = []
            for _ in range(AGAIN):
                started = time.perf_counter()
                answer = client.get(path)
                took.append(1000 * (time.perf_counter() - started))
                assert answer.status_code == 200, answer.status
            print(f"{path:<26} first {took[0]:>5.0f} ms, then {min(took[1:]):>5.0f} ms, {len(answer.data):>9,} bytes")
        engine.dispose()


def _live(engine: Engine, sources: list[int]) -> None:
    """Thirty days of polls, a row for each source and day, as the charts add them up."""
    for back in range(1, DAYS):
        at = NOW - back * timedelta(days=1)
        polls = [
            {"source_id": one, "fetched_at": at, "outcome": "updated", "added": 1, "wire_bytes": 1, "milliseconds": 9}
            for one in sources
        ]
        with writing(engine) as connection:
            days.count(connection, polls)


if __name__ == "__main__":
    main()
