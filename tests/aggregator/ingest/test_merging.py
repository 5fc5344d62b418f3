"""Merging and indexing beside polls: neither waits for the other, and what fails of either is told."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.errors import ParserDied
from aggregator.ingest import merging
from aggregator.ingest.child import Texts
from aggregator.ingest.merging import merge_meanwhile, merge_waiting
from aggregator.ingest.worker import Worker
from aggregator.store import texts
from aggregator.store.engine import reading
from aggregator.store.schema import stories, story_texts
from feeds.terms import Terms, terms_of
from tests.builders import carry, entry, listed, settings, source_settings, sync

A = "https://a.example/feed"


class Readers:
    """In place of the reading processes: answers when it may, or has died."""

    def __init__(self, *, dead: bool = False) -> None:
        self.may_answer = asyncio.Event()
        self.asked = 0
        self._dead = dead

    async def index(self, asked: Texts) -> tuple[Terms, ...]:
        self.asked += len(asked.texts)
        if self._dead:
            raise ParserDied("no more")
        await self.may_answer.wait()
        return tuple(terms_of(*one) for one in asked.texts)


def worker_of(engine: Engine, tmp_path: Path, now: datetime, readers: Readers) -> Worker:
    sync(engine, now, listed(A))
    worker = Worker(engine, settings(tmp_path, source_settings(A)), clock=lambda: now)
    worker.parser = readers  # type: ignore[assignment]
    return worker


def count(engine: Engine, of: object = stories) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(of)) or 0  # type: ignore[arg-type]


async def test_merging_does_not_wait_for_what_is_to_be_indexed(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "EVERY_SECONDS", 0.001)
    readers, over = Readers(), asyncio.Event()
    worker = worker_of(engine, tmp_path, now, readers)
    async with worker.writer, asyncio.timeout(20):
        merger = Merger(DedupSettings(), ())
        run = asyncio.create_task(merge_meanwhile(worker, merger, engine, lambda: now, over))
        for number in range(1, 4):
            await worker.writer.call(lambda: carry(engine, 1, now, entry(str(number))))  # noqa: B023
            while count(engine) < number or not readers.asked:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert count(engine, story_texts) == 0
        readers.may_answer.set()
        over.set()
        assert (await run).founded == 3
    assert count(engine, story_texts) == 3


async def test_where_no_reading_process_lives_texts_are_indexed_all_the_same(
    engine: Engine, tmp_path: Path, now: datetime
) -> None:
    worker = worker_of(engine, tmp_path, now, Readers(dead=True))
    carry(engine, 1, now, entry("1"), entry("2"))
    async with worker.writer:
        await merge_waiting(worker, Merger(DedupSettings(), ()), engine, lambda: now)
    assert count(engine, story_texts) == 2


async def test_what_is_found_already_is_not_asked_for(engine: Engine, tmp_path: Path, now: datetime) -> None:
    readers = Readers()
    readers.may_answer.set()
    worker = worker_of(engine, tmp_path, now, readers)
    async with worker.writer:
        for title in ("One", "One", "Another"):
            carry(engine, 1, now, entry("1", title=title, image=f"https://a.example/{title}.png"))
            await merge_waiting(worker, Merger(DedupSettings(), ()), engine, lambda: now)
    assert (readers.asked, count(engine, story_texts)) == (2, 1)


async def test_a_database_that_fails_while_polls_go_on_is_told(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Engine, *, after: int) -> None:
        raise OperationalError("SELECT", {}, Exception("disk full"))

    monkeypatch.setattr(texts, "waiting", fails)
    monkeypatch.setattr(merging, "EVERY_SECONDS", 0.001)
    worker, over = worker_of(engine, tmp_path, now, Readers()), asyncio.Event()
    async with worker.writer, asyncio.timeout(20):
        with pytest.raises(OperationalError, match="disk full"):
            await merge_meanwhile(worker, Merger(DedupSettings(), ()), engine, lambda: now, over)
