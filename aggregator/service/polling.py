"""The writing wing once: poll all that is due, merge, index, and be done. Without what only `running` needs: the clock,
and the watch over config.yaml, which take 0.05 s to import.
"""

import asyncio
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from aggregator.config.lookup import known_source
from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merged, Merger
from aggregator.errors import DatabaseError
from aggregator.ingest.merging import merge_meanwhile
from aggregator.ingest.worker import Polled, Worker
from aggregator.service.process import collect_less, on_signals
from aggregator.store import claims
from aggregator.store.clock import clock_of
from aggregator.store.engine import reading, writing


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
            on_signals(worker.stop)
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
