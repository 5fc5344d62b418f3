"""Case Q25: somebody who reads for long lets SQLite's log grow, and no longer than they read."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from aggregator.store import engine as engine_module
from aggregator.store import wal
from aggregator.store.engine import open_engine, reading
from tests.builders import carry, entry, listed, sync
from tests.postgres import on_postgresql_only, on_sqlite_only

PAGE = 4096


@pytest.fixture
def eager(database: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database whose log is checkpointed after ten pages, and large with a hundred."""
    monkeypatch.setattr(engine_module, "CHECKPOINT_PAGES", 10)
    monkeypatch.setattr(wal, "LARGE", 100 * PAGE)
    monkeypatch.setattr(wal, "WAIT_SECONDS", 0.05)
    return open_engine(database)


def write(engine: Engine, now: datetime, guid: str) -> None:
    carry(engine, 1, now, entry(guid, html="x" * 500_000))


@on_sqlite_only
def test_q25_what_a_long_reader_let_grow_is_cut_off_once_it_is_gone(eager: Engine, now: datetime) -> None:
    sync(eager, now, listed())
    with reading(eager) as long:
        long.execute(text("SELECT count(*) FROM sources"))
        for guid in "abc":
            write(eager, now, guid)
        grown = wal.size(eager)
        assert (grown > wal.LARGE, wal.shorten(eager)) == (True, False)
        write(eager, now, "d")  # nobody is kept from writing for it
        assert wal.size(eager) > grown
    assert (wal.shorten(eager), wal.size(eager)) == (True, 0)
    eager.dispose()


@on_sqlite_only
def test_q25_without_long_readers_the_log_stays_as_small_as_it_is(eager: Engine, now: datetime) -> None:
    sync(eager, now, listed())
    with reading(eager) as long:
        long.execute(text("SELECT count(*) FROM sources"))
        write(eager, now, "a")
    for guid in "bcd":
        carry(eager, 1, now, entry(guid))
    assert 0 < wal.size(eager) <= 20 * PAGE
    assert wal.shorten(eager)
    assert wal.size(eager) > 0  # and is left alone
    eager.dispose()


@on_postgresql_only
def test_q25_on_postgresql_nobody_is_away_for_long_with_a_transaction_open(engine: Engine) -> None:
    with reading(engine) as connection:
        assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar() == "30s"
    assert (wal.size(engine), wal.shorten(engine)) == (0, True)
