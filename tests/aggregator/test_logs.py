"""The log: one line an event whatever was in it, and nothing secret."""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.errors import FetchError
from aggregator.logs import FORMATS, LONGEST_FIELD, OneLine, fields
from aggregator.outcome import Reason
from aggregator.web import create_app
from tests.aggregator.ingest.test_etiquette import World
from tests.builders import settings, source_settings

SECRET = "hunter2-and-more"
ADDRESS = f"https://user:{SECRET}@a.example/feed?key={SECRET}"


def line(form: str, message: str, *, bug: bool = False, **values: object) -> str:
    record = logging.LogRecord("aggregator.test", logging.WARNING, "", 0, message, (), None)
    record.__dict__.update(fields(**values))
    if bug:
        try:
            raise ValueError("two\nlines")
        except ValueError:
            record.exc_info = sys.exc_info()
    return OneLine(form).format(record)


def test_an_event_is_a_line_of_words(now: datetime) -> None:
    said = line("logfmt", "fetched", source=7, ms=130, title="A b", at=now, good=True, status=None)
    words = 'level=warning logger=aggregator.test event=fetched source=7 ms=130 title="A b" at=2026-03-01T12:00:00Z'
    assert said.partition(" ")[2] == f"{words} good=true status=-"


def test_an_event_is_an_object() -> None:
    said = json.loads(line("json", "fetched", source=7, title='A "b"'))
    assert (said["event"], said["source"], said["title"]) == ("fetched", 7, 'A "b"')
    assert datetime.fromisoformat(said["time"]).tzinfo == UTC


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "hostile",
    [
        "a\r\nlevel=error event=forged",
        "\x1b[2J\x1b]0;x\x07",
        "${jndi:ldap://x}",
        "\u2028\u202e",
        "x" * 1_000_000,
        "\ud800",
    ],
)
def test_l01_what_a_source_says_is_escaped_and_capped(form: str, hostile: str) -> None:
    for said in (line(form, f"failed {hostile}", title=hostile), line(form, "failed", title=hostile, bug=True)):
        assert said.isprintable()
        assert len(said) < 3 * LONGEST_FIELD + 3_000
        assert said.encode(errors="surrogatepass").count(b"\n") == 0


def test_l02_a_failure_is_one_line_that_names_the_source_and_when_it_is_tried_again_and_no_trace() -> None:
    said = line("logfmt", "failed", source=3, kind="feed", reason="dns", next=datetime(2026, 3, 1, tzinfo=UTC))
    assert "source=3 kind=feed reason=dns next=2026-03-01T00:00:00Z" in said
    assert "trace" not in said


async def test_l03_nothing_secret_is_in_the_log_the_metrics_or_the_status(
    engine: Engine, tmp_path: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(engine, tmp_path, now)
    caplog.set_level(logging.DEBUG)
    lines = []
    for reason in (Reason.DNS, Reason.MISSING, Reason.NOT_A_FEED):
        world.client.answers[ADDRESS] = FetchError(reason, f"cannot read {ADDRESS} with {SECRET}")
        await poll(world)
        world.now += datetime(2026, 3, 9, tzinfo=UTC) - datetime(2026, 3, 1, tzinfo=UTC)
    for form in FORMATS:
        lines += [OneLine(form).format(record) for record in caplog.records]
    assert any("failed" in one for one in lines)
    app = create_app(settings(tmp_path, secretive()), engine, clock=lambda: world.now).test_client()
    shown = [app.get(path).text for path in ("/status", "/status.json", "/status.atom", "/status/source/1", "/metrics")]
    assert [one for one in (*lines, *shown) if SECRET in one] == []


def secretive() -> object:
    return source_settings(
        ADDRESS, written="https://user:${PASSWORD}@a.example/feed?key=${KEY}", headers={"Authorization": SECRET}
    )


async def poll(world: World) -> None:
    from aggregator.ingest.pipeline import Pipeline
    from aggregator.ingest.worker import Worker
    from tests.builders import listed, sync
    from tests.fakes import FakeParser

    given = settings(world.folder, secretive())  # type: ignore[arg-type]
    sync(world.engine, world.now, listed(ADDRESS))
    async with Worker(world.engine, given, clock=lambda: world.now) as worker:
        worker._pipeline = Pipeline(
            world.client, FakeParser(), given.fetch, instances=(), folder=world.folder, clock=lambda: world.now  # type: ignore[arg-type]
        )  # fmt: skip
        await worker.drain()
