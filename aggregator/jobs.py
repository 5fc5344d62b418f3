"""What happens by the clock while the writing wing runs: poll what is due, merge what waits, index it, tidy up.

APScheduler only ticks. When each source is due, who is at it and how often it was tried stands in the database, so
a tick that is late or missed loses nothing: with the scheduler's defaults, jobs that are a second late are dropped.
With its own trigger a clock that is set back a day stops every job for a day; and one that is set on by years, as at
the start of a machine without a battery, counts every tick between before anything else happens.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merger
from aggregator.ingest import lists
from aggregator.ingest.worker import Worker, lease_of
from aggregator.logs import fields
from aggregator.store import days, keys, polls, retention, sources, stories, texts, transitions
from aggregator.store.engine import writing

log = logging.getLogger(__name__)

POLL_EVERY = timedelta(seconds=5)
MERGE_EVERY = timedelta(seconds=3)
TIDY_EVERY = timedelta(hours=1)
LISTS_EVERY = timedelta(minutes=5)  # a look at which are due
LONGEST_WAIT = timedelta(days=34)  # a 410 rests for 30 days and its jitter, a Retry-After for 31


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Again so long after now, whenever the last time was meant to be."""

    def __init__(self, every: timedelta) -> None:
        self.every = every

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """When APScheduler is to run the job again."""
        return now + self.every


class Ticker(AsyncIOScheduler):  # type: ignore[misc]
    """APScheduler, on a clock that somebody may set: a job that waits for longer than it ever should runs at once."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        defaults = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        super().__init__(timezone=UTC, job_defaults=defaults)
        self._clock = clock

    def start(self, paused: bool = False) -> None:
        """Start, inside the event loop."""
        super().start(paused)
        self._minding = asyncio.create_task(self._mind_the_clock())

    def shutdown(self, wait: bool = True) -> None:
        """Start nothing more."""
        self._minding.cancel()
        super().shutdown(wait)

    async def _mind_the_clock(self) -> None:
        while True:
            await asyncio.sleep(POLL_EVERY.total_seconds())
            for job in self.get_jobs():
                if job.next_run_time > self._clock() + job.trigger.every:
                    job.modify(next_run_time=self._clock())


def schedule(worker: Worker, engine: Engine, settings: Settings, clock: Callable[[], datetime]) -> Ticker:
    """A scheduler with all jobs, not started; it must be started and stopped inside the event loop.

    A job never runs twice at once, and however many ticks were missed, one makes up for them.
    """
    ticker = Ticker(clock)
    merger = Merger(settings.dedup, settings.sources)

    async def poll() -> None:
        await worker.start_due()

    async def merge() -> None:
        await worker.writer.call(lambda: merger.run(engine, clock()))
        while ticker.running and await worker.writer.call(lambda: texts.index_some(engine)):  # gives way to writers
            pass

    async def tidy() -> None:
        await worker.writer.call(lambda: tidy_up(engine, settings, clock()))

    async def refresh_lists() -> None:
        await lists.refresh(settings, clock())

    if any(one.address for one in settings.lists):
        ticker.add_job(refresh_lists, Every(LISTS_EVERY), next_run_time=clock(), name="lists")
    for job, every in ((poll, POLL_EVERY), (merge, MERGE_EVERY), (tidy, TIDY_EVERY)):
        ticker.add_job(job, Every(every), next_run_time=clock(), name=job.__name__)
    return ticker


def tidy_up(engine: Engine, settings: Settings, now: datetime) -> None:
    """Let go of what is older than we promise to keep: the history of polls, stories past `retention.stories`,
    and keys to find what is past `dedup.window`.
    """
    with writing(engine) as connection:
        polls.forget_old_fetches(connection)
        days.fold_old(connection, now)
        transitions.forget_old(connection, now)
        usual, lease = 2 * settings.fetch.ceiling, lease_of(settings.fetch)
        sources.unfreeze(connection, now, lease=lease, usual=usual, longest=LONGEST_WAIT)
        keys.tidy(connection, stories.first_since(connection, now - settings.dedup.window))
    while True:
        with writing(engine) as connection:
            expired = retention.expire(connection, before=now - settings.retention.stories, now=now)
        if expired == 0:
            return
        log.info("expired", extra=fields(stories=expired))
