"""The worker: polls what is due, each on its own, and leaves everything in order when it stops."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from aggregator.config.settings import FetchSettings, SourceSettings
from aggregator.fetch.client import Request, Response
from aggregator.ingest import worker as worker_module
from aggregator.ingest import writer as writer_module
from aggregator.ingest.pipeline import Pipeline, decide
from aggregator.ingest.worker import Polled, Worker
from aggregator.ingest.writer import Writer
from aggregator.outcome import Reason
from aggregator.store import claims, sightings
from aggregator.store.claims import Claim
from aggregator.store.engine import reading, writing
from aggregator.store.schema import sightings as sightings_table
from aggregator.store.schema import sources as sources_table
from tests.builders import entry, failed, listed, record, settings, source_settings, sync, updated
from tests.fakes import FakeClient, FakeParser, answer, rss
from tests.postgres import on_sqlite_only

A, B, C = (f"https://{name}.example/feed" for name in "abc")
FULL = {  # as if the disk was full at the last statement of a poll
    "sqlite": ("CREATE TRIGGER full BEFORE INSERT ON fetches BEGIN SELECT RAISE(ROLLBACK, 'full'); END",),
    "postgresql": (
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER full_disk BEFORE INSERT ON fetches FOR EACH ROW EXECUTE FUNCTION fail()",
    ),
}


@asynccontextmanager
async def working(
    engine: Engine,
    tmp_path: Path,
    now: datetime,
    client: FakeClient,
    *addresses: str,
    watch: Callable[[Polled], None] = lambda _: None,
) -> AsyncIterator[Worker]:
    """A worker on these sources that fetches through the fake client."""
    configured: tuple[SourceSettings, ...] = tuple(source_settings(address) for address in addresses)
    sync(engine, now, *(listed(address) for address in addresses))
    given = settings(tmp_path, *configured)
    async with Worker(engine, given, clock=lambda: now, watch=watch) as worker:
        worker._pipeline = Pipeline(client, FakeParser(), given.fetch, instances=(), folder=tmp_path)  # type: ignore[arg-type]
        yield worker


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(sightings_table)) or 0


def claim(engine: Engine, now: datetime) -> tuple[Claim, ...]:
    with writing(engine) as connection:
        return claims.claim_due(connection, now=now, limit=9, per_host=9, lease=timedelta(minutes=1))


def states(engine: Engine) -> dict[str, tuple[str | None, bytes | None]]:
    with reading(engine) as connection:
        rows = connection.execute(select(sources_table.c.address, sources_table.c.reason, sources_table.c.etag))
        return {address: (reason, etag) for address, reason, etag in rows}


async def test_all_that_is_due_is_polled_and_stored(engine: Engine, tmp_path: Path, now: datetime) -> None:
    client = FakeClient({address: answer(rss("1", "2")) for address in (A, B)})
    polled: list[Polled] = []
    async with working(engine, tmp_path, now, client, A, B, watch=polled.append) as worker:
        assert await worker.drain() == 2
    assert count(engine) == 4
    assert sorted(one.address for one in polled) == [A, B]


async def test_one_source_that_fails_touches_no_other(engine: Engine, tmp_path: Path, now: datetime) -> None:
    client = FakeClient({A: answer(rss("1")), B: answer(b"<html>")})
    async with working(engine, tmp_path, now, client, A, B, C) as worker:
        await worker.drain()
    assert states(engine) == {A: (None, b'"1"'), B: ("not_a_feed", None), C: ("missing", None)}


async def test_a_bug_in_one_poll_is_recorded_and_touches_no_other(
    engine: Engine, tmp_path: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    client = FakeClient({A: answer(rss("1")), B: RuntimeError("a bug of ours")})
    async with working(engine, tmp_path, now, client, A, B) as worker:
        await worker.drain()
    assert states(engine)[B][0] == Reason.BUG
    assert count(engine) == 1
    assert "a bug of ours" in caplog.text


async def test_q03_q04_a_source_that_cannot_be_stored_keeps_its_old_validators(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = sightings.save

    def breaking(connection: object, source_id: int, *rest: object, **more: object) -> object:
        saved = save(connection, source_id, *rest, **more)  # type: ignore[arg-type]
        if source_id == 1:
            raise ValueError("after the rows were written")
        return saved

    monkeypatch.setattr(sightings, "save", breaking)
    client = FakeClient({A: answer(rss("1")), B: answer(rss("1"))})
    async with working(engine, tmp_path, now, client, A, B) as worker:
        await worker.drain()
    assert states(engine) == {A: ("bug", None), B: (None, b'"1"')}
    assert count(engine) == 1


async def test_q05_when_nothing_can_be_committed_nothing_is_lost(engine: Engine, tmp_path: Path, now: datetime) -> None:
    client = FakeClient({A: answer(rss("1"))})
    async with working(engine, tmp_path, now, client, A) as worker:
        with writing(engine) as connection:
            for statement in FULL[engine.dialect.name]:
                connection.exec_driver_sql(statement)
        await worker.drain()
    assert (count(engine), states(engine)[A]) == (0, (None, None))


async def test_q24_a_source_that_leaves_the_file_while_it_is_fetched_brings_nothing_any_more(
    engine: Engine, tmp_path: Path, now: datetime
) -> None:
    def remove(request: Request) -> Response:
        sync(engine, now, listed(B))
        return answer(rss("1"), request.url)

    client = FakeClient({A: remove, B: answer(rss("1"), B)})
    async with working(engine, tmp_path, now, client, A, B) as worker:
        assert await worker.drain() == 2
    assert (count(engine), states(engine)[A]) == (1, (None, None))
    sync(engine, now, listed(A), listed(B))  # it comes back, and is due at once
    assert [one.address for one in claim(engine, now)] == [A]


async def test_q24_a_source_that_another_config_has_is_let_go(engine: Engine, tmp_path: Path, now: datetime) -> None:
    async with working(engine, tmp_path, now, FakeClient({A: answer(rss("1"))}), A) as worker:
        worker._sources.clear()
        assert await asyncio.wait_for(worker.drain(), 5) == 1
    assert count(engine) == 0


async def test_q21_what_does_not_end_in_time_is_given_back(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "GRACE_SECONDS", 0.1)
    client = FakeClient({A: answer(rss("1"))})
    client.hold = asyncio.Event()
    async with working(engine, tmp_path, now, client, A) as worker:
        await worker.start_due()
    with writing(engine) as connection:
        (again,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=timedelta(minutes=1))
    assert again.attempts == 1


async def test_q21_what_is_given_back_keeps_its_distance_if_it_was_fetched_before(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "GRACE_SECONDS", 0.1)
    client = FakeClient({A: answer(rss("1")), B: answer(rss("1"))})
    sync(engine, now, listed(A))
    (before,) = claim(engine, now)
    record(engine, before, failed(), now, now)
    client.hold = asyncio.Event()
    async with working(engine, tmp_path, now, client, A, B) as worker:
        await worker.start_due()
    assert [one.address for one in claim(engine, now)] == [B]
    assert A in [one.address for one in claim(engine, now + timedelta(minutes=15))]


async def test_q06_a_worker_that_was_stopped_asks_nothing_once_its_time_is_over(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker_module, "POLL_WITHIN", timedelta(seconds=0.1))
    client = FakeClient({A: answer(rss("1"))})
    client.hold = asyncio.Event()
    async with working(engine, tmp_path, now, client, A) as worker:
        assert await asyncio.wait_for(worker.drain(), 10) == 1
    (gave_up,) = [record for record in caplog.records if "gave up" in record.message]
    assert gave_up.fields["address"] == A  # type: ignore[attr-defined]
    assert (count(engine), states(engine)[A]) == (0, (None, None))
    lease = timedelta(minutes=15, seconds=0.1)  # the floor is kept by whoever takes over
    assert (claim(engine, now + lease / 2), len(claim(engine, now + lease))) == ((), 1)


@pytest.mark.parametrize("late_first", [True, False])
async def test_q06_of_two_results_of_one_source_in_a_group_only_the_one_whose_claim_is_ours_counts(
    engine: Engine, now: datetime, late_first: bool
) -> None:
    sync(engine, now, listed(A))
    (late,) = claim(engine, now)
    (current,) = claim(engine, now + timedelta(minutes=2))
    results = [
        decide(one, source_settings(A), updated(entry(guid)), FetchSettings(), now, spread=0.0)
        for one, guid in ((late, "late"), (current, "current"))
    ]
    counts = Writer(engine, lambda: now)._commit(results if late_first else results[::-1])
    with reading(engine) as connection:
        assert list(connection.scalars(select(sightings_table.c.guid))) == ["current"]
    assert [one.added for one in counts] == ([0, 1] if late_first else [1, 0])


@on_sqlite_only  # leases of the dead are dropped; elsewhere they run out
async def test_a_new_worker_takes_over_from_one_that_was_killed(engine: Engine, tmp_path: Path, now: datetime) -> None:
    sync(engine, now, listed(A))
    with writing(engine) as connection:
        claims.claim_due(connection, now=now, limit=1, per_host=1, lease=timedelta(hours=1))
    async with working(engine, tmp_path, now, FakeClient({A: answer(rss("1"))}), A) as worker:
        assert await worker.drain() == 1


async def test_many_results_share_few_commits(
    engine: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    commit = writer_module.Writer._commit

    def counted(self: object, results: object) -> object:
        groups.append(len(results))  # type: ignore[arg-type]
        return commit(self, results)  # type: ignore[arg-type]

    monkeypatch.setattr(writer_module.Writer, "_commit", counted)
    addresses = [f"https://h{number}.example/feed" for number in range(60)]
    client = FakeClient({address: answer(rss("1")) for address in addresses})
    async with working(engine, tmp_path, now, client, *addresses) as worker:
        await worker.drain()
    assert sum(groups) == 60
    assert len(groups) < 30
