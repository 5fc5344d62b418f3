"""Whether what there is to store can be stored. That a disk is full cannot be written down on it, in the database.

So a file beside the database says it, to every process: made where a write fails for want of room or of rights, gone
some time after the last failure, with the next commit that wrote something. Where there is no room for its text, its
being there says enough. On PostgreSQL the disk is the server's, and its log says it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import time

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from aggregator.store.files import beside

# https://www.sqlite.org/rescode.html; what is locked is only waited for
SERIOUS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT")
# Small commits find room in a write-ahead log that is there already, while larger ones fail beside them.
CALM_SECONDS = 30.0
ENDING = ".unstored"
LEAST_ROOM = 1 << 20  # bytes; with less nothing can be stored, whether or not anybody has tried yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstored:
    """That nothing can be stored: since when, as far as that is known, and what the database says."""

    since: datetime | None
    detail: str


def note(engine: Engine, error: DBAPIError) -> None:
    """Say for all to see that a write failed, if that is the disk's doing and no matter of a moment."""
    file = beside(engine.url, ENDING)
    if file is None or not str(getattr(error.orig, "sqlite_errorname", "")).startswith(SERIOUS):
        return
    with suppress(OSError):  # the folder may be as full, or as read-only; `noted` looks at the disk itself
        try:
            descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
        except FileExistsError:
            os.utime(file)  # the last failure is now
            return
        with open(descriptor, "w", encoding="utf-8") as text:
            text.write(f"{datetime.now(UTC).isoformat()}\n{error.orig}\n")


def changes(connection: Connection) -> int:
    """A number that grows with every row that this connection to SQLite writes; always 0 elsewhere."""
    return int(getattr(connection.connection.driver_connection, "total_changes", 0))


def clear(engine: Engine) -> None:
    """Something was stored: take the note away, unless it is so fresh that this means little."""
    file = beside(engine.url, ENDING)
    if file is None:
        return
    with suppress(OSError):
        if abs(time() - file.stat().st_mtime) >= CALM_SECONDS:
            file.unlink()


def noted(engine: Engine) -> Unstored | None:
    """Why nothing can be stored now; None if it can be."""
    file = beside(engine.url, ENDING)
    if file is None:
        return None
    try:
        since, _, detail = file.read_text(encoding="utf-8").partition("\n")
        begun = datetime.fromisoformat(since) if since else datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return Unstored(since=begun, detail=detail.strip() or "the disk is full")
    except FileNotFoundError:
        return Unstored(since=None, detail="the disk is full") if room(file.parent) < LEAST_ROOM else None
    except (OSError, ValueError):
        return Unstored(since=None, detail="the disk is full")


def room(folder: Path) -> int:
    """How many bytes may still be written in a folder."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return LEAST_ROOM  # the folder is gone, which others say
    return disk.f_bavail * disk.f_frsize
