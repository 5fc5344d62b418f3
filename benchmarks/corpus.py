"""Real feeds through the whole program: served by a loopback origin, ingested by `ingest --once`, published, read
by peers.

    python -m benchmarks.corpus [--readers]

Every captured feed of ../shared/corpus is a source in one of ten categories. Prints, for a first run, a second one
that is answered 304, and a third in which the first was killed half way: wall time, CPU time, peak memory of all
processes, and the rows that are there afterwards. With `--readers`, newsboat and the `reader` package subscribe to
the published feeds, where they are installed. Everything happens on 127.0.0.1 and in a temporary folder.
"""

import argparse
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cost import measure
from tests.corpus import Captured, captured
from tests.origin import Origin

CATEGORIES = tuple(f"Category {number}" for number in range(1, 11))
TABLES = ("sources", "sightings", "stories", "story_categories", "fetches")


def main() -> None:
    """Run it all and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--readers", action="store_true")
    options = arguments.parse_args()
    documents = captured()
    print(f"{len(documents)} feeds, {sum(one.path.stat().st_size for one in documents) / 2**20:.1f} MiB")
    with Origin() as origin, tempfile.TemporaryDirectory() as folder:
        config = configure(Path(folder), origin, documents)
        for name in ("first run", "second run, 304"):
            figures = measure(command(config, "ingest", "--once", "--force"))
            print(f"{name}: {figures.wall:.1f} s wall, {figures.cpu:.1f} s CPU, {figures.peak:.0f} MiB", rows(config))
        whole = contents(config)
        for killed_after in (2.0, 4.0, 7.0):
            again = configure(Path(tempfile.mkdtemp(dir=folder)), origin, documents)
            kill_half_way(again, killed_after)
            print(f"killed after {killed_after} s:", rows(again), end=" ")
            measure(command(again, "ingest", "--once"))
            print("then restarted:", "the same rows" if contents(again) == whole else "DIFFERENT ROWS", rows(again))
        if options.readers:
            print("stories:", stories(config))
            with serving(config):
                with_newsboat(Path(folder))
                with_reader(Path(folder))


def configure(folder: Path, origin: Origin, documents: Sequence[Captured]) -> Path:
    """config.yaml with every document as a source, dealt out over ten categories."""
    lines = ["listen: 127.0.0.1:8765", "fetch: {per_host: 16}", "defaults: {allow_private: true}"]
    lines += ["retention: {stories: 3650d}", "categories:"]
    for number, category in enumerate(CATEGORIES):
        lines.append(f"  {category}:")
        for index in range(number, len(documents), len(CATEGORIES)):
            one = documents[index]
            path = f"/{index:03}-{one.path.name.replace(' ', '_')}"
            origin.feed(path, one.path.read_bytes(), etag=f'"{index}"', content_type=one.content_type)
            lines.append(f"    - {origin.url(path)}")
    file = folder / "config.yaml"
    file.write_text("\n".join(lines) + "\n")
    return file


def command(config: Path, *arguments: str) -> list[str]:
    """The program, as a user calls it."""
    return [sys.executable, "-m", "aggregator", "--config", str(config), *arguments]


def kill_half_way(config: Path, seconds: float) -> None:
    """Start a run and end it as a power cut would: the program and all its children."""
    process = subprocess.Popen(
        command(config, "ingest", "--once"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def database(config: Path) -> sqlite3.Connection:
    return sqlite3.connect(config.parent / "var" / "aggregator.db")


def rows(config: Path) -> str:
    """How many rows each table has."""
    with database(config) as connection:
        return ", ".join(f"{connection.execute(f'SELECT count(*) FROM {t}').fetchone()[0]} {t}" for t in TABLES)


def contents(config: Path) -> set[frozenset[tuple[object, ...]]]:
    """What is stored: each story as the set of its sightings.

    Without row numbers and times of ours, and without who came first in a story, which differ from run to run.
    """
    grouped: dict[object, set[tuple[object, ...]]] = {}
    with database(config) as connection:
        for story, *sighting in connection.execute(
            "SELECT story_id, sources.address, guid, sightings.title, html FROM sightings "
            "JOIN sources ON sources.id = source_id"
        ):
            grouped.setdefault(story, set()).add(tuple(sighting))
    return {frozenset(sightings) for sightings in grouped.values()}


def stories(config: Path) -> dict[str, int]:
    """How many stories each category has, of which a feed carries at most 500."""
    with database(config) as connection:
        return dict(
            connection.execute(
                "SELECT slug, count(*) FROM story_categories "
                "JOIN categories ON categories.id = category_id GROUP BY slug"
            ).fetchall()
        )


@contextmanager
def serving(config: Path) -> Iterator[None]:
    """`aggregator serve`, until the end of the block."""
    process = subprocess.Popen(command(config, "serve"))
    time.sleep(3)
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def addresses() -> list[str]:
    slugs = ["all", *(category.lower().replace(" ", "-") for category in CATEGORIES)]
    return [f"http://127.0.0.1:8765/feeds/{slug}.{format_}?limit=500" for slug in slugs for format_ in ("atom", "rss")]


def with_newsboat(folder: Path) -> None:
    """Subscribe with newsboat, and print how many articles it has of each feed.

    Each feed has a cache of its own: newsboat keeps an article once, whichever of its feeds it came from last.
    """
    if not shutil.which("newsboat"):
        print("newsboat is not installed")
        return
    urls, counts = folder / "urls", {}
    for number, address in enumerate(addresses()):
        cache = folder / f"newsboat-{number}.db"
        urls.write_text(address)
        reload = ["newsboat", "-u", str(urls), "-c", str(cache), "-x", "reload"]
        subprocess.run(reload, check=True, capture_output=True, timeout=120)
        with sqlite3.connect(cache) as connection:
            counts[address.partition("/feeds/")[2]] = connection.execute("SELECT count(*) FROM rss_item").fetchone()[0]
    print("newsboat:", counts)


def with_reader(folder: Path) -> None:
    """Subscribe with the `reader` package, and print how many entries it has of each feed."""
    try:
        from reader import make_reader  # type: ignore[import-not-found]
    except ImportError:
        print("reader is not installed")
        return
    reader = make_reader(str(folder / "reader.db"))
    for address in addresses():
        reader.add_feed(address)
    reader.update_feeds()
    broken = [feed.url for feed in reader.get_feeds() if feed.last_exception]
    print(
        "reader:",
        {feed.url: reader.get_entry_counts(feed=feed).total for feed in reader.get_feeds()},
        "broken:",
        broken,
    )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUTF8", "1")
    main()
