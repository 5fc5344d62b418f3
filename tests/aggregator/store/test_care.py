"""Copies of the database while others write, and what is wrong in it."""

import sqlite3
import stat
import threading
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.errors import DatabaseError
from aggregator.store import care
from aggregator.store.engine import open_engine, writing
from tests.builders import carry, entry, listed, sync
from tests.postgres import on_postgresql_only, on_sqlite_only


@pytest.fixture
def filled(engine: Engine, now: datetime) -> Engine:
    sync(engine, now, listed())
    carry(engine, 1, now, *(entry(str(number)) for number in range(20)))
    Merger(DedupSettings(), ()).run(engine, now)
    return engine


@on_sqlite_only  # PostgreSQL has `pg_dump` for it
def test_q26_a_copy_that_is_made_while_others_write_is_whole(filled: Engine, tmp_path: Path, now: datetime) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            carry(filled, 1, now, entry(str(number), html="x" * 5000))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [tmp_path / f"copy{number}.db" for number in range(3)]
        sizes = [care.backup(filled, copy) for copy in copies]
    finally:
        stop.set()
        writer.join()
    assert min(sizes) > 0
    for copy in copies:
        restored = open_engine(f"sqlite:///{copy}")
        assert care.problems(restored) == ()
        restored.dispose()


@on_sqlite_only
def test_a_copy_is_its_owners_alone_and_replaces_an_older_one(filled: Engine, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("an older one")
    care.backup(filled, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM sightings").fetchone() == (20,)
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


@on_postgresql_only
def test_q26_on_postgresql_it_is_said_what_makes_a_copy(filled: Engine, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="pg_dump"):
        care.backup(filled, tmp_path / "copy.db")


@on_sqlite_only
def test_a_copy_that_cannot_be_written_leaves_the_older_one(filled: Engine, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be written"):
        care.backup(filled, tmp_path / "no/such/folder.db")


def test_a_database_as_we_leave_it_has_no_problems(filled: Engine) -> None:
    assert care.problems(filled) == ()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DELETE FROM sightings WHERE id = 3", "1 stories have no sighting"),
        ("UPDATE stories SET lead_id = 5 WHERE id = 3", "1 stories are led by a sighting of another"),
        ("UPDATE sightings SET story_id = NULL WHERE id = 3", "1 sightings are in no story, and wait for none"),
        ("DELETE FROM story_categories WHERE story_id = 3 AND category_id = 1", "1 places of stories are missing"),
        (
            "INSERT INTO story_categories SELECT 77, category_id, published FROM story_categories WHERE story_id = 3",
            "1 places are of stories that are gone",
        ),
        ("UPDATE sources SET failures = 2", "1 sources are failing without a reason"),
    ],
)
def test_what_no_transaction_of_ours_leaves_behind_is_told(filled: Engine, damage: str, problem: str) -> None:
    with filled.connect() as connection:
        if filled.dialect.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys = OFF"))
        connection.execute(text(damage))
        connection.commit()
    assert problem in care.problems(filled)


@on_sqlite_only
def test_a_file_that_is_damaged_is_told(filled: Engine, tmp_path: Path) -> None:
    with writing(filled) as connection:
        connection.execute(text("DELETE FROM story_categories"))
    filled.dispose()
    file = tmp_path / "test.db"
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    for page in range(6, len(content) // 4096 - 2, 3):
        content[page * 4096 : page * 4096 + 64] = bytes(64)
    file.write_bytes(content)
    assert any("damaged" in one for one in care.problems(open_engine(f"sqlite:///{file}")))
