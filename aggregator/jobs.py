"""What happens by the clock while the writing wing runs: poll what is due, merge what waits, tidy up.

APScheduler only ticks. When each source is due, who is at it and how often it was tried stands in the database, so
a tick that is late or missed loses nothing: with the scheduler's defaults, jobs that are a second late are dropped.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merger
from aggregator.ingest.worker import Worker
from aggregator.store import days, keys, polls, retention, sources, stories, transitions
from aggregator.store.engine import writing

log = logging.getLogger(__name__)

POLL_EVERY = timedelta(seconds=5)
MERGE_EVERY = timedelta(seconds=3)
TIDY_EVERY = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=34)  # a 410 rests for 30 days and its jitter, a Retry-After for 31


def schedule(worker: Worker, engine: Engine, settings: Settings, clock: Callable[[], datetime]) -> AsyncIOScheduler:
    """A scheduler with all jobs, not started; it must be started and stopped inside the event loop.

    A job never runs twice at once, and however many ticks were missed, one makes up for them.
    """
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
    )
    merger = Merger(settings.dedup, settings.sources)

    async def poll() -> None:
        await worker.start_due()

    async def merge() -> None:
        await worker.writer.call(lambda: merger.run(engine, clock()))

    async def tidy() -> None:
        await worker.writer.call(lambda: tidy_up(engine, settings, clock()))

    for job, every in ((poll, POLL_EVERY), (merge, MERGE_EVERY), (tidy, TIDY_EVERY)):
        scheduler.add_job(job, "interval", seconds=every.total_seconds(), next_run_time=clock(), name=job.__name__)
    return scheduler


def tidy_up(engine: Engine, settings: Settings, now: datetime) -> None:
    """Let go of what is older than we promise to keep: the history of polls, stories past `retention.stories`,
    and keys to find what is past `dedup.window`.
    """
    with writing(engine) as connection:
        polls.forget_old_fetches(connection)
        days.fold_old(connection, now)
        transitions.forget_old(connection, now)
        sources.unfreeze(connection, now, usual=2 * settings.fetch.ceiling, longest=LONGEST_WAIT)
    for part in range(keys.PARTS):
        with writing(engine) as connection:
            keys.tidy(connection, stories.first_since(connection, now - settings.dedup.window), part)
    while True:
        with writing(engine) as connection:
            expired = retention.expire(connection, before=now - settings.retention.stories, now=now)
        if expired == 0:
            return
        log.info("expired stories=%d", expired)
