"""A worker that is killed at a chosen point, and what must be true of the database afterwards.

The program itself knows nothing of this: a child of this process patches one function, so that it kills itself with
SIGKILL before or after it, polls three sources whose documents grow by the day, merges and tidies.
"""

import asyncio
import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from aggregator import jobs
from aggregator.config.settings import DedupSettings, RetentionSettings
from aggregator.dedup.merge import Merger
from aggregator.fetch.client import Request, Response
from aggregator.ingest import pipeline, worker, writer
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.outcome import Exchange
from aggregator.store import claims, days, keys, polls, sightings, stories
from aggregator.store.engine import open_engine, reading, writing
from aggregator.store.schema import fetches
from aggregator.store.schema import sightings as sightings_table
from aggregator.store.schema import sources as sources_table
from aggregator.store.schema import stories as stories_table
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeClient, FakeParser, answer, rss

ADDRESSES = tuple(f"https://{name}.example/feed" for name in "abc")
LISTED = 5  # entries of a document; it has one new a day, and the oldest falls out
TIDIED = 4  # steps of it, for there are many that are alike
FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
FOR_GOOD = RetentionSettings(stories=timedelta(days=10_000))  # two hundred kills take longer than a year


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Where to die: before or after the `nth` call of a function."""

    where: object
    name: str
    before: bool = False
    nth: int = 1


POINTS = {
    "with a claim not committed": Point(where=claims, name="claim_due"),
    "with a claim": Point(where=worker, name="decide", before=True),
    "before a fetch": Point(where=FakeClient, name="get", before=True),
    "between two fetches": Point(where=FakeClient, name="get", before=True, nth=2),
    "after reading": Point(where=pipeline, name="Seen", before=True),
    "before a group is stored": Point(where=writer.Writer, name="_commit", before=True),
    "when the token was checked": Point(where=claims, name="held"),
    "before entries are stored": Point(where=sightings, name="save", before=True),
    "after entries were stored": Point(where=sightings, name="save"),
    "before validators are stored": Point(where=polls, name="record", before=True),
    "after validators were stored": Point(where=days, name="count", before=True),
    "between two sources of a group": Point(where=sightings, name="save", nth=2),
    "before COMMIT": Point(where=polls, name="record"),
    "after COMMIT": Point(where=writer.Writer, name="_commit"),
    "before merging": Point(where=Merger, name="merge_batch", before=True),
    "with stories founded": Point(where=stories, name="found"),
    "with sightings attached": Point(where=stories, name="attach"),
    "before the merge is committed": Point(where=Merger, name="merge_batch"),
    "after the merge": Point(where=Merger, name="step"),
    "with the housekeeping half done": Point(where=keys, name="tidy"),
}


@dataclass(slots=True)
class Seen:
    """What was once there, and must be for good."""

    entries: set[tuple[int, str]] = field(default_factory=set)
    stories: set[Any] = field(default_factory=set)


class Trial:
    """A database that workers die on, a day after the other."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.day = 0
        self.seen = Seen()
        self._on_engine(lambda engine: sync(engine, FIRST_DAY, *map(listed, ADDRESSES)))

    def kill(self, point: Point) -> bool:
        """Let a day pass, and a worker die; whether it came to that point."""
        self.day += 1
        return self._child(point) == -signal.SIGKILL

    def recover(self) -> int:
        """Let a day pass, and a worker do its work undisturbed; its exit code."""
        self.day += 1
        return self._child(None)

    def violations(self, *, settled: bool) -> list[str]:
        """What is not as it must be; where `settled`, all that the documents have must be there, and in a story."""
        return self._on_engine(lambda engine: list(violations(engine, self.seen, self.day if settled else None)))

    def _child(self, point: Point | None) -> int:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                if point is not None:
                    _arm(point)
                asyncio.run(_work(self.url, self.day))
                code = 0
            finally:
                if code:
                    traceback.print_exc()
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _on_engine(self, ask: Callable[[Engine], Any]) -> Any:
        engine = open_engine(self.url)
        try:
            return ask(engine)
        finally:
            engine.dispose()


def guids(day: int) -> list[str]:
    """What the documents have on a day, newest first."""
    return [str(number) for number in range(day, max(day - LISTED, 0), -1)]


def violations(engine: Engine, seen: Seen, settled: int | None) -> Any:
    """Every way in which the database is not as it must be."""
    with reading(engine) as connection:
        etags = {row.id: row.etag for row in connection.execute(select(sources_table.c.id, sources_table.c.etag))}
        rows = connection.execute(select(sightings_table)).all()
        shown = set(connection.scalars(select(stories_table.c.uuid)))
        asked = connection.execute(select(fetches.c.source_id, fetches.c.fetched_at)).all()
        sound = engine.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    stored = {(row.source_id, row.guid) for row in rows}
    for source_id, etag in etags.items():
        vouched = guids(int(etag.strip(b'"'))) if etag else []
        yield from (
            f"{source_id}/{guid} is vouched for and not there" for guid in vouched if (source_id, guid) not in stored
        )
    yield from (f"{entry} was there and is gone" for entry in seen.entries - stored)
    yield from (f"the story {story} was there and is gone" for story in seen.stories - shown)
    if len(stored) != len(rows):
        yield "an entry is there twice"
    if len({tuple(one) for one in asked}) != len(asked):
        yield "a poll is written down twice"
    if sound not in (True, "ok"):
        yield f"integrity_check says {sound}"
    if settled is not None:
        wanted = {(source_id, guid) for source_id in etags for guid in guids(settled)}
        yield from (f"{entry} was served and is not there" for entry in wanted - stored)
        yield from (f"{row.guid} is in no story" for row in rows if row.story_id is None or row.pending)
    seen.entries |= stored
    seen.stories |= shown


def _arm(point: Point) -> None:
    function, calls = getattr(point.where, point.name), iter(range(1, 1_000_000))

    def die(this: bool) -> None:
        if this:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(*arguments: Any, **more: Any) -> Any:
        number = next(calls)
        die(point.before and number == point.nth)
        returned = function(*arguments, **more)
        die(not point.before and number == point.nth)
        return returned

    setattr(point.where, point.name, wrapped)


async def _work(url: str, day: int) -> None:
    """Poll what is due, merge and tidy, as a worker does."""
    engine, now = open_engine(url), FIRST_DAY + timedelta(days=day)
    with tempfile.TemporaryDirectory() as folder:
        given = settings(Path(folder), *map(source_settings, ADDRESSES), retention=FOR_GOOD)
        client = FakeClient({address: _document(day) for address in ADDRESSES})
        async with Worker(engine, given, clock=lambda: now) as polling:
            polling._pipeline = Pipeline(client, FakeParser(), given.fetch, instances=(), folder=Path(folder))  # type: ignore[arg-type]
            await polling.drain()
        Merger(DedupSettings(), ()).run(engine, now)
        for step in islice(jobs.tidying(given, now), TIDIED):
            with writing(engine) as connection:
                step(connection)
    engine.dispose()


def _document(day: int) -> Callable[[Request], Response]:
    tag = f'"{day}"'.encode()

    def give(request: Request) -> Response:
        if request.validators.etag == tag:
            return replace(answer(b"", request.url, etag=tag), status=304, exchange=Exchange(status=304))
        return answer(rss(*guids(day)), request.url, etag=tag)

    return give
