"""Puts the wings together and keeps them going: once, for ever, or both in one command.

`run` is `serve` in a process of its own beside `ingest` in this one, so that a busy parser never keeps a reader
waiting. Everything that is started here is ended here.
"""

import asyncio
import gc
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from aggregator.config.lookup import known_source
from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merged, Merger
from aggregator.errors import AggregatorError, DatabaseError
from aggregator.ingest.merging import merge_meanwhile
from aggregator.ingest.worker import Polled, Worker
from aggregator.service.reloading import Reloader
from aggregator.store import claims
from aggregator.store.clock import clock_of
from aggregator.store.engine import reading, writing

log = logging.getLogger(__name__)

LAST_MOMENT_SECONDS = 14.0  # after SIGTERM; 15 s are promised, whatever the database or a disk are waiting for


class ServerEnded(AggregatorError):
    """The web server ended by itself; it has said why."""


def due(engine: Engine, settings: Settings, *, only: str | None, force: bool) -> int:
    """How many sources are due; with `force`, all are (or the one that `only` names), unless a host asked us to wait.

    raises  UnknownSource; DatabaseError
    """
    only = known_source(only, settings) if only else None
    try:
        now = clock_of(engine)()
        if force:
            with writing(engine) as connection:
                claims.make_due(connection, now, address=only)
        with reading(engine) as connection:
            return claims.count_due(connection, now) if only is None else 1
    except DBAPIError as error:
        raise DatabaseError(f"the database failed: {error.orig}; run it again when that is mended") from error


async def ingest_once(
    engine: Engine, settings: Settings, *, only: str | None = None, watch: Callable[[Polled], None] = lambda _: None
) -> tuple[int, Merged]:
    """Poll all that is due, merge, index, and return: (polls, what the merge did). SIGTERM ends it early, cleanly.

    raises  UnknownSource; DatabaseError, when the database fails on the way: what was committed stays, the rest is due
    """
    collect_less()
    try:
        async with Worker(engine, settings, only=known_source(only, settings) if only else None, watch=watch) as worker:
            _on_signals(worker.stop)
            over, merger = asyncio.Event(), Merger(settings.dedup, settings.sources)
            merging = asyncio.create_task(merge_meanwhile(worker, merger, engine, clock_of(engine), over))
            try:
                polls = await worker.drain()
            finally:
                over.set()
                merged = await merging
    except DBAPIError as error:
        raise DatabaseError(f"the database failed: {error.orig}; run it again when that is mended") from error
    return polls, merged


async def ingest_forever(
    engine: Engine, settings: Settings, *, server: "subprocess.Popen[bytes] | None" = None
) -> None:
    """Poll, merge and tidy by the clock until SIGTERM or Ctrl-C, or until the server beside us ends.

    Whenever config.yaml changes, and on SIGHUP, it is put in force, if it can be.

    raises  ServerEnded
    """
    from aggregator.jobs import schedule  # the scheduler takes 0.05 s to import, and `--once` has no need of it

    collect_less()
    stop, reloader = asyncio.Event(), Reloader(engine)
    _on_signals(stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reloader.ask)
    ends = [asyncio.create_task(stop.wait()), *([asyncio.create_task(_ended(server))] if server else [])]
    while not any(task.done() for task in ends):
        # New settings get a new worker: nothing of the old ones is left in any corner, and polls in flight end first.
        changed = asyncio.create_task(reloader.next(settings))
        async with Worker(engine, settings) as worker:
            scheduler = schedule(worker, engine, settings, clock_of(engine))
            scheduler.start()
            log.info("ingesting sources=%d", len(settings.sources))
            await asyncio.wait((*ends, changed), return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set() and server is not None and server.returncode is None:
                server.send_signal(signal.SIGUSR1)  # `/readyz` says from now on that we end
            worker.stop()
            scheduler.shutdown(wait=False)
        if changed.done():
            settings = await asyncio.to_thread(reloader.put_in_force, settings, changed.result())
        await _cancelled(changed)
    for task in ends:
        await _cancelled(task)
    if server is not None and not stop.is_set():
        raise ServerEnded(f"the web server ended by itself, with exit code {server.returncode}")


def collect_less() -> None:
    """Let Python look for cycles in what is new, and a tenth as often: a merge makes a hundred thousand objects that
    are in none, and went by all of them, and by every module, again and again: 4 of 26 s of a load of 1,000 feeds.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _ended(process: "subprocess.Popen[bytes]") -> None:
    """Returns when a process has ended; it is not left to a thread, which would keep ours from ending before."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    handle = os.pidfd_open(process.pid)
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
        process.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


async def _cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait((task,))


def _leave() -> None:
    """End now, in the middle of whatever it is: as after a crash, leases run out and nothing is half done."""
    log.error("could not end in order within seconds=%d", LAST_MOMENT_SECONDS)
    os._exit(0)


def _on_signals(act: Callable[[], None]) -> None:
    """The first SIGTERM or Ctrl-C acts; a second one ends the process at once."""
    loop = asyncio.get_running_loop()

    def once() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        last = threading.Timer(LAST_MOMENT_SECONDS, _leave)
        last.daemon = True
        last.start()
        act()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, once)
