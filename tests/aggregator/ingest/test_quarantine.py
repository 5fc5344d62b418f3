"""Case N12 with a real database: a source that kills whoever reads it is put aside, shown, and let go again."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from aggregator.config.settings import FetchSettings, Settings
from aggregator.ingest.child import Document, Read
from aggregator.ingest.parser import COMMAND, Parser
from aggregator.ingest.pipeline import CRASHES_ALLOWED, Pipeline
from aggregator.ingest.worker import POLL_WITHIN, Worker
from aggregator.service import health
from aggregator.store import claims
from aggregator.store.engine import reading, writing
from aggregator.store.schema import sources as table
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeClient, answer, rss
from tests.postgres import on_sqlite_only

DEADLY, HARMLESS = "https://deadly.example/feed", "https://harmless.example/feed"
CEILING = FetchSettings().ceiling


class World:
    """A service on two sources, one of which kills its reader while `deadly` is served; time passes when told to."""

    def __init__(self, engine: Engine, tmp_path: Path, now: datetime) -> None:
        self.engine, self.now, self.folder = engine, now, tmp_path
        self.settings: Settings = settings(tmp_path, source_settings(DEADLY), source_settings(HARMLESS))
        self.client = FakeClient({DEADLY: answer(rss("deadly")), HARMLESS: answer(rss("1"), etag=None)})
        sync(engine, now, listed(DEADLY), listed(HARMLESS))

    async def poll(self) -> None:
        """Everything that is due, by real processes; what is deadly makes them leave without a word."""
        async with Parser(1) as parser, Worker(self.engine, self.settings, clock=lambda: self.now) as worker:
            worker._pipeline = Pipeline(
                self.client,  # type: ignore[arg-type]
                Reader(parser, self.folder),  # type: ignore[arg-type]
                self.settings.fetch,
                instances=(),
                folder=self.folder,
                clock=lambda: self.now,
            )
            await worker.drain()

    def die(self) -> None:
        """The whole service dies with everything claimed, and its leases run out."""
        with writing(self.engine) as connection:
            claims.claim_due(connection, now=self.now, limit=9, per_host=9, lease=POLL_WITHIN, only=DEADLY)
        self.now += POLL_WITHIN

    def row(self, address: str) -> tuple[str | None, int, timedelta, int]:
        c = table.c
        with reading(self.engine) as connection:
            statement = select(c.reason, c.failures, c.next_fetch_at, c.attempts).where(c.address == address)
            reason, failures, due, attempts = connection.execute(statement).one()
            return reason, failures, due - self.now, attempts

    def force(self) -> None:
        with writing(self.engine) as connection:
            claims.make_due(connection, self.now, address=DEADLY)

    def asked(self) -> int:
        return sum(request.url == DEADLY for request in self.client.asked)


class Reader:
    """The pool, whose processes die at a document that says so."""

    def __init__(self, parser: Parser, folder: Path) -> None:
        self._parser = parser
        script = folder / "dying.py"
        script.write_text("import os\nos._exit(0)\n")
        self._dying = (sys.executable, str(script))

    async def read(self, document: Document) -> Read:
        deadly = b"deadly" in document.body
        for process in tuple(self._parser._all) if deadly else ():
            process.kill()
            await process.wait()
        self._parser._command = self._dying if deadly else COMMAND
        return await self._parser.read(document)


@pytest.fixture
def world(engine: Engine, tmp_path: Path, now: datetime) -> World:
    return World(engine, tmp_path, now)


async def test_n12_what_kills_its_reader_three_times_is_put_aside_and_the_others_go_on(world: World) -> None:
    waits = []
    for _ in range(4):
        await world.poll()
        reason, failures, wait, _attempts = world.row(DEADLY)
        waits.append(wait)
        world.now += wait
    assert (reason, failures) == ("parser_died", 4)
    assert waits[0] < waits[1] < waits[2] == waits[3] == CEILING
    assert world.row(HARMLESS)[:2] == (None, 0)


async def test_n12_what_was_put_aside_is_shown_with_its_reason(world: World) -> None:
    for _ in range(CRASHES_ALLOWED):
        await world.poll()
        world.now += world.row(DEADLY)[2]
    _, (first, *_) = health.status_of(world.engine, world.settings)
    assert (first.address, first.state, first.reason) == (DEADLY, "paused", "parser_died")
    assert first.needs_attention
    assert (first.detail or "").startswith("the reading process died")
    assert "--force" in (first.advice or "")


async def test_n12_what_was_put_aside_is_let_go_when_its_document_changes(world: World) -> None:
    for _ in range(CRASHES_ALLOWED):
        await world.poll()
        world.now += world.row(DEADLY)[2]
    world.client.answers[DEADLY] = answer(rss("mended"))
    await world.poll()
    assert world.row(DEADLY)[:2] == (None, 0)


async def test_n12_what_was_put_aside_is_tried_at_once_when_it_is_named_and_forced(world: World) -> None:
    for _ in range(CRASHES_ALLOWED):
        await world.poll()
        world.now += world.row(DEADLY)[2]
    await world.poll()
    world.force()
    assert world.row(DEADLY)[2] == timedelta()
    await world.poll()
    assert world.asked() == CRASHES_ALLOWED + 2


async def test_n12_what_the_service_itself_dies_at_is_put_aside_without_being_asked(world: World) -> None:
    for _ in range(CRASHES_ALLOWED):
        world.die()
    await world.poll()
    reason, _failures, wait, _attempts = world.row(DEADLY)
    assert (world.asked(), reason, wait) == (0, "parser_died", CEILING)
    assert world.row(HARMLESS)[:2] == (None, 0)
    _, sources = health.status_of(world.engine, world.settings)
    assert "when the service died" in (sources[0].detail or "")


@on_sqlite_only  # leases of the dead are dropped; elsewhere they run out
async def test_n12_the_next_day_one_death_is_enough(world: World) -> None:
    for _ in range(CRASHES_ALLOWED):
        world.die()
    await world.poll()
    world.now += CEILING
    world.die()
    await world.poll()  # not due: it may have been asked already
    world.now += CEILING
    await world.poll()
    assert (world.asked(), world.row(DEADLY)[2]) == (0, CEILING)


async def test_n12_after_deaths_of_the_service_a_source_that_is_forced_is_asked(world: World) -> None:
    for _ in range(CRASHES_ALLOWED):
        world.die()
    world.force()
    world.client.answers[DEADLY] = answer(rss("mended"))
    await world.poll()
    assert (world.asked(), world.row(DEADLY)[0]) == (1, None)
