"""Case Q23: values that a database refuses are cleaned before they reach it; what slips through stops its own source
alone, on both databases alike.
"""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from aggregator.ingest import pipeline
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.store.engine import reading, writing
from aggregator.store.identity import Seen
from aggregator.store.schema import sightings, sources
from aggregator.store.sightings import save
from feeds.model import Enclosure, Entry
from feeds.parse.claims import MAX_GUID
from tests.builders import entry, listed, seen, settings, source_settings, sync
from tests.fakes import FakeClient, FakeParser, answer, rss

A, B = "https://a.example/feed", "https://b.example/feed"
LONG = "k" * 12_000
HOSTILE = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "A \0 feed \ud800",
        "home_page_url": "https://a.example/\0",
        "items": [
            {
                "id": f"{LONG}\0\ud800",
                "url": f"https://a.example/{LONG}",
                "title": "Before\0 and \udfffafter",
                "content_html": "<p>Text\0 \ud800</p><img src='https://a.example/\0.png'>",
                "summary": "\0",
                "image": "https://a.example/\ud800.png",
                "tags": ["\0", "t\ud800"],
                "authors": [{"name": "N\0"}],
                "language": "\0",
                "attachments": [
                    {"url": "https://a.example/1.mp3", "mime_type": "audio/\0", "size_in_bytes": 10**20},
                    {"url": "https://a.example/2.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 10**20},
                ],
            }
        ],
    }
).encode()


async def poll(engine: Engine, tmp_path: Path, now: datetime, document: bytes) -> None:
    """Poll A, which has this document, and B, which has an ordinary one, in one group."""
    sync(engine, now, listed(A), listed(B))
    given = settings(tmp_path, source_settings(A), source_settings(B))
    client = FakeClient({A: answer(document, A), B: answer(rss("1"), B)})
    async with Worker(engine, given, clock=lambda: now) as worker:
        worker._pipeline = Pipeline(client, FakeParser(), given.fetch, instances=(), folder=tmp_path)  # type: ignore[arg-type]
        await worker.drain()


def reasons(engine: Engine) -> list[str | None]:
    with reading(engine) as connection:
        return list(connection.scalars(select(sources.c.reason).order_by(sources.c.id)))


async def test_q23_hostile_values_are_stored_clean(engine: Engine, tmp_path: Path, now: datetime) -> None:
    await poll(engine, tmp_path, now, HOSTILE)
    assert reasons(engine) == [None, None]
    with reading(engine) as connection:
        row = connection.execute(select(sightings).where(sightings.c.source_id == 1)).one()
    assert row.title == "Before and after"
    assert (row.guid[:1900], len(row.guid)) == (LONG[:1900], MAX_GUID)
    said = repr([row.guid, row.url, row.title, row.html, row.summary, row.tags, row.authors, row.enclosures])
    assert not any(bad in said for bad in ("\\x00", "\\ud800", "\\udfff", "0" * 20))


@pytest.mark.parametrize(
    "bad",
    [
        {"title": "a\0b"},
        {"html": "<p>\0</p>"},
        {"summary": "\0"},
        {"url": "https://a.example/\0"},
        {"title": "a\ud800b"},
        {"enclosures": (Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length=10**20),)},
    ],
    ids=str,
)
def test_q23_the_store_refuses_what_was_not_cleaned(engine: Engine, now: datetime, bad: dict[str, Any]) -> None:
    sync(engine, now, listed(A))
    (one,) = seen(entry("1"))
    dirty = replace(one, entry=replace(one.entry, **bad))
    with writing(engine) as connection, pytest.raises((ValueError, OverflowError)):
        save(connection, 1, [dirty], now)


async def test_q23_what_slips_through_stops_its_own_source_alone(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(*, entry: Entry, **rest: Any) -> Seen:
        dirty = replace(entry, title="a\0b") if entry.guid == "dirty" else entry
        return Seen(entry=dirty, **rest)

    monkeypatch.setattr(pipeline, "Seen", careless)
    await poll(engine, tmp_path, now, rss("clean", "dirty"))
    assert reasons(engine) == ["bug", None]
    with reading(engine) as connection:
        assert list(connection.scalars(select(sightings.c.source_id))) == [2]
