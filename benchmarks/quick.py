"""Has a change made us slower? A minute of measuring, compared with the figures that are kept in figures.json.

    make bench
    python -m benchmarks.quick [--rounds 7] [--keep]

Each figure is CPU time, divided by that of a piece of work which has nothing to do with us and is measured in between:
so a slower machine, or one with busy neighbours, does not look like a regression. The least of some rounds counts.
Exit 1 where a figure is more than `TOLERANCE` over the one that is kept; `--keep` writes down what was measured, for
the change that made us faster, or that is worth what it costs.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.ingest.child import Document, Read, read
from aggregator.store import sightings, sources
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.store.identity import Seen
from aggregator.store.sources import Listed
from benchmarks.cleaning import TEXTS
from benchmarks.cost import measure
from benchmarks.documents import ITEMS, document
from benchmarks.peers.contenders import OURS
from benchmarks.peers.origin import Publishers
from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.model import Entry, Feed
from feeds.render import FORMATS

FILE = Path(__file__).parent / "figures.json"
TOLERANCE = 1.3  # between two runs of the same code on a machine with ten busy neighbours we saw up to 1.2
FEEDS = 12  # that are read, stored and merged
POLLED = 40  # by the command
NOW = datetime(2026, 11, 1, tzinfo=UTC)

Act = Callable[[], object]


def yardstick() -> None:
    """Work as ours is, of nothing that is ours: objects, text, patterns, dicts."""
    for number in range(60):
        text = json.dumps([{"id": f"{number}.{item}", "text": "ships wait for days " * 20} for item in range(40)])
        words = re.findall(r"[a-z]+", text)
        sorted({word: len(word) for word in words}.items(), key=lambda pair: pair[1])
        json.loads(text)


def documents_of(newest: int) -> list[Document]:
    """The first made feeds as the reading process gets them."""
    return [
        Document(
            body=document(number, newest),
            content_type="application/xml",
            url=f"https://site{number}.example/feed",
            rules=Rules(),
        )
        for number in range(FEEDS)
    ]


@contextmanager
def storing(readings: list[Read]) -> Iterator[tuple[Act, Act]]:
    """(to store what was read in an empty database, to merge it)."""
    with tempfile.TemporaryDirectory(prefix="aggregator-quick-") as folder:
        engines: list[Engine] = []

        def store() -> None:
            engine = open_engine(f"sqlite:///{folder}/{len(engines)}.db")
            engines.append(engine)
            upgrade(engine)
            with writing(engine) as connection:
                listed = [
                    Listed(address=f"https://site{n}.example/feed", kind="feed", slugs=("all",)) for n in range(FEEDS)
                ]
                sources.sync(connection, listed, ("all",), NOW)
                for number, one in enumerate(readings, 1):
                    found = zip(one.feed.entries, one.findings, one.originals, strict=True)
                    seen = [Seen(entry=each, findings=about, original=was) for each, about, was in found]
                    sightings.save(connection, number, seen, NOW)

        yield store, lambda: Merger(DedupSettings(), ()).run(engines[-1], NOW)
        for engine in engines:
            engine.dispose()


def acts(readings: list[Read]) -> dict[str, Act]:
    """What is measured in this process, beside storing and merging."""
    whole = documents_of(ITEMS)
    new = [
        Document(
            body=document(number, ITEMS + 1),
            content_type="application/xml",
            url=one.url,
            rules=Rules(),
            memory=known.memory,
        )
        for number, (one, known) in enumerate(zip(whole, readings, strict=True))
    ]
    item = Feed(entries=(Entry(guid="1", title="Report", html=TEXTS["2 KB, ten links"]),))
    entries = tuple(entry for one in readings for entry in one.feed.entries)[:50]
    shown = Feed(title="News", entries=entries, updated=NOW)
    return {
        "read feeds in full": lambda: [read(one) for one in whole],
        "read one new item of each": lambda: [read(one) for one in new],
        "clean an item with ten links": lambda: [
            clean(item, base="https://e.example/", rules=Rules()) for _ in range(200)
        ],
        "render fifty stories as Atom": lambda: FORMATS["atom"].render(shown),
    }


def commands(folder: Path, publishers: Publishers) -> dict[str, float]:
    """Seconds of CPU of whole commands, with all their processes."""
    costs = {"aggregator --help": measure((sys.executable, "-m", "aggregator", "--help")).cpu}
    OURS.prepare(folder, publishers.addresses())
    for mode, name in (("full", "ingest, all is new"), ("304", "ingest, nothing is new")):
        publishers.answer(mode)  # type: ignore[arg-type]
        costs[name] = measure(OURS.command(folder)).cpu
    return costs


def spent(act: Act) -> float:
    """Seconds of CPU."""
    started = time.process_time()
    act()
    return time.process_time() - started


def figures(rounds: int) -> dict[str, float]:
    """Everything in yardsticks."""
    readings = [one for one in map(read, documents_of(ITEMS)) if isinstance(one, Read)]
    costs: dict[str, list[float]] = {}
    unit: list[float] = []
    with storing(readings) as (store, merge):
        measured = acts(readings) | {"store what was read": store, "merge it": merge}
        for _ in range(rounds):
            for name, act in measured.items():
                unit.append(spent(yardstick))
                costs.setdefault(name, []).append(spent(act))
    with Publishers(POLLED) as publishers, tempfile.TemporaryDirectory(prefix="aggregator-quick-") as temporary:
        for number in range(max(rounds // 2, 1)):
            unit.append(spent(yardstick))
            folder = Path(temporary) / str(number)
            folder.mkdir()
            for name, cost in commands(folder, publishers).items():
                costs.setdefault(name, []).append(cost)
    print(f"the yardstick took {min(unit) * 1000:.1f} ms of CPU")
    return {name: min(some) / min(unit) for name, some in costs.items()}


def main() -> None:
    """Measure, compare, and say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="write the figures down instead of comparing")
    options = parser.parse_args()
    found = figures(options.rounds)
    if options.keep:
        FILE.write_text(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=2) + "\n")
    kept: dict[str, float] = json.loads(FILE.read_text())
    slower = [name for name, value in found.items() if value > kept.get(name, value) * TOLERANCE]
    for name, value in found.items():
        before = kept.get(name, value)
        mark = "  SLOWER" if name in slower else ""
        print(f"{name:32} {value:8.3f} yardsticks, kept {before:8.3f}   {value / before:5.2f} ×{mark}")
    sys.exit(bool(slower))


if __name__ == "__main__":
    main()
