"""A worker whose database is restarted, fails over, hangs up or answers too late: nothing is lost, nothing is twice."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from aggregator.config.settings import FetchSettings
from aggregator.ingest import worker as worker_module
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.service.polling import due
from aggregator.service.setup import put_in_force
from aggregator.store import clock, patience, polls, sightings
from aggregator.store.engine import open_engine, reading, upgrade, writing
from aggregator.store.schema import fetches
from aggregator.store.schema import sightings as sightings_table
from aggregator.store.schema import sources as sources_table
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeClient, FakeParser, answer, rss
from tests.postgres import Cluster, binaries, on_postgresql_only, on_sqlite_only

A, B = "https://a.example/feed", "https://b.example/feed"
GOOD = answer(rss("1", "2"))


@pytest.fixture
def server() -> Iterator[Cluster]:
    """A server that a test may end."""
    cluster = Cluster(binaries(), durable=True)
    yield cluster
    cluster.remove()


async def poll(engine: Engine, tmp_path: Path, client: FakeClient, now: datetime | None = None) -> int:
    """Poll all that is due of A and B, to the end."""
    given = settings(tmp_path, source_settings(A), source_settings(B))
    async with Worker(engine, given, clock=(lambda: now) if now else None) as worker:
        worker._pipeline = Pipeline(client, FakeParser(), given.fetch, instances=(), folder=tmp_path)  # type: ignore[arg-type]
        return await worker.drain()


def stored(engine: Engine) -> tuple[int, int, list[bytes | None]]:
    """How many sightings and polls, and the validators."""
    with reading(engine) as connection:
        rows = connection.scalar(select(func.count()).select_from(sightings_table))
        asked = connection.scalar(select(func.count()).select_from(fetches))
        return rows or 0, asked or 0, list(connection.scalars(select(sources_table.c.etag)))


ALL_OF_BOTH = (4, 2, [b'"1"', b'"1"'])


def hang_up(engine: Engine) -> None:
    """End every session on the database but the one that does it."""
    own = open_engine(engine.url.render_as_string(hide_password=False))
    with own.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    own.dispose()


def once(monkeypatch: pytest.MonkeyPatch, where: object, name: str, act: Callable[[], None]) -> None:
    """Do something right after a function has been called for the first time."""
    function, times = getattr(where, name), iter((True,))

    def wrapped(*arguments: Any, **more: Any) -> Any:
        returned = function(*arguments, **more)
        if next(times, False):
            act()
        return returned

    monkeypatch.setattr(where, name, wrapped)


@on_postgresql_only
@pytest.mark.parametrize(("where", "name"), [(sightings, "save"), (polls, "record")])
async def test_q17_a_session_that_is_ended_in_the_middle_leaves_nothing_half_done(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, where: object, name: str
) -> None:
    sync(engine, now, listed(A), listed(B))
    once(monkeypatch, where, name, lambda: hang_up(engine))
    assert await poll(engine, tmp_path, FakeClient({A: GOOD, B: GOOD}), now) == 2
    assert stored(engine) == ALL_OF_BOTH


async def test_q17_a_server_that_restarts_is_waited_for(server: Cluster, tmp_path: Path, now: datetime) -> None:
    engine = open_engine(server.url(server.fresh()))
    sync(engine, now, listed(A), listed(B))

    def restart(_request: object) -> Any:
        server.stop(signal.SIGQUIT)
        asyncio.get_running_loop().call_later(0.5, server.start)
        return GOOD

    assert await poll(engine, tmp_path, FakeClient({A: restart, B: GOOD}), now) == 2
    assert stored(engine) == ALL_OF_BOTH
    engine.dispose()


@on_postgresql_only
async def test_q17_a_primary_that_became_read_only_is_left_for_the_next(
    engine: Engine, tmp_path: Path, now: datetime
) -> None:
    sync(engine, now, listed(A), listed(B))

    def set_read_only(on: bool) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = {on}")
        hang_up(engine)

    def fail_over(_request: object) -> Any:
        set_read_only(True)
        threading.Timer(0.5, set_read_only, (False,)).start()
        return GOOD

    assert await poll(engine, tmp_path, FakeClient({A: fail_over, B: GOOD}), now) == 2
    assert stored(engine) == ALL_OF_BOTH


async def test_q09_a_commit_whose_answer_was_lost_is_repeated_without_a_trace(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(engine, now, listed(A), listed(B))
    lost: list[str] = []

    @contextmanager
    def losing(engine: Engine) -> Iterator[Connection]:
        with writing(engine) as connection:
            before = connection.scalar(select(func.count()).select_from(fetches))
            yield connection
            stores = connection.scalar(select(func.count()).select_from(fetches)) != before
        if stores and not lost:
            lost.append("the answer to COMMIT")
            raise DBAPIError("COMMIT", {}, Exception("connection reset by peer"), connection_invalidated=True)

    monkeypatch.setattr(patience, "writing", losing)
    assert await poll(engine, tmp_path, FakeClient({A: GOOD, B: GOOD}), now) == 2
    assert (lost, stored(engine)) == (["the answer to COMMIT"], ALL_OF_BOTH)


async def test_q22_what_somebody_else_stored_meanwhile_is_found_at_the_second_try(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(engine, now, listed(A), listed(B))

    def collide() -> None:
        raise IntegrityError("INSERT", {}, Exception("duplicate key"))

    once(monkeypatch, sightings, "save", collide)
    await poll(engine, tmp_path, FakeClient({A: GOOD, B: GOOD}), now)
    assert stored(engine) == ALL_OF_BOTH


async def test_one_that_can_never_be_committed_does_not_take_its_group_with_it(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(engine, now, listed(A), listed(B))
    save = sightings.save

    def too_much(connection: Connection, source_id: int, *rest: Any, **more: Any) -> Any:
        if source_id == 1:
            raise OperationalError("INSERT", {}, Exception("index row size exceeds maximum"))
        return save(connection, source_id, *rest, **more)

    monkeypatch.setattr(sightings, "save", too_much)
    await poll(engine, tmp_path, FakeClient({A: GOOD, B: GOOD}), now)
    assert stored(engine) == (2, 1, [None, b'"1"'])


@on_postgresql_only
@pytest.mark.parametrize("hours", [-1, 1])
async def test_q18_the_clock_of_a_workers_machine_does_not_matter(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    true = clock.utc_now()
    sync(engine, true, listed(A), listed(B))
    monkeypatch.setattr(clock, "utc_now", lambda: true + timedelta(hours=hours))
    during: list[datetime] = []

    def look(_request: object) -> Any:
        with reading(engine) as connection:
            during.extend(connection.scalars(select(sources_table.c.lease_until)))
        return GOOD

    assert await poll(engine, tmp_path, FakeClient({A: look, B: look})) == 2
    with reading(engine) as connection:
        due = list(connection.scalars(select(sources_table.c.next_fetch_at)))
    minute = timedelta(minutes=1)
    assert all(abs(until - true - worker_module.lease_of(FetchSettings())) < minute for until in during)
    assert all(timedelta() < at - true < timedelta(hours=2) for at in due)


async def test_q10_q17_a_server_that_is_not_there_is_said_at_start(server: Cluster) -> None:
    from aggregator.errors import DatabaseError

    engine = open_engine(server.url("postgres"))
    server.stop()
    with pytest.raises(DatabaseError, match="cannot be used"):
        upgrade(engine)


@on_sqlite_only
async def test_q13_a_worker_that_starts_while_the_file_is_locked_waits_for_it(
    database: str, tmp_path: Path, now: datetime
) -> None:
    engine, other = open_engine(database, patience_ms=10), open_engine(database)
    sync(engine, now, listed(A), listed(B))
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(other):
            held.set()
            let_go.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    assert due(engine, settings(tmp_path), only=None, force=False) == 2  # to look at it needs no lock
    threading.Timer(0.3, let_go.set).start()
    put_in_force(engine, settings(tmp_path, source_settings(A), source_settings(B)))
    assert await poll(engine, tmp_path, FakeClient({A: GOOD, B: GOOD}), now) == 2
    holder.join()
    engine.dispose()
    other.dispose()
