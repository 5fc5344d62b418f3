"""How fast search answers over 200,000 stories, half of them Chinese and half English; what its index costs.

    python -m benchmarks.search [--database URL] [--stories 200000] [--questions 40]

Without `--database` in a SQLite file in a temporary folder. A PostgreSQL database must be empty; its tables go at the
end. Texts are words drawn by Zipf's law: 260 of 60,000 English ones, or 126 of 40,000 Chinese ones of one to four
characters. Prints how many stories are indexed a second of wall clock (and
of our own CPU), the size of the database without and with the index, and p50 and p95 of finding and reading the twenty
best stories, for each sort of question, in wall clock and in our own CPU (with SQLite in it). Target: 50 ms.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from aggregator.store import search, sources, texts, views
from aggregator.store.engine import open_engine, reading, upgrade, writing
from aggregator.store.schema import categories, metadata, sightings, stories, story_categories
from aggregator.store.sources import Listed
from feeds.terms import asked

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 5_000
CATEGORIES = 20
SYLLABLES = (
    "re",
    "con",
    "in",
    "ter",
    "pro",
    "de",
    "com",
    "an",
    "tion",
    "al",
    "er",
    "ma",
    "li",
    "no",
    "ta",
    "si",
    "ko",
    "be",
)
PAGE = 20

Row = dict[str, Any]


class Words:
    """A vocabulary, the most frequent word first, and texts made of it by Zipf's law."""

    def __init__(self, words: Sequence[str], between: str, dice: random.Random) -> None:
        self.words = words
        self._between = between
        self._weights = [*accumulate(1 / (rank + 2) for rank in range(len(words)))]
        self._dice = dice

    def some(self, count: int) -> str:
        """So many words."""
        return self._between.join(self._dice.choices(self.words, cum_weights=self._weights, k=count))


def english(dice: random.Random) -> Words:
    """Made words of two to five syllables, with and without an ending."""
    stems = {"".join(dice.choices(SYLLABLES, k=dice.randint(2, 5))) for _ in range(30_000)}
    words = sorted(stems | {f"{stem}s" for stem in stems})
    dice.shuffle(words)
    return Words(words, " ", dice)


def chinese(dice: random.Random) -> Words:
    """Made words of 3,500 characters, some of which are in many words."""
    characters = [chr(0x4E00 + number) for number in range(3_500)]
    dice.shuffle(characters)
    one = Words(characters, "", dice)
    words = sorted({one.some(dice.choice((1, 2, 2, 2, 2, 3, 4))) for _ in range(40_000)})
    dice.shuffle(words)
    return Words(words, "", dice)


def made(number: int, en: Words, zh: Words) -> Row:
    """One sighting."""
    if number % 2:
        title, html = en.some(9), f"<p>{en.some(130)}.</p>\n<p>{en.some(130)}.</p>"
    else:
        title, html = zh.some(8), f"<p>{'，'.join(zh.some(7) for _ in range(18))}。</p>"
    return {
        "id": number + 1,
        "story_id": number + 1,
        "source_id": number % CATEGORIES + 1,
        "guid_key": number.to_bytes(32, "big"),
        "guid": str(number),
        "url": f"https://site.example/{number}",
        "title": title,
        "html": html,
        "summary": "",
        "published": NOW - timedelta(minutes=2 * (1_000_000 - number)),
        "first_seen_at": NOW,
        "revised": NOW,
        "digest": b"",
        "text_digest": number.to_bytes(8, "big"),
        "words": 260,
        "pending": 0,
        "reason": "founder",
    }


def fill(engine: Engine, count: int, en: Words, zh: Words) -> None:
    """Stories of one sighting each, in `all` and in one of twenty categories."""
    slugs = ("all", *(f"c{number}" for number in range(CATEGORIES)))
    listed = [
        Listed(address=f"https://site{number}.example/feed", kind="feed", slugs=("all", f"c{number}"))
        for number in range(CATEGORIES)
    ]
    with writing(engine) as connection:
        sources.sync(connection, listed, slugs, NOW)
    rows = (made(number, en, zh) for number in range(count))
    while chunk := list(islice(rows, CHUNK)):
        with writing(engine) as connection:
            connection.execute(
                insert(stories),
                [
                    {"id": row["id"], "uuid": UUID(int=row["id"]), "lead_id": row["id"], "updated": NOW}
                    | {"published": row["published"]}
                    for row in chunk
                ],
            )
            connection.execute(insert(sightings), chunk)
            connection.execute(insert(story_categories), list(filed(chunk)))
    with writing(engine) as connection:  # what filing counts
        theirs = select(func.count()).where(story_categories.c.category_id == categories.c.id)
        connection.execute(update(categories).values(stories=theirs.scalar_subquery()))


def filed(chunk: Sequence[Row]) -> Iterator[Row]:
    """The places of stories in their categories."""
    for row in chunk:
        for category in (1, row["source_id"] + 1):
            yield {"category_id": category, "story_id": row["id"], "published": row["published"]}


def index(engine: Engine, count: int) -> None:
    """Index what waits, as the service does it."""
    started, cpu = time.perf_counter(), time.process_time()
    texts.index_all(engine)
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"indexed {count / spent:,.0f} stories/s, {count / cpu:,.0f} a second of our CPU", flush=True)


def questions(en: Words, zh: Words, dice: random.Random, count: int) -> dict[str, list[str]]:
    """What people ask, of every sort: common and rare words, phrases, several words, one character, hostile ones."""

    def some(words: Words, low: int, high: int, join: str, number: int) -> Callable[[], str]:
        return lambda: join.join(words.words[dice.randrange(low, high)] for _ in range(number))

    two = [word for word in zh.words if len(word) == 2]
    sorts = {
        "en, one of the 50 commonest words": some(en, 0, 50, "", 1),
        "en, one word": some(en, 50, 20_000, "", 1),
        "en, two words": some(en, 0, 2_000, " ", 2),
        "en, five common words": some(en, 0, 50, " ", 5),
        "en, a phrase": lambda: f'"{some(en, 0, 60, " ", 2)()}"',
        "zh, two characters, common": lambda: two[dice.randrange(50)],
        "zh, two characters": lambda: two[dice.randrange(50, 10_000)],
        "zh, four characters": lambda: zh.some(2)[:4],
        "zh, two words": some(zh, 0, 500, " ", 2),
        "one character": lambda: zh.words[dice.randrange(500)][0],
        "eight characters apart": lambda: " ".join(zh.words[dice.randrange(50)][0] for _ in range(8)),
        "eight beginnings of common words": lambda: " ".join(en.words[dice.randrange(40)][:4] for _ in range(8)),
        "10 KB": lambda: zh.some(3_000),
    }
    return {name: [ask() for _ in range(count)] for name, ask in sorts.items()}


def measure(engine: Engine, sort: str, asked_for: Sequence[str]) -> None:
    """Print how long the twenty best of each take."""
    spent, ours, found = [], [], []
    for slug in ("all", "c3"):
        for question in asked_for:
            started, cpu = time.perf_counter(), time.process_time()
            with reading(engine) as connection:
                ids = search.best(connection, asked(question), slug)
                views.by_ids(connection, ids[:PAGE])
            spent.append((time.perf_counter() - started) * 1_000)
            ours.append((time.process_time() - cpu) * 1_000)
            found.append(len(ids))
    wall, own = (f"{statistics.median(some):6.1f} {_p95(some):6.1f}" for some in (spent, ours))
    print(f"{sort:<34} {wall} ms   our CPU {own} ms   found {statistics.median(found):>6,.0f}", flush=True)


def _p95(some: Sequence[float]) -> float:
    return statistics.quantiles(some, n=20)[-1]


def size(engine: Engine) -> float:
    """Of the whole database, in MB."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            return float(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0) / 1e6
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(str(engine.url.database)).stat().st_size / 1e6


def run(engine: Engine, count: int, asked_for: int) -> None:
    """Fill, index, ask."""
    upgrade(engine)
    dice = random.Random(1)  # the same in every run
    en, zh = english(dice), chinese(dice)
    fill(engine, count, en, zh)
    before = size(engine)
    index(engine, count)
    print(f"{before:,.0f} MB without the index, {size(engine) - before:,.0f} MB more with it", flush=True)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does by itself
            with suppress(ProgrammingError):  # not every role may
                connection.execute(text("CHECKPOINT"))  # what the fill began is not of the searches
    for sort, some in questions(en, zh, dice, asked_for).items():
        measure(engine, sort, some)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", metavar="URL")
    parser.add_argument("--stories", type=int, default=200_000)
    parser.add_argument("--questions", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(options.database or f"sqlite:///{folder}/search.db")
        try:
            run(engine, options.stories, options.questions)
        finally:
            if options.database:
                metadata.drop_all(engine)
                with writing(engine) as connection:
                    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
            engine.dispose()


if __name__ == "__main__":
    main()
