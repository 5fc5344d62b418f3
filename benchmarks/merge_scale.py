"""How fast the merge is, and how that changes with the stories in the window: 10,000 to 1,000,000.

    python -m benchmarks.merge_scale [--database URL] [--sizes 10000 100000 1000000] [--new 20000] [--profile]

Without `--database` in a SQLite file in a temporary folder. A PostgreSQL database must be empty; its tables go at the
end. The window is filled with sightings of 1,000 sources, each a story with a text of 300 bytes, a sketch and ten keys;
of the keys of texts one in ten is one of 200 phrases that everybody uses. Then `--new` sightings wait, 15 % of them
copies of what is there by address, title or text, and are merged as the service does it. What ingest stores is not
timed, nor what a process does once: read the keys of the window. Prints sightings a second of wall clock, and of our
own CPU (with SQLite in it, without PostgreSQL). Target: 5,000 with a million.
"""

import argparse
import cProfile
import pstats
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, insert, select, text

from aggregator.config.settings import DedupSettings
from aggregator.dedup import window
from aggregator.dedup.merge import Merger
from aggregator.service.process import collect_less
from aggregator.store import keys, sources
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.store.schema import metadata, sightings, stories, story_categories
from aggregator.store.sources import Listed
from feeds.fingerprint import packed, unpacked

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SOURCES = 1_000
CATEGORIES = 20
CHUNK = 50_000
HTML = "<p>" + "some words of a text that is there " * 8 + "</p>"
COPIES = 0.15

Row = dict[str, Any]


def row(number: int, dice: random.Random, phrases: list[int]) -> Row:
    """One sighting, as `sightings.save` would store it."""
    own = unpacked("q", dice.randbytes(64))
    near = [dice.choice(phrases) if dice.random() < 0.1 else key for key in own]
    return {
        "source_id": number % SOURCES + 1,
        "guid_key": number.to_bytes(32, "big"),
        "guid": f"guid-{number}",
        "url": f"https://site{number % SOURCES}.example/posts/{number}",
        "title": f"What happened in place {number} on the day that it did",
        "html": HTML,
        "summary": "",
        "published": NOW - timedelta(seconds=number % 600_000),
        "first_seen_at": NOW,
        "revised": NOW,
        "digest": b"digest",
        "text_digest": b"digest",
        "url_key": dice.getrandbits(63),
        "title_key": dice.getrandbits(63),
        "link_key": dice.getrandbits(63),
        "words": 250,
        "shingles": 248,
        "sketch": packed("I", sorted(unpacked("I", dice.randbytes(512)))),
        "near_keys": packed("q", near),
    }


def copy_of(other: Row, number: int, dice: random.Random, phrases: list[int]) -> Row:
    """A sighting of another source that repeats one by address, by title or by text."""
    made = row(number, dice, phrases) | {"source_id": dice.randrange(SOURCES) + 1}
    kind = number % 3
    if kind == 0:
        return made | {"url_key": other["url_key"], "title": other["title"]}
    if kind == 1:
        shared = {name: other[name] for name in ("title", "title_key", "sketch")}
        return made | shared | {"published": other["published"]}
    return made | {name: other[name] for name in ("sketch", "near_keys", "published")}


def fill(engine: Engine, first: int, last: int, dice: random.Random, phrases: list[int]) -> list[Row]:
    """Put stories into the window; returns some of them, to be copied."""
    rows = (row(number, dice, phrases) for number in range(first, last))
    sample: list[Row] = []
    while chunk := list(islice(rows, CHUNK)):
        with writing(engine) as connection:
            start = (connection.scalar(select(func.max(sightings.c.id))) or 0) + 1
            ids = range(start, start + len(chunk))
            connection.execute(insert(stories), [_story(id_, one) for id_, one in zip(ids, chunk, strict=True)])
            placed = [
                one | {"id": id_, "story_id": id_, "pending": 0, "reason": "founder"}
                for id_, one in zip(ids, chunk, strict=True)
            ]
            connection.execute(insert(sightings), placed)
            connection.execute(insert(story_categories), list(_filed(placed)))
            keys.remember(connection, window.packed([pair for one in placed for pair in _keys(one)]), newest=ids[-1])
        sample += chunk[:: max(1, len(chunk) // 2_000)]
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            _set_sequences(connection)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as after two weeks: nothing to be tidied while we measure
            connection.execute(text("CHECKPOINT"))
    return sample


def _set_sequences(connection: Any) -> None:
    for table in ("sightings", "stories"):
        connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


def _story(id_: int, one: Row) -> Row:
    return {"id": id_, "uuid": UUID(int=id_), "lead_id": id_, "published": one["published"], "updated": NOW}


def _filed(placed: list[Row]) -> Iterator[Row]:
    for one in placed:
        for category in (1, one["source_id"] % CATEGORIES + 2):
            yield {"category_id": category, "story_id": one["id"], "published": one["published"]}


def _keys(one: Row) -> Iterator[tuple[int, int]]:
    for key in {one["url_key"], one["title_key"], *unpacked("q", one["near_keys"])}:
        yield key, one["id"]


def measure(engine: Engine, size: int, before: list[Row], new: int, dice: random.Random, phrases: list[int]) -> float:
    """Sightings merged a second."""
    rows = []
    for number in range(size, size + new):
        copied = dice.random() < COPIES
        rows.append(copy_of(dice.choice(before), number, dice, phrases) if copied else row(number, dice, phrases))
    merger = Merger(DedupSettings(), ())
    _wait(engine, rows[:1])
    started = time.perf_counter()
    merger.run(engine, NOW)
    print(f"read the window and merged one sighting in {time.perf_counter() - started:.2f} s", flush=True)
    _wait(engine, rows[1:])
    started, cpu = time.perf_counter(), time.process_time()
    merged = merger.run(engine, NOW)
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    found = (merged.sightings - merged.founded) / (COPIES * new)
    speed = f"{new / spent:>7,.0f} sightings/s, {new / cpu:,.0f} a second of our CPU"
    print(f"{size:>9,} stories in the window: {speed}; {found:.0%} of the copies found", flush=True)
    return new / spent


def _wait(engine: Engine, rows: list[Row]) -> None:
    """As ingest leaves them."""
    with writing(engine) as connection:
        connection.execute(insert(sightings), rows)


def run(engine: Engine, sizes: list[int], new: int, profile: cProfile.Profile | None) -> None:
    """All sizes, one after the other, in one database that grows."""
    upgrade(engine)
    collect_less()
    listed = [
        Listed(address=f"https://site{number}.example/feed", kind="feed", slugs=("all", f"c{number % CATEGORIES}"))
        for number in range(SOURCES)
    ]
    with writing(engine) as connection:
        sources.sync(connection, listed, ("all", *(f"c{number}" for number in range(CATEGORIES))), NOW)
    dice = random.Random(1)  # the same in every run
    phrases = [dice.getrandbits(62) for _ in range(200)]
    there = 0
    sample: list[Row] = []
    for size in sizes:
        started = time.perf_counter()
        sample += fill(engine, there, size, dice, phrases)
        print(f"filled up to {size:,} in {time.perf_counter() - started:.0f} s", flush=True)
        if profile:
            profile.enable()
        measure(engine, size, sample, new, dice, phrases)
        if profile:
            profile.disable()
        there = size + new


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", metavar="URL")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--new", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    profile = cProfile.Profile() if options.profile else None
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(options.database or f"sqlite:///{folder}/merge.db")
        try:
            run(engine, options.sizes, options.new, profile)
        finally:
            if options.database:
                metadata.drop_all(engine)
                with writing(engine) as connection:
                    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
            engine.dispose()
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
