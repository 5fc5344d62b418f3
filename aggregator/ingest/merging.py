"""Merges and indexes what polls bring, in the writer's thread: what waits to be stored gets its turn in between.

What is to be indexed is read by the processes that read documents: of 30,000 new texts the writer has 12.3 s instead of
14.1, and all of it takes 19.6 s instead of 20.4.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple, TypeVar

from sqlalchemy import Engine

from aggregator.dedup.merge import BATCH, Merged, Merger
from aggregator.errors import ParserDied
from aggregator.ingest.child import Texts
from aggregator.ingest.parser import Parser
from aggregator.ingest.worker import Worker
from aggregator.store import texts
from aggregator.store.texts import Waiting
from feeds.terms import Terms, terms_of

T = TypeVar("T")

EVERY_SECONDS = 1.0  # while polls go on
ASKED_AT_ONCE = 100  # texts, of one process: 0.02 s


async def merge_waiting(worker: Worker, merger: Merger, engine: Engine, clock: Callable[[], datetime]) -> Merged:
    """Merge what waits, then index it; ends early when the worker is told to stop.

    raises  DBAPIError
    """
    total = await _merge(worker, merger, engine, clock)
    await index_waiting(worker, engine)
    return total


async def _merge(worker: Worker, merger: Merger, engine: Engine, clock: Callable[[], datetime]) -> Merged:
    total, merged = Merged(), Merged(sightings=BATCH)
    while merged.sightings == BATCH and not worker.stopping:  # a few more may have come meanwhile: another time
        merged = await worker.writer.call(lambda: merger.step(engine, clock()))
        total += merged
    return total


async def index_waiting(worker: Worker, engine: Engine) -> None:
    """Index what waits: after an upgrade, all there is; ends early when the worker is told to stop.

    raises  DBAPIError
    """
    ready = await _ready(worker, engine, after=0)
    while ready.read and not worker.stopping:
        index = worker.writer.call(partial(texts.index, engine, ready.read, ready.terms))
        coming, settled = await asyncio.gather(_ready(worker, engine, after=ready.read[-1].story_id), index)
        if not settled:  # another is at it
            return
        ready = coming


class _Ready(NamedTuple):
    """Stories that wait, and what those whose text has changed are found by."""

    read: tuple[Waiting, ...]
    terms: dict[int, Terms]


async def _ready(worker: Worker, engine: Engine, *, after: int) -> _Ready:
    """The next; made ready while those before are written: one after the other, 27,000 stories took 5 s and not 3.5."""
    read = await worker.writer.call(partial(texts.waiting, engine, after=after))
    changed = [one for one in read if one.changed]
    parts = [changed[at : at + ASKED_AT_ONCE] for at in range(0, len(changed), ASKED_AT_ONCE)]
    found = chain.from_iterable(await asyncio.gather(*(_asked(worker.parser, part) for part in parts)))
    return _Ready(read, {one.story_id: terms for one, terms in zip(changed, found, strict=True)})


async def _asked(parser: Parser, read: Sequence[Waiting]) -> tuple[Terms, ...]:
    """What each is found by; found here, where no process lives to answer."""
    asked = tuple((one.title, one.html) for one in read)
    try:
        return await parser.index(Texts(asked))
    except ParserDied:
        return tuple(terms_of(*one) for one in asked)


async def merge_meanwhile(
    worker: Worker, merger: Merger, engine: Engine, clock: Callable[[], datetime], over: asyncio.Event
) -> Merged:
    """The same again and again until the polls are over: 1,000 new feeds take two cores 23.5 s so, and one after the
    other 27.5. What is to be indexed waits in one line with documents, so nothing waits for it.

    raises  DBAPIError
    """
    try:
        async with asyncio.TaskGroup() as both:
            merging = both.create_task(_until(over, lambda: _merge(worker, merger, engine, clock)))
            both.create_task(_until(over, lambda: index_waiting(worker, engine)))
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    return sum(merging.result(), await merge_waiting(worker, merger, engine, clock))


async def _until(over: asyncio.Event, act: Callable[[], Awaitable[T]]) -> list[T]:
    """What came of it, each time."""
    came = []
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), EVERY_SECONDS)
        came.append(await act())
    return came
