"""What happens by the clock while the writing wing runs: poll what is due, merge what waits, index it, tidy up.

APScheduler only ticks. When each source is due, who is at it and how often it was tried stands in the database, so
a tick that is late or missed loses nothing: with the scheduler's defaults, jobs that are a second late are dropped.
With its own trigger a clock that is set back a day stops every job for a day; and one that is set on by years, as at
the start of a machine without a battery, counts every tick between before anything else happens.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merger
from aggregator.ingest import lists
from aggregator.ingest.merging import merge_waiting
from aggregator.ingest.worker import Worker, lease_of
from aggregator.logs import fields
from aggregator.store import claims, compared, days, keys, polls, retention, transitions, wal
from aggregator.store.clock import utc_now
from aggregator.store.duties import Duty
from aggregator.store.patience import first_line

log = logging.getLogger(__name__)

POLL_EVERY = timedelta(seconds=5)
MERGE_EVERY = timedelta(seconds=3)
TIDY_EVERY = timedelta(hours=1)  # by one process of all
LOOK_EVERY = timedelta(minutes=1)  # whether it is time, and nobody is at it
TELL_EVERY = timedelta(seconds=20)  # a look at whether a hub may be told of something
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
    ticker = Ticker(utc_now)  # APScheduler goes by the clock of this machine
    merger = Merger(settings.dedup, settings.sources)
    duty = Duty(engine, "tidy", clock, every=TIDY_EVERY)

    async def poll() -> None:
        await worker.start_due()

    async def merge() -> None:
        await merge_waiting(worker, merger, engine, clock)

    async def tidy() -> None:
        if not await worker.writer.call(duty.take):
            return
        for step in tidying(settings, clock()):
            if worker.stopping or not await worker.writer.call(partial(duty.do, step)):
                return
        await worker.writer.call(duty.done)

    async def shorten_log() -> None:
        if not await worker.writer.call(lambda: wal.shorten(engine)):
            log.warning("somebody reads for long, and the database's log grows", extra=fields(bytes=wal.size(engine)))

    async def refresh_lists() -> None:
        await lists.refresh(settings, utc_now())  # the copies and their dates are files of this machine

    if any(one.address for one in settings.lists):
        ticker.add_job(refresh_lists, Every(LISTS_EVERY), next_run_time=utc_now(), name="lists")
    by_the_clock = [(poll, POLL_EVERY), (merge, MERGE_EVERY), (tidy, LOOK_EVERY), (shorten_log, LOOK_EVERY)]
    if settings.site.hub:
        from aggregator.websub import Publisher  # only this needs to know how feeds are called

        publisher = Publisher(engine, settings, clock, call=worker.writer.call, stopping=lambda: worker.stopping)
        by_the_clock.append((publisher.publish, TELL_EVERY))
    for job, every in by_the_clock:
        ticker.add_job(forgiving(job), Every(every), next_run_time=utc_now(), name=job.__name__)
    return ticker


def forgiving(job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """The same job, which says so where the database fails: what it did not do, the next tick finds to be done."""

    async def run() -> None:
        try:
            await job()
        except DBAPIError as error:
            log.warning("the database failed, trying again", extra=fields(job=job.__name__, error=first_line(error)))

    return run


Step = Callable[[Connection], object]


def tidying(settings: Settings, now: datetime) -> Iterator[Step]:
    """Let go of what is older than we promise to keep: the history of polls, stories past `retention.stories`,
    and keys to find what is past `dedup.window`. In steps, each a transaction that is whole in itself.
    """
    expired = 1

    def forget(connection: Connection) -> None:
        usual, lease = 2 * settings.fetch.ceiling, lease_of(settings.fetch)
        polls.forget_old_fetches(connection)
        days.fold_old(connection, now)
        transitions.forget_old(connection, now)
        claims.unfreeze(connection, now, lease=lease, usual=usual, longest=LONGEST_WAIT)
        keys.tidy(connection, compared.first_since(connection, now - settings.dedup.window))

    def expire(connection: Connection) -> None:
        nonlocal expired
        expired = retention.expire(connection, before=now - settings.retention.stories, now=now)
        log.info("expired", extra=fields(stories=expired))

    yield forget
    while expired:
        yield expire
