"""Images that passed through us, kept on disk: bounded in bytes, shared by the servers of a machine, and never needed.

A SQLite file of its own, beside the database and not in it: whatever is wrong with it, it is thrown away and begun
again, and nobody notices but for a fetch. So nothing here raises. (Why SQLite: docs/decisions/0011.)
"""

import hashlib
import logging
import shutil
import sqlite3
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    bindparam,
    delete,
    event,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from aggregator.errors import DatabaseError
from aggregator.store.engine import open_engine, reading, writing

log = logging.getLogger(__name__)

MAX_BYTES = 512 * 2**20
FOLDER = "images"  # in var/ beside config.yaml
FILE = "images.db"
LOCK_TIMEOUT_MS = 250  # a reader waits for the image itself rather than for our memory of it
MAX_WAL_BYTES = 16 * 2**20
DROPPED_AT_ONCE = 4
USED_EVERY = timedelta(hours=1)  # a look-up writes no more often that an image is still wanted
TROUBLE_EVERY = timedelta(minutes=5)  # no more often is trouble logged, or the file begun again
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

# What is wrong with the moment, or with the disk, and not with the file.
_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}

metadata = MetaData()
images = Table(
    "images",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the address: a feed's author must find no collision
    Column("used_at", Integer, nullable=False, index=True),  # seconds since 1970; the index serves `_make_room`
    Column("until", Integer),  # seconds since 1970; where the address had no image: how long that holds
    Column("body", LargeBinary, nullable=False),  # b"" where it had none; last, so that the others are read without it
)
_WANTED = select(images.c.body, images.c.used_at, images.c.until).where(images.c.digest == bindparam("digest"))


class ImageCache:
    """Bodies by address; `b""` says that there was no image lately. Made when it is first used."""

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # our threads queue here rather than in SQLite, which lets them wait 250 ms
        self._trouble_at = _LONG_AGO

    def get(self, url: str, now: datetime) -> bytes | None:
        """What is known of an address; None if nothing is."""
        digest, seconds = _digest(url), int(now.timestamp())
        try:
            with reading(self._opened()) as connection:
                row = connection.execute(_WANTED, {"digest": digest}).one_or_none()
        except (SQLAlchemyError, DatabaseError, OSError) as error:
            self._mind(error, now)
            return None
        if row is None or (row.until is not None and row.until <= seconds):
            return None
        if seconds - row.used_at >= USED_EVERY.total_seconds():
            self._use(digest, now)
        return bytes(row.body)

    def put(self, url: str, body: bytes, now: datetime, *, keep_for: timedelta | None = None) -> None:
        """Remember a body, for so long or for as long as there is room."""
        until = None if keep_for is None else int((now + keep_for).timestamp())
        row = {"digest": _digest(url), "used_at": int(now.timestamp()), "until": until, "body": body}
        try:
            with self._writing, writing(self._opened()) as connection:
                _make_room(connection, self._max_bytes - len(body))
                connection.execute(insert(images).prefix_with("OR REPLACE"), row)
        except (SQLAlchemyError, DatabaseError, OSError) as error:
            self._mind(error, now)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _use(self, digest: bytes, now: datetime) -> None:
        try:
            with self._writing, writing(self._opened()) as connection:
                used = update(images).where(images.c.digest == digest).values(used_at=int(now.timestamp()))
                connection.execute(used)
        except (SQLAlchemyError, DatabaseError, OSError) as error:
            self._mind(error, now)

    def _opened(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = _open(self._folder, self._max_bytes)
            return self._engine

    def _mind(self, error: Exception, now: datetime) -> None:
        """Where something is wrong with the file, and not only with the moment: begin again."""
        if abs(now - self._trouble_at) < TROUBLE_EVERY:
            return
        self._trouble_at = now
        log.warning("image cache failed error=%r", str(getattr(error, "orig", error))[:200])
        code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
        if code is not None and code & 0xFF not in _PASSING:  # the lower byte is the primary code
            self.close()
            shutil.rmtree(self._folder, ignore_errors=True)


def _open(folder: Path, max_bytes: int) -> Engine:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / FILE
    with suppress(FileNotFoundError):
        if file.stat().st_size > max_bytes + MAX_WAL_BYTES:  # of a version that kept more: SQLite's files do not shrink
            shutil.rmtree(folder)
            folder.mkdir(mode=0o700)
    engine = open_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", _hurry)
    with writing(engine) as connection:
        metadata.create_all(connection)
    return engine


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_MS}")
    connection.execute(f"PRAGMA journal_size_limit = {MAX_WAL_BYTES}")


def _make_room(connection: Connection, most: int) -> None:
    """Let go of what was not used for the longest time until no more than so many bytes are in use."""
    while _used(connection) > most:
        oldest = select(images.c.digest).order_by(images.c.used_at).limit(DROPPED_AT_ONCE)
        if connection.execute(delete(images).where(images.c.digest.in_(oldest))).rowcount == 0:
            return


def _used(connection: Connection) -> int:
    """Bytes of the file that hold something: known to SQLite without looking at a row."""
    pages, free, size = (
        int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _digest(url: str) -> bytes:
    return hashlib.sha256(url.encode()).digest()
