"""Case Q28: what `/status.atom` tells is stored with the poll that showed it: once, under one id, whatever dies."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from aggregator.errors import FetchError
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.ingest.writer import Writer
from aggregator.outcome import Reason
from aggregator.publish.told import told
from aggregator.standing import Change
from aggregator.store import patience, transitions
from aggregator.store.engine import open_engine, reading, writing
from aggregator.store.schema import fetches, sources
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeClient, FakeParser, answer, rss

A = "https://a.example/feed"
HOUR, MONTH = timedelta(hours=1), timedelta(days=40)
CHANGES = (Change.OFFLINE, Change.ONLINE)


def poll(engine: Engine, tmp_path: Path, now: datetime) -> None:
    """Poll A, if it is due: it has ended."""
    given = settings(tmp_path, source_settings(A))

    async def work() -> None:
        async with Worker(engine, given, clock=lambda: now) as worker:
            client = FakeClient({A: FetchError(Reason.GONE, "gone", status=410)})
            worker._pipeline = Pipeline(client, FakeParser(), given.fetch, instances=(), folder=tmp_path)  # type: ignore[arg-type]
            await worker.drain()

    asyncio.run(work())


def killed(engine: Engine, act: Callable[[Engine], None], where: Any, name: str) -> None:
    """Do something in a process of its own, that dies when it has called a function."""
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()  # a connection is not for two processes
    pid = os.fork()
    if pid == 0:
        function = getattr(where, name)

        def dying(*arguments: Any, **more: Any) -> None:
            function(*arguments, **more)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(where, name, dying)
        try:
            act(open_engine(url))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def said(engine: Engine, tmp_path: Path) -> tuple[int, list[str]]:
    """How many polls are stored, and the ids of what is told."""
    with reading(engine) as connection:
        polls = connection.scalar(select(func.count()).select_from(fetches)) or 0
        changes = transitions.newest(connection, limit=9)
    return polls, [one.uuid.urn for one in told(settings(tmp_path, source_settings(A)), changes)]


def test_q28_a_worker_that_dies_before_its_poll_is_committed_tells_nothing(
    engine: Engine, tmp_path: Path, now: datetime
) -> None:
    sync(engine, now, listed(A))
    killed(engine, lambda own: poll(own, tmp_path, now), transitions, "add")
    assert said(engine, tmp_path) == (0, [])
    poll(engine, tmp_path, now + HOUR)  # its lease is over
    polls, ids = said(engine, tmp_path)
    assert (polls, len(ids)) == (1, 1)


def test_q28_a_worker_that_dies_after_its_poll_is_committed_has_told_it_once(
    engine: Engine, tmp_path: Path, now: datetime
) -> None:
    sync(engine, now, listed(A))
    killed(engine, lambda own: poll(own, tmp_path, now), Writer, "_commit")
    first = said(engine, tmp_path)
    assert (first[0], len(first[1])) == (1, 1)
    poll(engine, tmp_path, now + MONTH)  # what is gone is looked at once a month
    assert said(engine, tmp_path) == (2, first[1])


def test_q28_a_commit_whose_answer_was_lost_tells_once(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(engine, now, listed(A))
    lost: list[str] = []

    @contextmanager
    def losing(engine: Engine) -> Iterator[Connection]:
        with writing(engine) as connection:
            yield connection
            tells = bool(transitions.newest(connection, limit=1))
        if tells and not lost:
            lost.append("the answer to COMMIT")
            raise DBAPIError("COMMIT", {}, Exception("connection reset by peer"), connection_invalidated=True)

    monkeypatch.setattr(patience, "writing", losing)
    poll(engine, tmp_path, now)
    polls, ids = said(engine, tmp_path)
    assert (lost, polls, len(ids)) == (["the answer to COMMIT"], 1, 1)


def test_q28_an_outage_of_our_own_is_told_though_its_transaction_was_repeated(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = [f"https://{name}.example/feed" for name in "abcd"]
    sync(engine, now, *map(listed, hosts))
    given = settings(tmp_path, *map(source_settings, hosts))
    add, failed = transitions.add, list[str]()

    def lost_first(*arguments: Any) -> None:
        add(*arguments)
        if any(source is None for source, _ in arguments[1]) and len(failed) < len(CHANGES):
            failed.append("once for each change")
            monkeypatch.setattr(transitions, "add", add)
            raise DBAPIError("INSERT", {}, Exception("connection reset by peer"), connection_invalidated=True)

    async def work(at: datetime, client: FakeClient) -> None:
        monkeypatch.setattr(transitions, "add", lost_first)
        async with Worker(engine, given, clock=lambda: at) as worker:
            worker._pipeline = Pipeline(client, FakeParser(), given.fetch, instances=(), folder=tmp_path)  # type: ignore[arg-type]
            await worker.drain()

    away = dict.fromkeys(hosts, FetchError(Reason.DNS, "the host name cannot be looked up"))
    asyncio.run(work(now, FakeClient(away)))
    asyncio.run(work(now + HOUR, FakeClient({one: answer(rss("1"), one) for one in hosts})))
    with reading(engine) as connection:
        told_of = tuple(one.change for one in reversed(transitions.newest(connection, limit=9)))
        failures = connection.scalar(select(func.sum(sources.c.failures)))
    assert (told_of, len(failed), failures) == (CHANGES, 2, 0)
