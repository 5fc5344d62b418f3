"""Looking after the database: a copy while everything writes, and whether all in it is as it should be."""

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import DatabaseError
from aggregator.store.engine import reading
from aggregator.store.schema import sightings, source_categories, sources, stories, story_categories

SHOWN = 20  # problems of one kind


def backup(engine: Engine, file: Path) -> int:
    """Copy a SQLite database while others write; returns the copy's size in bytes.

    The copy is of one instant, compact, and checked; nobody ever finds half of it, and an older one stays until the new
    one is whole. It may be read by its owner alone, as it holds what sources were fetched with.

    raises  DatabaseError, on PostgreSQL, or where the file cannot be written
    """
    if engine.dialect.name != "sqlite":
        raise DatabaseError("this database is PostgreSQL's; copy it with `pg_dump --format=custom --file=FILE`")
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.unlink(missing_ok=True)
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("VACUUM INTO ?", (str(beside),))
        _require_whole(beside)
        descriptor = os.open(beside, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        beside.replace(file)
    except (OSError, sqlite3.Error) as error:
        beside.unlink(missing_ok=True)
        raise DatabaseError(f"the copy cannot be written to {file}: {error}") from error
    return file.stat().st_size


def _require_whole(file: Path) -> None:
    copy = sqlite3.connect(file)
    try:
        (said,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    finally:
        copy.close()
    if said != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {said}")


def problems(engine: Engine) -> tuple[str, ...]:
    """All that is not as it should be, a sentence each; empty where all is well."""
    try:
        with reading(engine) as connection:
            damage = _damage(connection) if engine.dialect.name == "sqlite" else ()
            return damage or _inconsistencies(connection)
    except DBAPIError as error:
        return (f"the database is damaged, or cannot be read: {error.orig}",)


def _damage(connection: Connection) -> tuple[str, ...]:
    said = connection.scalars(text(f"PRAGMA integrity_check({SHOWN})")).all()
    damage = tuple(f"the file is damaged: {one}" for one in said if one != "ok")
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    found = tuple(f"row {row[1]} of {row[0]} refers to one of {row[2]} that is not there" for row in orphans[:SHOWN])
    return damage + found


def _inconsistencies(connection: Connection) -> tuple[str, ...]:
    """What each transaction of ours promises, asked of the whole."""
    lead = sightings.alias("lead")
    own = select(sightings.c.id).where(sightings.c.story_id == stories.c.id)
    inside = select(lead.c.id).where(lead.c.id == stories.c.lead_id, lead.c.story_id == stories.c.id)
    place, c = story_categories.c, sightings.c
    there = select(stories.c.id).where(stories.c.id == place.story_id)
    filed = select(place.story_id).where(
        place.story_id == c.story_id, place.category_id == source_categories.c.category_id
    )
    missing = select(func.count()).select_from(
        sightings.join(source_categories, source_categories.c.source_id == c.source_id)
    )
    lost = (c.story_id.is_(None), c.pending == 0, c.flood_id.is_(None), c.expired_at.is_(None))
    questions = (
        ("stories have no sighting", select(func.count()).select_from(stories).where(~own.exists())),
        ("stories are led by a sighting of another", select(func.count()).select_from(stories).where(~inside.exists())),
        ("sightings are in no story, and wait for none", select(func.count()).select_from(sightings).where(*lost)),
        (
            "places are of stories that are gone",
            select(func.count()).select_from(story_categories).where(~there.exists()),
        ),
        ("places of stories are missing", missing.where(c.story_id.is_not(None), ~filed.exists())),
        (
            "sources are failing without a reason",
            select(func.count()).select_from(sources).where(sources.c.failures > 0, sources.c.reason.is_(None)),
        ),
    )
    counted = ((connection.scalar(question) or 0, what) for what, question in questions)
    return tuple(f"{number} {what}" for number, what in counted if number)
