"""Merges and indexes what polls bring, in the writer's thread: what waits to be stored gets its turn in between."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Engine

from aggregator.dedup.merge import BATCH, Merged, Merger
from aggregator.ingest.worker import Worker
from aggregator.store import texts

EVERY_SECONDS = 1.0  # while polls go on


async def merge_waiting(worker: Worker, merger: Merger, engine: Engine, clock: Callable[[], datetime]) -> Merged:
    """Merge what waits, then index it; ends early when the worker is told to stop.

    raises  DBAPIError
    """
    total, merged = Merged(), Merged(sightings=BATCH)
    while merged.sightings == BATCH and not worker.stopping:  # a few more may have come meanwhile: another time
        merged = await worker.writer.call(lambda: merger.step(engine, clock()))
        total += merged
    while not worker.stopping and await worker.writer.call(lambda: texts.index_some(engine) > 0):
        pass  # after an upgrade, all there is
    return total


async def merge_meanwhile(
    worker: Worker, merger: Merger, engine: Engine, clock: Callable[[], datetime], over: asyncio.Event
) -> Merged:
    """The same again and again until the polls are over: 1,000 new feeds take two cores 23.5 s so, and one after the
    other 27.5.
    """
    total = Merged()
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), EVERY_SECONDS)
        total += await merge_waiting(worker, merger, engine, clock)
    return total + await merge_waiting(worker, merger, engine, clock)
