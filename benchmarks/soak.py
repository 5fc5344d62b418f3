"""A day of the whole service among a thousand hostile sources: what it holds must not grow (case L05).

    python -m benchmarks.soak [--sources N] [--hours N] [--seconds N]

`tests.soak` says what is real in it: all but the time. No hour is begun after `--seconds`, so it ends within ten
minutes. Memory is that of the process, which here is worker, pages and origin in one, and of its reading processes.
"""

import argparse
import asyncio
import logging
import tempfile
import time
from pathlib import Path

from tests.soak import Held, live

MEGABYTE = 1 << 20


async def soak(folder: Path, sources: int, hours: int, seconds: float) -> list[Held]:
    """Live through it, and print each hour."""
    found = []
    async for one in live(folder, sources=sources, hours=hours, seconds=seconds):
        found.append(one)
        print(
            f"{one.hour:>3} h {one.polls:>7,} polls {one.rss / MEGABYTE:>5.0f} MiB {one.files:>4} files "
            f"{one.threads:>3} threads {one.readers} readers, write-ahead log {one.wal / MEGABYTE:.0f} MiB",
            flush=True,
        )
    return found


def main() -> None:
    """Print every hour, and how the second half compares with the first."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sources", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=540.0)
    options = parser.parse_args()
    logging.disable()  # a thousand failures are meant
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(Path(folder), options.sources, options.hours, options.seconds))
    half = len(found) // 2
    for name in ("rss", "files", "threads", "wal"):
        before, after = (max(getattr(one, name) for one in part) for part in (found[:half], found[half:]))
        print(f"{name}: at most {before:,} in the first half, {after:,} in the second")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
