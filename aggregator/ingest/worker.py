"""Polls whatever is due: claims it, runs the polls concurrently, and hands each result to the writer.

Each source is on its own: what is expected to fail is in its outcome, and a bug is caught here, once, logged,
recorded, and the source pushed an hour ahead. A host gets `fetch.per_host` requests at a time, however many of its
sources are due.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config.redaction import redacted, shown_address
from aggregator.config.settings import FetchSettings, Settings, SourceSettings
from aggregator.fetch.client import Client
from aggregator.ingest.parser import Parser
from aggregator.ingest.pipeline import Pipeline, Result, decide
from aggregator.ingest.writer import Writer, after_a_bug
from aggregator.logs import fields
from aggregator.outcome import Exchange, Failed, Outcome, Reason
from aggregator.store import claims
from aggregator.store.claims import Claim
from aggregator.store.clock import Clock, clock_of
from aggregator.store.polls import Counts
from aggregator.store.presence import present

log = logging.getLogger(__name__)

QUEUE_PER_HOST = 8  # sources of one host that are claimed at once, to be fetched one after the other
# What a claimed source has until its poll has ended; so many deadlines must fit in. Its lease is longer by the floor:
# it may have been asked at any time until then, and whoever takes it over must keep the distance (decision 19).
POLL_WITHIN = timedelta(minutes=10)
NOT_OURS = timedelta(minutes=5)  # what a source rests that our config.yaml does not know
GRACE_SECONDS = 8.0  # what polls in flight get at shutdown; 15 s are promised for everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How one poll ended, for whoever watches."""

    address: str
    outcome: str
    counts: Counts


def lease_of(settings: FetchSettings) -> timedelta:
    """How long a claim is ours."""
    return POLL_WITHIN + settings.floor


class Worker:
    """`async with Worker(engine, settings) as worker: await worker.drain()`.

    clock  the database's, if None
    only   the address of the one source to poll; all of them if None
    watch  is told of every poll that ended
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        clock: Clock | None = None,
        only: str | None = None,
        watch: Callable[[Polled], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._sources: dict[str, SourceSettings] = {source.address: source for source in settings.sources}
        self._clock = clock or clock_of(engine)
        self._only = only
        self._watch = watch
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._ended = asyncio.Event()  # a poll has, since somebody last waited for it
        self._stopping = False
        self._stack = AsyncExitStack()
        self.writer = Writer(engine, self._clock)
        self.parser = Parser()
        self._in_hand = 0  # polls that have ended, and wait for the writer
        self.writer.in_flight = lambda: len(self._running) - self._in_hand

    async def __aenter__(self) -> "Worker":
        settings = self._settings
        if self._stack.enter_context(present(self._engine)):
            drop = partial(claims.drop_leases, now=self._clock(), floor=settings.fetch.floor)
            await self.writer.call(lambda: self.writer.write(drop))
        await self._stack.enter_async_context(self.writer)
        client = await self._stack.enter_async_context(Client(settings.fetch, settings.user_agent))
        await self._stack.enter_async_context(self.parser)
        self._pipeline = Pipeline(
            client,
            self.parser,
            settings.fetch,
            instances=settings.rsshub.instances,
            folder=settings.file.parent,
            clock=self._clock,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._finish()
        await self._stack.aclose()

    def stop(self) -> None:
        """Claim nothing more; what is in flight is finished, or given back, when the block ends."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._stopping

    async def start_due(self) -> int:
        """Claim all that is due and start polling it as there is room; returns how many, once nothing more is due."""
        started = 0
        limit = self._settings.fetch.concurrency
        while not self._stopping:
            # Refilled by the quarter: one claim costs as much for one source as for many.
            while limit - len(self._running) < max(1, limit // 4):
                await self._some_to_end()
            until = asyncio.get_running_loop().time() + POLL_WITHIN.total_seconds()
            taken = await self._claim(limit - len(self._running))
            if not taken:
                break
            started += len(taken)
            for claim in taken:
                task = asyncio.create_task(self._poll(claim, until))
                self._running[task] = claim
                task.add_done_callback(self._end)
        return started

    async def drain(self) -> int:
        """Poll all that is due, and what becomes due meanwhile, to the end; returns how many polls there were."""
        polls = 0
        while not self._stopping:
            polls += await self.start_due()
            if not self._running:
                break
            await self._some_to_end()
        return polls

    async def _claim(self, limit: int) -> tuple[Claim, ...]:
        def claim(connection: Connection) -> tuple[Claim, ...]:
            return claims.claim_due(
                connection,
                now=self._clock(),
                limit=limit,
                per_host=QUEUE_PER_HOST * self._settings.fetch.per_host,
                lease=lease_of(self._settings.fetch),
                floor=self._settings.fetch.floor,
                only=self._only,
            )

        return await self.writer.call(lambda: self.writer.write(claim))

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._ended.set()

    async def _some_to_end(self) -> None:
        """Not `asyncio.wait`, which tells every task that it is waited for, and that it is not: 3 % of a poll."""
        self._ended.clear()
        await self._ended.wait()

    async def _poll(self, claim: Claim, until: float) -> None:
        """Poll a source and store the result; `until` is the loop's time at which somebody else may be going to."""
        source = self._sources.get(claim.address)
        if source is None:  # another worker runs with another config.yaml, and the source is that one's
            await self._give_back((claim,), not_before=self._clock() + NOT_OURS)
            return
        started = self._clock()
        try:
            async with asyncio.timeout_at(until) as limit:
                outcome = await self._pipeline.poll(claim, source)
            result = decide(
                claim,
                source,
                outcome,
                self._settings.fetch,
                self._clock(),
                spread=random.random(),  # noqa: S311
            )
        except Exception as error:
            if limit.expired():  # this process was stopped, or the machine slept
                log.warning("gave up: its time was over before it was polled", extra=named(claim, source))
                return
            log.exception("could not poll", extra=named(claim, source))
            failed = Failed(reason=Reason.BUG, detail=type(error).__name__, exchange=Exchange())
            result = decide(claim, source, failed, self._settings.fetch, started, spread=0.0)
            result = after_a_bug(result, error, self._clock())
        self._in_hand += 1
        try:
            counts = await self.writer.save(result)
        except SQLAlchemyError as error:
            log.error("could not commit", extra=named(claim, source, error=type(error).__name__))
            return  # the lease runs out, and the source is polled again with the validators that it had
        finally:
            self._in_hand -= 1
        self._tell(claim, source, result, counts)

    def _tell(self, claim: Claim, source: SourceSettings, result: Result, counts: Counts) -> None:
        outcome = result.outcome
        name = type(outcome).__name__.lower()
        if isinstance(outcome, Failed):
            facts = {"reason": outcome.reason.value, "detail": redacted(outcome.detail, source)}
            log.warning("failed", extra=named(claim, source, **facts, next=result.next_fetch_at))
        elif log.isEnabledFor(logging.INFO):
            wire = {
                "status": outcome.exchange.status,
                "bytes": outcome.exchange.wire_bytes,
                "ms": milliseconds(outcome),
            }
            log.info(name, extra=named(claim, source, **wire, entries=counts.entries, added=counts.added))
        self._watch(Polled(address=claim.address, outcome=name, counts=counts))

    async def _finish(self) -> None:
        """Let polls in flight end within the grace; give the rest back as they were."""
        self._stopping = True
        if not self._running:
            return
        running = dict(self._running)
        _, late = await asyncio.wait(running, timeout=GRACE_SECONDS)
        self.writer.hurry()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        given = [running[task] for task in late]
        may_ask_again = self._clock() + self._settings.fetch.floor
        await self._give_back((one for one in given if one.fetched_before), not_before=may_ask_again)
        await self._give_back(one for one in given if not one.fetched_before)

    async def _give_back(self, taken: Iterable[Claim], *, not_before: datetime | None = None) -> None:
        given = tuple(taken)

        def release(connection: Connection) -> None:
            claims.release(connection, given, not_before=not_before)

        try:
            await self.writer.call(lambda: self.writer.write(release))
        except SQLAlchemyError as error:
            log.error("could not give back", extra=fields(sources=len(given), error=type(error).__name__))


def named(claim: Claim, source: SourceSettings, **facts: object) -> dict[str, object]:
    """The fields of an event about a source: its number, its kind, its address without secrets; and more."""
    return fields(source=claim.source_id, kind=claim.kind, address=shown_address(claim.address, source), **facts)


def milliseconds(outcome: Outcome) -> int:
    """How long an answer took."""
    return round(outcome.exchange.elapsed.total_seconds() * 1000)
