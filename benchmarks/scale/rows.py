"""Synthetic sources, written by the database itself: a million in half a minute."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from aggregator.store import sources
from aggregator.store.engine import writing

NOW = datetime(2026, 11, 1, tzinfo=UTC)
OF_A_HOST = 10  # sources
CATEGORIES = 20
MEMORY = bytes(range(256)) * 2  # what is remembered of a document with 30 entries
ARRIVALS = "[" + ",".join(f'"2026-10-{day:02}T08:00:00Z"' for day in range(28, 8, -1)) + "]"

# `i` counts the rows. None is due at NOW: they are spread over the hour that follows.
_DUE = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', '2026-11-01', '+' || (1 + i % 3600) || ' seconds') || '.000000'",
    "postgresql": "timestamptz '2026-11-01 00:00:00+00' + (1 + i % 3600) * interval '1 second'",
}
_THEN = {"sqlite": "'2026-10-31 23:00:00.000000'", "postgresql": "timestamptz '2026-10-31 23:00:00+00'"}


def fill(engine: Engine, first: int, last: int) -> None:
    """Add the sources with these numbers, `last` included: all fetched before, none due at NOW."""
    due, then = _DUE[engine.dialect.name], _THEN[engine.dialect.name]
    with writing(engine) as connection:
        if first == 1:
            sources.sync(connection, (), ("all", *(f"c{number}" for number in range(CATEGORIES))), NOW)
        connection.execute(
            text(f"""
            WITH RECURSIVE n(i) AS (SELECT CAST(:first AS integer) UNION ALL SELECT i + 1 FROM n WHERE i < :last)
            INSERT INTO sources (address, kind, host, added_at, next_fetch_at, validators_url, etag, body_digest,
                memory, arrivals, last_fetch_at, last_success_at, last_document_at, title, link, reading)
            SELECT 'https://host' || (i / {OF_A_HOST}) || '.example/feeds/' || i || '.xml', 'feed',
                'host' || (i / {OF_A_HOST}) || '.example', {then}, {due},
                'https://host' || (i / {OF_A_HOST}) || '.example/feeds/' || i || '.xml', :etag, :digest,
                :memory, :arrivals, {then}, {then}, {then}, 'What site ' || i || ' says', 'https://a.example/', :reading
            FROM n"""),
            {
                "first": first,
                "last": last,
                "etag": b'"65f1b2c3-1a2b"',
                "digest": bytes(16),
                "memory": MEMORY,
                "arrivals": ARRIVALS,
                "reading": bytes(16),
            },
        )
        filed = text(
            "INSERT INTO source_categories (source_id, category_id) SELECT id, 1 FROM sources WHERE id >= :first "
            f"UNION ALL SELECT id, 2 + id % {CATEGORIES} FROM sources WHERE id >= :first"
        )
        connection.execute(filed, {"first": first})
    tidy_up(engine)


def tidy_up(engine: Engine) -> None:
    """What PostgreSQL does by itself now and then, at a known moment."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def make_due(engine: Engine, size: int, count: int) -> int:
    """Let `count` of the sources be due at NOW, or all if there are fewer, spread evenly; returns how many."""
    every = max(1, size // count)
    with writing(engine) as connection:
        due = text("UPDATE sources SET next_fetch_at = :at WHERE id % :every = 0")
        return connection.execute(due, {"at": _text(engine, NOW - timedelta(minutes=1)), "every": every}).rowcount


def _text(engine: Engine, at: datetime) -> object:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if engine.dialect.name == "sqlite" else at
