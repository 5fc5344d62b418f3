"""Cleans again what is stored, after the cleaning has become better."""

from collections.abc import Callable

from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merger
from aggregator.ingest.child import Originals
from aggregator.ingest.parser import Parser
from aggregator.store import sightings
from aggregator.store.clock import clock_of
from aggregator.store.engine import reading, writing
from aggregator.store.identity import Seen
from feeds.findings import find_out

RECLEANED_AT_ONCE = 200  # entries: 0.1 s of work, so that the database is never kept from others for long


async def reclean(engine: Engine, settings: Settings, *, watch: Callable[[int], None] = lambda _: None) -> int:
    """Clean all that is kept again from what it was before cleaning; returns how many entries came out otherwise.

    In batches, each whole in itself: one that is ended half way has done what it has done, and can be run again.

    watch   is told of every batch, how many entries it had
    """
    changed, last = 0, 0
    async with Parser() as parser:
        while True:
            with reading(engine) as connection:
                batch = sightings.originals(connection, after=last, limit=RECLEANED_AT_ONCE)
            if not batch:
                break
            entries = await parser.reclean(Originals(tuple(kept.original for kept in batch)))
            cleaned = [
                (kept, Seen(entry=entry, findings=find_out(entry, site=kept.site), original=kept.original))
                for kept, entry in zip(batch, entries, strict=True)
                if entry is not None
            ]
            with writing(engine) as connection:
                changed += sightings.reclean(connection, cleaned)
            last = batch[-1].id
            watch(len(batch))
    Merger(settings.dedup, settings.sources).run(engine, clock_of(engine)())
    return changed
