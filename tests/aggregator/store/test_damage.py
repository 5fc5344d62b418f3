"""Cases Q05, Q10, Q11, Q30, Q31: databases that are full, foreign, half migrated, cut short by power, or read-only."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from alembic import op
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from aggregator.errors import DatabaseError
from aggregator.store.engine import current_version, newest_version, open_engine, reading, upgrade
from aggregator.store.schema import metadata
from tests.builders import carry, entry, listed, sync
from tests.postgres import Cluster, on_sqlite_only

SIXTEEN_PAGES = 16


def in_a_child(work: Callable[[], None]) -> int:
    """Do something in a process of its own; the signal that ended it, negative, or its exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("table", ["hosts", "story_categories", "duties"])
def test_q11_a_migration_that_is_killed_half_way_is_done_anew(
    empty: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = op.create_table

    def dying(name: str, *rest: object, **more: object) -> object:
        made = create(name, *rest, **more)  # type: ignore[arg-type]
        if name == table:
            die()
        return made

    with monkeypatch.context() as patched:
        patched.setattr(op, "create_table", dying)
        assert in_a_child(lambda: upgrade(open_engine(empty))) == -signal.SIGKILL
    engine = open_engine(empty)
    assert current_version(engine) is None
    upgrade(engine)
    assert (current_version(engine), len(inspect(engine).get_table_names())) == (newest_version(), _tables(engine))
    engine.dispose()


def _tables(engine: Engine) -> int:
    made_by_hand = {"sqlite": 5}  # of FTS5, for the search
    names = set(inspect(engine).get_table_names())
    assert set(metadata.tables) <= names
    return len(names) if engine.dialect.name in made_by_hand else len(metadata.tables) + 1


@on_sqlite_only
def test_q05_a_full_disk_stops_writes_and_only_while_it_is_full(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    large = [entry(str(number), html="x" * 100_000) for number in range(20)]
    with engine.connect() as connection:  # the next one from the pool is the same, with its limit
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + SIXTEEN_PAGES}")
    with pytest.raises(OperationalError, match="full"):
        carry(engine, 1, now, *large)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM sightings")).scalar() == 0
    engine.dispose()
    assert carry(engine, 1, now, *large).added == 20


@on_sqlite_only
def test_q10_a_damaged_file_is_refused_and_left_as_it_is(engine: Engine) -> None:
    engine.dispose()
    path = Path(str(engine.url.database))
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 40_000)
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="cannot be used"):
        upgrade(engine)
    engine.dispose()
    assert path.read_bytes() == before


@on_sqlite_only
def test_q30_files_as_a_power_loss_leaves_them_are_sound(engine: Engine, now: datetime, tmp_path: Path) -> None:
    sync(engine, now, listed())
    path = Path(str(engine.url.database))
    for number in range(8):
        carry(engine, 1, now, entry(str(number), html="x" * 20_000))
        copy = tmp_path / f"{number}.db"
        shutil.copy(path, copy)
        log = Path(f"{path}-wal").read_bytes()
        Path(f"{copy}-wal").write_bytes(log[: len(log) - number * 999])
        with sqlite3.connect(copy) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (kept,) = opened.execute("SELECT count(*) FROM sightings").fetchone()
        opened.close()
        assert kept <= number + 1


def test_q31_a_server_that_takes_no_writes_is_said_at_start(postgres: Cluster) -> None:
    name = postgres.empty()
    postgres.execute("ALTER DATABASE {} SET default_transaction_read_only = on", name)
    engine = open_engine(postgres.url(name))
    with pytest.raises(DatabaseError, match=r"cannot be used.*read-only"):
        upgrade(engine)
    engine.dispose()
    postgres.drop(name)


def test_q31_a_folder_that_cannot_be_written_is_said_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatabaseError, match=r"config\.yaml"):
        open_engine(f"sqlite:///{tmp_path}/file/test.db")
