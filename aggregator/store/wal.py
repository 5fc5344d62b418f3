"""SQLite's write-ahead log: how large it is, and made small again when somebody has read for too long.

What is committed goes to the log, and from there into the file, but only as far as nobody still reads an older state.
So one long reader lets the log grow, and readers that follow each other without a pause may keep it from ever being
begun anew (https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files). Ours are short: an answer each. Then
`CHECKPOINT_PAGES` is all that it has, and what is beyond is cut off with the next checkpoint (`journal_size_limit`).
"""

import sqlite3

from sqlalchemy import Engine

from aggregator.store.files import beside

LARGE = 256 * 1024 * 1024  # bytes; eight times what is usual
WAIT_SECONDS = 1.0  # for readers to end, while nobody can write


def size(engine: Engine) -> int:
    """How many bytes the log has, if there is one now; PostgreSQL looks after its own."""
    file = beside(engine.url, "-wal")
    return file.stat().st_size if file and file.exists() else 0


def shorten(engine: Engine) -> bool:
    """Begin the log anew where it has grown large; False where somebody still reads what it was before."""
    if size(engine) <= LARGE:
        return True
    own = sqlite3.connect(str(engine.url.database), timeout=WAIT_SECONDS, isolation_level=None)
    try:
        busy, _, _ = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        own.close()
    return not busy
