"""Reading only what is new stores what reading everything stores, for any series of documents of one source."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from aggregator.config.settings import FetchSettings
from aggregator.ingest.child import Document, Read, read
from aggregator.ingest.pipeline import decide
from aggregator.ingest.writer import Writer
from aggregator.outcome import Exchange, Updated, Validators
from aggregator.store import claims, schema
from aggregator.store.engine import open_engine, reading, upgrade, writing
from feeds.clean.rules import Rules
from tests.builders import listed, source_settings, sync

A = "https://a.example/feed"
NOW = datetime.fromisoformat("2026-03-01T10:00:00+00:00")
RULES = Rules(drop=("title ~ dropped", "age > 27d"))  # which the dated items become with the second poll
NOT_COMPARED = {"id", "source_id", "memory"}  # numbers of rows, and what only one of the two has


def item(name: str, guid: str, version: int, date: str) -> str:
    return (
        f"<item><guid>{guid}</guid><title>Entry {name}</title><link>/{name}</link>{date}"
        f"<description>&lt;p&gt;Text {version}&lt;/p&gt;&lt;img src='i.png'&gt;</description></item>"
    )


DATES = st.sampled_from(["", "<pubDate>Mon, 02 Feb 2026 10:00:00 GMT</pubDate>"])
ITEMS = st.builds(item, st.sampled_from(["a", "b", "dropped"]), st.sampled_from("12"), st.integers(0, 1), DATES)
AROUND = ("<link>https://a.example/</link>", "<link>https://b.example/</link>", "<language>de</language>")


@st.composite
def series(draw: st.DrawFn) -> list[str]:
    """Documents that a source serves one after the other: of the same few items, so that they come, go and return."""
    few = st.sampled_from(draw(st.lists(ITEMS, min_size=3, max_size=4, unique=True)))
    around = st.sampled_from(AROUND[:1] * 3 + AROUND)
    documents = st.tuples(around, st.lists(few, max_size=4))
    return [
        f'<rss version="2.0"><channel><title>A</title>{head}{"".join(items)}</channel></rss>'
        for head, items in draw(st.lists(documents, min_size=2, max_size=4))
    ]


def poll(engine: Engine, body: bytes, now: datetime, *, remembers: bool) -> None:
    """One poll of the source, from the bytes to the rows."""
    with writing(engine) as connection:
        (claim,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=timedelta(minutes=1))
    memory = claim.memory if remembers else b""
    answer = read(Document(body=body, content_type=None, url=A, rules=RULES, now=now, memory=memory))
    assert isinstance(answer, Read)
    outcome = Updated(
        feed=answer.feed,
        originals=answer.originals,
        findings=answer.findings,
        carried=answer.carried,
        memory=answer.memory,
        validators=Validators(),
        body_digest=b"",
        exchange=Exchange(status=200),
    )
    result = decide(claim, source_settings(A), outcome, FetchSettings(), now, spread=0.0)
    Writer(engine, lambda: now)._commit([replace(result, next_fetch_at=now)])


def rows(engine: Engine) -> list[list[dict[str, Any]]]:
    """All that is stored of sources, their polls and what they carried."""
    with reading(engine) as connection:
        return [
            [
                {name: value for name, value in row._mapping.items() if name not in NOT_COMPARED}
                for row in connection.execute(select(table).order_by(*order))
            ]
            for table, order in (
                (schema.sources, (schema.sources.c.id,)),
                (schema.sightings, (schema.sightings.c.guid_key,)),
                (schema.fetches, (schema.fetches.c.id,)),
            )
        ]


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    both = open_engine("sqlite://"), open_engine("sqlite://")
    for engine in both:
        upgrade(engine)
    yield both
    for engine in both:
        engine.dispose()


def empty(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(delete(table))


@settings(max_examples=300, deadline=None)
@given(documents=series())
def test_reading_only_what_is_new_stores_what_reading_everything_stores(
    engines: tuple[Engine, Engine], documents: list[str]
) -> None:
    for engine in engines:
        empty(engine)
        sync(engine, NOW, listed(A))
    for number, text in enumerate(documents):
        for engine, remembers in zip(engines, (True, False), strict=True):
            poll(engine, text.encode(), NOW + number * timedelta(hours=1), remembers=remembers)
        assert rows(engines[0]) == rows(engines[1])
