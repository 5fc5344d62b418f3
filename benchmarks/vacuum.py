"""What it costs to give room back that old stories have left: auto_vacuum, VACUUM, a copy.

    python -m benchmarks.vacuum

A table of the shape of our sightings, 300 MB; then a share of it is deleted, the oldest first. docs/operations.md has
what was decided from it.
"""

import os
import random
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

ROWS, TEXT = 150_000, "x" * 1700
SHARES = (10, 25, 50)  # per cent
NONE, FULL = 0, 1  # of PRAGMA auto_vacuum


def filled(file: Path, auto: int) -> float:
    """Make the database; how long that took."""
    own, dice = sqlite3.connect(file, isolation_level=None), random.Random(1)
    for pragma in (f"auto_vacuum = {auto}", "journal_mode = WAL", "synchronous = NORMAL"):
        own.execute(f"PRAGMA {pragma}")
    own.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, key BLOB, text TEXT)")
    own.execute("CREATE INDEX by_key ON kept (key)")
    started = time.perf_counter()
    for first in range(0, ROWS, 1000):
        own.execute("BEGIN")
        rows = [(number, dice.randbytes(16), TEXT) for number in range(first, first + 1000)]
        own.executemany("INSERT INTO kept VALUES (?, ?, ?)", rows)
        own.execute("COMMIT")
    took = time.perf_counter() - started
    own.close()
    return took


def timed(own: sqlite3.Connection, statement: str) -> float:
    """Seconds that a statement takes."""
    started = time.perf_counter()
    own.execute(statement).fetchall()
    return time.perf_counter() - started


def main() -> None:
    """Print a line for each way and share."""
    with tempfile.TemporaryDirectory() as folder:
        for auto, name in ((NONE, "none"), (FULL, "full")):
            whole, work, copy = (Path(folder, f"{name}-{part}.db") for part in ("whole", "work", "copy"))
            print(f"auto_vacuum {name}: filled in {filled(whole, auto):.1f} s")
            for share in SHARES:
                shutil.copy(whole, work)
                own = sqlite3.connect(work, isolation_level=None)
                said = [f"delete {timed(own, f'DELETE FROM kept WHERE id < {ROWS * share // 100}'):.2f} s"]
                if auto == NONE:
                    said.append(f"VACUUM INTO {timed(own, f'''VACUUM INTO '{copy}' '''):.2f} s")
                    said.append(f"VACUUM {timed(own, 'VACUUM'):.2f} s")
                    copy.unlink()
                own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                own.close()
                print(f"  {share} %: {', '.join(said)}, then {os.path.getsize(work) >> 20} MiB", flush=True)


if __name__ == "__main__":
    main()
