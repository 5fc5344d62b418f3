"""All captured feeds through the whole program: served by the loopback origin as sources in ten categories."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.store.engine import open_engine
from aggregator.web import create_app
from benchmarks.corpus import CATEGORIES, command, configure, contents
from feeds.render import FORMATS
from tests.corpus import Captured, captured
from tests.origin import Origin
from tests.validity import faults

# document → sightings, where they are fewer than the entries that feedparser counts, and why
FEWER = {
    "Feeds/Rss20LeFigaro.xml": (49, "one item stands in it twice, with the same guid, address and title"),
    "os/sample1.xml": (1, "one search result, ten times over"),
    "benchmark_data/cc314ce5dfbb3adc": (1032, "14 of 1,046 items are repeated with the same guid, address and title"),
    "samples/feed.json": (2, "a test document: one item with an address, and three times the same without"),
}

# Prints the digest of each feed.
BUILD = """
import hashlib, sys
from pathlib import Path
from aggregator.config.load import load
from aggregator.publish.renditions import Renditions
from aggregator.store.engine import open_engine
from feeds.render import FORMATS
settings = load(Path(sys.argv[1]), {})
renditions = Renditions(open_engine(settings.database), settings)
for slug in ("all", *(category.slug for category in settings.categories)):
    for format_ in FORMATS:
        print(slug, format_, hashlib.sha256(renditions.get(slug, format_).body).hexdigest())
"""


@pytest.fixture(scope="module")
def documents() -> list[Captured]:
    return captured()


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, origin: Origin, documents: list[Captured]) -> Path:
    config = configure(tmp_path_factory.mktemp("corpus"), origin, documents)
    assert " 0 failed" in run(config, "ingest", "--once")
    return config


def run(config: Path, *arguments: str) -> str:
    return subprocess.run(command(config, *arguments), capture_output=True, text=True, timeout=100, check=True).stdout


def query(config: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        return connection.execute(sql).fetchall()


def test_every_entry_that_feedparser_counts_is_a_sighting(ingested: Path, documents: list[Captured]) -> None:
    counted = query(
        ingested,
        "SELECT address, count(sightings.id) FROM sources LEFT JOIN sightings ON source_id = sources.id GROUP BY 1",
    )
    stored = {int(re.search(r"/(\d{3})-", str(address)).group(1)): count for address, count in counted}  # type: ignore[union-attr]
    expected = {
        number: FEWER.get("/".join(document.path.parts[-2:]), (document.entries, ""))[0]
        for number, document in enumerate(documents)
        if document.well_formed is not False
    }
    assert {number: stored[number] for number in expected} == expected


def test_a_second_run_is_told_that_nothing_changed_and_stores_nothing(
    ingested: Path, documents: list[Captured]
) -> None:
    before = contents(ingested)
    said = run(ingested, "ingest", "--once", "--force")
    assert (
        f"{len(documents)} polls: 0 updated, {len(documents)} unchanged, 0 failed; 0 new items, 0 new stories" in said
    )
    assert contents(ingested) == before


@pytest.mark.parametrize("format_", [*FORMATS, "opml"])
def test_o05_every_category_is_published_valid(ingested: Path, format_: str) -> None:
    engine = open_engine(load(ingested, {}).database)
    client = create_app(load(ingested, {}), engine).test_client()
    for slug in ("all", *(category.lower().replace(" ", "-") for category in CATEGORIES)):
        answer = client.get(f"/feeds/{slug}.{format_}?limit=500")
        assert (slug, answer.status_code, faults(format_, answer.data)) == (slug, 200, [])
    engine.dispose()


def test_o10_two_processes_build_the_same_bytes_of_one_database(ingested: Path) -> None:
    built = [
        subprocess.run(
            [sys.executable, "-c", BUILD, str(ingested)],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            check=True,
            timeout=100,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Kathmandu"))
    ]
    assert len(built[0].splitlines()) == 11 * 3
    assert built[0] == built[1]


def test_kill_9_in_the_middle_and_a_restart_end_with_the_same_rows(
    ingested: Path, tmp_path: Path, origin: Origin, documents: list[Captured]
) -> None:
    config = configure(tmp_path, origin, documents)
    killed = subprocess.Popen(command(config, "ingest", "--once"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert _some_but_not_all_are_stored(config, killed)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert 0 < len(query(config, "SELECT 1 FROM fetches")) < len(documents)
    run(config, "ingest", "--once")
    assert contents(config) == contents(ingested)


def _some_but_not_all_are_stored(config: Path, process: subprocess.Popen[bytes]) -> bool:
    while process.poll() is None:
        time.sleep(0.05)
        try:
            if len(query(config, "SELECT 1 FROM fetches")) > 20:
                return True
        except sqlite3.OperationalError:
            continue  # there is no database yet, or no table in it
    return False
