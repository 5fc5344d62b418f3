"""Opening databases: ours, nobody's, somebody else's; and what a transaction is."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from aggregator.errors import DatabaseError
from aggregator.store.engine import current_version, newest_version, open_engine, reading, upgrade, writing
from aggregator.store.indexes import metadata


def test_migrations_make_exactly_the_tables_of_the_schema(engine: Engine) -> None:
    # The index of terms is a virtual table of SQLite, with tables of its own, or a GIN index of PostgreSQL.
    ours = {"include_object": lambda _, name, *__: not name.startswith(("story_terms", "ix_story_texts_t"))}
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), metadata) == []


def test_an_upgrade_of_an_upgraded_database_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    assert current_version(engine) == newest_version()


def test_the_folder_of_the_database_is_made(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/deep/er/a.db")
    upgrade(engine)
    assert (tmp_path / "deep/er/a.db").exists()
    engine.dispose()


def test_q10_somebody_elses_database_is_refused_and_left_alone(empty: str) -> None:
    engine = open_engine(empty)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))
    with pytest.raises(DatabaseError, match="not ours"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == ["recipes"]
    engine.dispose()


def test_q10_a_newer_database_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(DatabaseError, match="newer version"):
        upgrade(engine)


def test_q10_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but dear to somebody" * 100)
    engine = open_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseError, match="cannot be used"):
        upgrade(engine)
    engine.dispose()
    assert path.read_text().startswith("not a database")


def test_an_unknown_driver_is_an_error_that_names_the_setting() -> None:
    with pytest.raises(DatabaseError, match=r"config\.yaml"):
        open_engine("nosuch://db")


def test_q14_a_writing_transaction_takes_the_write_lock_before_it_reads(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/test.db")
    with writing(engine):
        other = sqlite3.connect(tmp_path / "test.db", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
    engine.dispose()


def test_a_writing_transaction_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO categories (slug, changed_at) VALUES ('x', '2026-01-01 00:00:00')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM categories")).scalar() == 0


def test_readers_are_not_kept_waiting_by_a_writer(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO categories (slug, changed_at) VALUES ('x', '2026-01-01 00:00:00')"))
        with reading(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM categories")).scalar() == 0
