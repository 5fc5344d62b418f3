"""Puts the wings together and keeps them going.

`run` is `serve` in a process of its own beside `ingest` in this one, so that a busy parser never keeps a reader
waiting. Everything that is started here is ended here.
"""

import asyncio
import logging
import os
import signal
import subprocess

from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError
from aggregator.ingest.worker import Worker
from aggregator.jobs import schedule
from aggregator.service.process import collect_less, on_signals
from aggregator.service.reloading import Reloader
from aggregator.store.clock import clock_of

log = logging.getLogger(__name__)


class ServerEnded(AggregatorError):
    """The web server ended by itself; it has said why."""


async def ingest_forever(
    engine: Engine, settings: Settings, *, server: "subprocess.Popen[bytes] | None" = None
) -> None:
    """Poll, merge and tidy by the clock until SIGTERM or Ctrl-C, or until the server beside us ends.

    Whenever config.yaml changes, and on SIGHUP, it is put in force, if it can be.

    raises  ServerEnded
    """
    collect_less()
    stop, reloader = asyncio.Event(), Reloader(engine)
    on_signals(stop.set)
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
