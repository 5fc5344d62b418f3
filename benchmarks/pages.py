"""What the pages cost with many stories: CPU of a request through the whole application, and the query plans.

    python -m benchmarks.pages [--stories N] [--plans]

Fills a database with N stories (200,000) of ten sources in ten nested categories, a third of them in two, and asks for
the first page, a category, a page in the middle and at the end of it, and a story.
"""

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, event

from aggregator.store.engine import open_engine, upgrade
from aggregator.web import create_app
from aggregator.web.river import write_place
from tests.builders import listed, settings, source_settings, sync

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SOURCES = 10
ROUNDS = 40
TEXT = "<p>" + "The river of news runs on, and nobody counts what is in it. " * 25 + "</p>"

STORIES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :stories)
INSERT INTO stories (id, uuid, lead_id, published, updated)
SELECT i, printf('%032x', i), i, strftime('%Y-%m-%d %H:%M:%S.000000', 1700000000 + i * 60, 'unixepoch'),
       strftime('%Y-%m-%d %H:%M:%S.000000', 1700000000 + i * 60, 'unixepoch') FROM n
"""
SIGHTINGS = """
INSERT INTO sightings (id, source_id, guid_key, guid, url, title, html, summary, authors, tags, enclosures, image,
                       first_seen_at, revised, digest, text_digest, words, story_id, reason, pending)
SELECT id, 1 + id % :sources, CAST('key' || id AS BLOB), 'guid' || id, 'https://a.example/' || id,
       'A headline of ordinary length, number ' || id, :text, '', '[]', '["news","river"]', '[]',
       'https://a.example/' || id || '.jpg', published, published, x'00', x'00', 300, id, 'founder', 0 FROM stories
"""
OTHERS = """
INSERT INTO sightings (id, source_id, guid_key, guid, url, title, html, summary, authors, tags, enclosures,
                       first_seen_at, revised, digest, text_digest, words, story_id, reason, pending)
SELECT id + :stories, 1 + (id + 3) % :sources, CAST('key' || id AS BLOB), 'other' || id, 'https://b.example/' || id,
       'The same, elsewhere', '<p>Short.</p>', '', '[]', '[]', '[]', published, published, x'00', x'00', 2, id, 'url', 0
FROM stories WHERE id % 3 = 0
"""
FILED = """
INSERT INTO story_categories (category_id, story_id, published)
SELECT DISTINCT category_id, stories.id, stories.published FROM stories
JOIN sightings ON sightings.story_id = stories.id
JOIN source_categories ON source_categories.source_id = sightings.source_id
"""
COUNTED = "UPDATE categories SET stories = (SELECT count(*) FROM story_categories WHERE category_id = categories.id)"


def fill(engine: Engine, stories: int) -> list[str]:
    """The stories, as a merge leaves them; returns the slugs of the categories."""
    slugs = ["world", *(f"world/part-{number}" for number in range(1, SOURCES))]
    sync(engine, NOW, *(listed(address(n), "world", slugs[n]) for n in range(SOURCES)))
    with engine.begin() as connection:
        for statement in (STORIES, SIGHTINGS, OTHERS, FILED, COUNTED):
            known = {"stories": stories, "sources": SOURCES, "text": TEXT}
            wanted = {name: value for name, value in known.items() if f":{name}" in statement}
            connection.exec_driver_sql(statement, wanted)
    return slugs


def address(number: int) -> str:
    return f"https://source-{number}.example/feed"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stories", type=int, default=200_000)
    options.add_argument("--plans", action="store_true", help="print the plan of every statement of a request")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/pages.db")
        upgrade(engine)
        slugs = fill(engine, chosen.stories)
        sources = [source_settings(address(n), categories=("world", slugs[n])) for n in range(SOURCES)]
        client = create_app(settings(Path(folder), *sources), engine).test_client()
        for name, path in paths(chosen.stories).items():
            statements = heard(engine, lambda path=path: client.get(path))  # type: ignore[misc]
            took = sorted(timed(lambda path=path: client.get(path)) for _ in range(ROUNDS))  # type: ignore[misc]
            size = len(client.get(path).data)
            print(
                f"{name:28} {statistics.median(took):6.1f} ms, at worst {took[-1]:6.1f},"
                f" {len(statements)} statements, {size / 1000:.0f} KB"
            )
            if chosen.plans:
                explain(engine, statements)
        engine.dispose()


def paths(stories: int) -> dict[str, str]:
    """What is asked for."""
    first = datetime.fromtimestamp(1_700_000_000, UTC)
    middle = write_place((first + timedelta(minutes=stories // 2), stories // 2))
    return {
        "/": "/",
        "a category": "/category/world/part-3",
        "a category's middle": f"/category/world?before={middle}",
        "a category's end": f"/category/world?before={write_place((first + timedelta(minutes=40), 40))}",
        "a story": f"/story/{UUID(int=3)}",
    }


def timed(ask: object) -> float:
    began = time.process_time()
    ask()  # type: ignore[operator]
    return (time.process_time() - began) * 1000


def heard(engine: Engine, ask: object) -> list[tuple[str, object]]:
    """The statements of one request."""
    found: list[tuple[str, object]] = []

    def hear(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    ask()  # type: ignore[operator]
    event.remove(engine, "before_cursor_execute", hear)
    return [one for one in found if one[0].lstrip().upper().startswith(("SELECT", "WITH"))]


def explain(engine: Engine, statements: list[tuple[str, object]]) -> None:
    with engine.connect() as connection:
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            print("   ", " ".join(statement.split())[:100])
            for row in rows:
                print("       ", row[3])


if __name__ == "__main__":
    main()
