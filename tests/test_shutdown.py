"""Case Q21: what SIGTERM does to a worker in the middle of its work, as a process, on both databases."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from aggregator.store.engine import open_engine, reading, writing
from aggregator.store.schema import sources
from tests.origin import Origin
from tests.postgres import on_both as on_both

FETCHES = 16  # as many as one host may be asked at once


@pytest.fixture
def worker(database: str, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`aggregator ingest` with many fetches in flight, at an origin that never ends its answers."""
    with Origin() as origin:
        paths = [f"/{number}.xml" for number in range(FETCHES)]
        for path in paths:
            origin.raw(path, b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<rss>", end="hang")
        file = tmp_path / "config.yaml"
        listed = "\n".join(f"    - {{url: '{origin.url(path)}', allow_private: true}}" for path in paths)
        file.write_text(f"database: {database}\nfetch: {{per_host: {FETCHES}}}\ncategories:\n  News:\n{listed}\n")
        command = (sys.executable, "-m", "aggregator", "--config", str(file), "ingest")
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(lambda: len(origin.requests) >= FETCHES)
        yield process
        process.kill()
        process.wait()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def test_q21_what_is_in_flight_is_given_back_in_time(worker: "subprocess.Popen[bytes]", database: str) -> None:
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    engine = open_engine(database)
    with reading(engine) as connection:
        left = connection.execute(select(sources.c.lease_token, sources.c.attempts, sources.c.etag)).all()
    engine.dispose()
    assert [tuple(row) for row in left] == [(None, 0, None)] * FETCHES


def test_q21_a_second_one_ends_it_at_once(worker: "subprocess.Popen[bytes]") -> None:
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == -signal.SIGTERM


def test_q21_a_database_that_does_not_answer_keeps_nobody(worker: "subprocess.Popen[bytes]", database: str) -> None:
    engine = open_engine(database)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":  # SQLite's writer has all of it
            connection.execute(text("LOCK TABLE sources IN ACCESS EXCLUSIVE MODE"))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(16) == 0
    engine.dispose()
