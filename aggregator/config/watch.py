"""Says when config.yaml may have changed: at once where the system tells, else within seconds.

Watched is the folder, for editors put another file in the place of the old one; and the folder that a link leads to. On
file systems that tell nothing (NFS, folders shared with a virtual machine) a look at the clock does it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

from watchfiles import awatch, watch

from aggregator.config.lists import note_of
from aggregator.config.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_MS = 5_000
GATHER_MS = 200  # changes that are so close together are one

Signature = tuple[int, int, int] | None

_HOW: dict[str, Any] = {
    "watch_filter": None,
    "recursive": False,
    "debounce": GATHER_MS,
    "rust_timeout": LOOK_EVERY_MS,
    "yield_on_timeout": True,
    "ignore_permission_denied": True,
}


def moments(file: Path) -> Iterator[None]:
    """When to look, for ever: whenever something changed in the folder, and every few seconds."""
    try:
        for _ in watch(*_folders(file), **_HOW, raise_interrupt=False):
            yield
    except OSError as error:
        _tell(error)
    while True:
        time.sleep(LOOK_EVERY_MS / 1000)
        yield


async def moments_async(file: Path) -> AsyncGenerator[None, None]:
    """The same without blocking."""
    try:
        async for _ in awatch(*_folders(file), **_HOW):
            yield
    except OSError as error:
        _tell(error)
    while True:
        await asyncio.sleep(LOOK_EVERY_MS / 1000)
        yield


def _tell(error: OSError) -> None:
    """The system has no watches left (fs.inotify.max_user_watches), or the folder is gone."""
    log.warning("cannot be told when config.yaml changes, so it is looked at every few seconds: %s", error)


def signature(settings: Settings) -> tuple[Signature, ...]:
    """What changes whenever config.yaml does, or a list that it includes."""
    beside = (path for one in settings.lists for path in (one.copy, note_of(one)))
    return tuple(_signature(file) for file in (settings.file, *beside))


def _signature(file: Path) -> Signature:
    """Links are followed; None where there is no such file."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _folders(file: Path) -> tuple[Path, ...]:
    return tuple({file.parent, file.resolve().parent})
