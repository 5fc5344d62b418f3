"""The one thread that writes: takes whatever results have gathered and commits them together.

While one group is being committed the next one gathers, so groups grow with the load and nobody waits for long when
there is none. Where one of a group cannot be stored, each is stored by itself, and it alone is rolled back.
What passes is waited for, and the group stored again: a poll whose claim is gone by then was stored, and is left alone.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from aggregator.dedup import flood
from aggregator.ingest.network import Network, Verdict, reached
from aggregator.ingest.pipeline import Result
from aggregator.logs import fields
from aggregator.outcome import Failed, Outcome, Reason, Updated, Why
from aggregator.standing import Change, Transition
from aggregator.store import claims, polls, sightings, transitions
from aggregator.store.patience import Patience, passing
from aggregator.store.polls import Counts, Ended
from aggregator.store.sightings import Saved
from feeds.parse.trim import guid_digest, without

log = logging.getLogger(__name__)

GROUP = 100  # results in one commit at most
# How long the first of a group waits for others. While this thread writes, each row takes the interpreter from the
# polls and gives it back: 1,000 that find nothing new took 0.53 s of CPU in 30 groups, and take 0.44 s in 16.
GATHER_SECONDS = 0.01
AFTER_A_BUG = timedelta(hours=1)
ANSWERED = 1_000_000  # polls in flight: as good as more than there can be, for somebody has answered
OFFLINE_WAIT = timedelta(minutes=15)  # until a source is tried again that could not be reached for want of a network
PATIENCE = timedelta(minutes=4)  # what a result is worth; its claim is not ours for much longer

T = TypeVar("T")


class Writer:
    """Stores results in groups. `async with Writer(engine, clock) as writer: counts = await writer.save(result)`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._network = Network()
        self.in_flight: Callable[[], int] = lambda: 0  # polls that have not ended; the worker knows
        self._answers = 0  # in what is left of the group that is being stored
        self._patience = Patience(PATIENCE)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._waiting: asyncio.Queue[tuple[Result, asyncio.Future[Counts]]] = asyncio.Queue()

    async def __aenter__(self) -> "Writer":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()

    async def call(self, function: Callable[[], T]) -> T:
        """Run something else that writes, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction, repeated while what stops it is passing; in the writer's thread only.

        raises  DBAPIError
        """
        return self._patience.write(self._engine, work)

    def hurry(self) -> None:
        """Wait for nothing that passes any more; from any thread."""
        self._patience.end()

    async def save(self, result: Result) -> Counts:
        """Store one result; returns when it is committed.

        raises  SQLAlchemyError, when the group could not be committed; its sources are then polled again
        """
        done: asyncio.Future[Counts] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((result, done))
        return await done

    async def _run(self) -> None:
        while True:
            group = [await self._waiting.get()]
            await asyncio.sleep(GATHER_SECONDS)
            while len(group) < GROUP and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            results = [result for result, _ in group]
            counts = await self.call(partial(self._commit_each, results))
            for (_, done), count in zip(group, counts, strict=True):
                if done.cancelled():
                    continue
                if isinstance(count, SQLAlchemyError):
                    done.set_exception(count)
                else:
                    done.set_result(count)

    def _commit_each(self, results: Sequence[Result]) -> Sequence[Counts | SQLAlchemyError]:
        """Commit them together; where that cannot be, each alone, so that one does not take the others with it."""
        try:
            return self._commit(results)
        except SQLAlchemyError as error:
            if len(results) == 1:
                return [error]
        return [count for result in results for count in self._commit_each([result])]

    def _commit(self, results: Sequence[Result]) -> list[Counts]:
        before = self._network

        def store_all(connection: Connection) -> list[Counts]:
            self._network = deepcopy(before)  # what a try that was rolled back has learnt, it has told nobody
            now = self._clock()
            ours, forgiven = self._judge(connection, results, now)
            counts = iter(_store(connection, [one for one, lost in zip(results, ours, strict=True) if not lost], now))
            if forgiven:
                polls.forgive(connection, forgiven, now + OFFLINE_WAIT)
            uncounted = [one.claim for one, lost in zip(results, ours, strict=True) if lost]
            claims.release(connection, uncounted, not_before=now + OFFLINE_WAIT, why_then=Why.OFFLINE)
            return [Counts() if lost else next(counts) for lost in ours]

        try:
            return self.write(store_all)
        except BaseException:
            self._network = before
            raise

    def _judge(self, connection: Connection, results: Sequence[Result], now: datetime) -> tuple[list[bool], list[int]]:
        """Whether each failed for want of a network, which is not counted; and the sources that were blamed for it.

        The network's own transitions are recorded.
        """
        ours: list[bool] = []
        forgiven: list[int] = []
        answered = list(map(_answered, results))
        self._answers = sum(answered)
        for result, has_answered in zip(results, answered, strict=True):
            since, blamed = self._network.since, tuple(self._network.blamed)
            self._answers -= has_answered
            open_ = self.in_flight() if self._answers == 0 else ANSWERED
            verdict = self._network.judge(result.claim, result.outcome, now, in_flight=open_)
            if verdict is Verdict.ANSWERED and not self._network.known_online:
                self._network.known_online = True
                if gone_since := transitions.offline_since(connection):
                    transitions.add(connection, [(None, Transition(change=Change.ONLINE, since=gone_since))], now)
                    log.warning("the network is back", extra=fields(gone_since=gone_since))
            elif verdict is Verdict.LOST:
                self._network.known_online = False
                forgiven += blamed
                if transitions.offline_since(connection) is None:
                    transitions.add(connection, [(None, Transition(change=Change.OFFLINE, since=since or now))], now)
                    log.warning("nothing can be reached: the failures are not counted, all is tried again")
            ours.append(verdict in (Verdict.LOST, Verdict.OFFLINE))
        return ours, forgiven


def _answered(result: Result) -> bool:
    return bool(result.claim.host) and reached(result.outcome)


def after_a_bug(result: Result, error: Exception, now: datetime) -> Result:
    """What to store of a poll that we failed at ourselves: nothing of it, and not again for an hour."""
    exchange = result.outcome.exchange
    failed = Failed(reason=Reason.BUG, detail=type(error).__name__, exchange=exchange)
    return replace(result, outcome=failed, seen=(), next_fetch_at=now + AFTER_A_BUG, why_then=Why.FAILING)


def _store(connection: Connection, results: Sequence[Result], now: datetime) -> list[Counts]:
    """Store results together; where that cannot be, each in a savepoint of its own, so that one does not take the
    others with it."""
    try:
        with connection.begin_nested():
            return _store_together(connection, results, now)
    except Exception as error:
        if _not_its_doing(error):
            raise
    return [_store_alone(connection, result, now) for result in results]


def _store_alone(connection: Connection, result: Result, now: datetime) -> Counts:
    try:
        with suppress(IntegrityError), connection.begin_nested():
            return _store_together(connection, (result,), now)[0]
        with connection.begin_nested():  # somebody else stored the same; now that it is there, it is found
            return _store_together(connection, (result,), now)[0]
    except Exception as error:
        if _not_its_doing(error):
            raise
        log.exception("could not store", extra=fields(source=result.claim.source_id))
        with connection.begin_nested():
            return _store_together(connection, (after_a_bug(result, error, now),), now)[0]


def _not_its_doing(error: Exception) -> bool:
    """Whether the disk is full, or the connection is gone: that is no source's fault."""
    return isinstance(error, DBAPIError) and (isinstance(error, OperationalError) or passing(error))


def _store_together(connection: Connection, results: Sequence[Result], now: datetime) -> list[Counts]:
    held = claims.held(connection, (result.claim for result in results))
    counts, ended = [], []
    for result in results:
        if (result.claim.source_id, result.claim.token) in held:
            ended.append(_store_entries(connection, result, now))
            counts.append(ended[-1].counts)
        else:
            log.info("dropped a late result", extra=fields(source=result.claim.source_id))
            counts.append(Counts())
    polls.record(connection, ended, now)
    return counts


def _store_entries(connection: Connection, result: Result, now: datetime) -> Ended:
    saved, outcome = _save(connection, result, now)
    counts, suspicion = saved.counts, None
    if counts.added >= flood.FEWEST and result.claim.last_document_at is not None:
        suspicion = flood.guard(connection, result.claim.source_id, result.claim.arrivals, now)
        if suspicion is not None:
            log.warning("held a flood", extra=fields(source=result.claim.source_id, items=counts.added, why=suspicion))
    if isinstance(outcome, Updated):
        counts = replace(counts, entries=outcome.carried)
    known = result.claim.last_document_at is not None  # what the first document has, nobody saw appear
    return Ended(
        claim=result.claim,
        outcome=outcome,
        counts=counts,
        arrivals=sightings.with_ours(result.arrivals, result.seen, now) if counts.added and known else result.arrivals,
        move=result.move,
        next_fetch_at=result.next_fetch_at,
        why_then=result.why_then,
        held=suspicion.value if suspicion else None,
    )


def _save(connection: Connection, result: Result, now: datetime) -> tuple[Saved, Outcome]:
    """Store the entries; and the outcome with a memory that knows only what is stored under its own guid."""
    outcome = result.outcome
    if not result.seen or not isinstance(outcome, Updated):
        return Saved(counts=Counts()), outcome
    saved = sightings.save(connection, result.claim.source_id, result.seen, now, memory=outcome.memory)
    if not saved.elsewhere or not outcome.memory:
        return saved, outcome
    return saved, replace(outcome, memory=without(outcome.memory, frozenset(map(guid_digest, saved.elsewhere))))
