"""Publishes by WebSub: tells the hub that config.yaml names (`site.hub`) which feeds have changed, so that whoever
subscribed there hears of it within a minute and a half.

One process of all does it, and rests for a minute then, so no feed is told of more often. What was told stands in the
database: nothing is forgotten by a restart, and what a hub did not take is told again. A hub that fails is left alone
for a while, by all processes, and nothing else waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.errors import FetchError
from aggregator.fetch.hub import Hub
from aggregator.logs import fields
from aggregator.publish.selection import Catalogue, feed_address
from aggregator.store import announcements
from aggregator.store.announcements import News
from aggregator.store.clock import Clock
from aggregator.store.duties import Duty
from aggregator.store.engine import reading
from feeds.render import FORMATS

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
AT_ONCE = 100  # categories; each has a feed in every format
AFTER_A_FAILURE = timedelta(minutes=5)
LONGEST_REST = timedelta(hours=6)  # that a hub may ask for
LEASE = timedelta(minutes=2)  # for one category: a POST for each format
# The hub comes for the feed as soon as it is told, and a server that trusts what it knows (`web.server.TRUST_SECONDS`)
# would give it the old one.
SETTLING_SECONDS = 5.0

Call = Callable[[Callable[[], Any]], Awaitable[Any]]


class Publisher:
    """Tells the hub of settings that name one.

    call      runs what waits for the database in a thread where it may
    stopping  whether nothing new is to be begun
    """

    def __init__(
        self, engine: Engine, settings: Settings, clock: Clock, *, call: Call, stopping: Callable[[], bool]
    ) -> None:
        assert settings.site.hub is not None
        self._hub = settings.site.hub
        self._engine = engine
        self._settings = settings
        self._catalogue = Catalogue(settings)
        self._call = call
        self._stopping = stopping
        self._duty = Duty(engine, "websub", clock, every=LONGEST_REST, lease=LEASE)

    async def publish(self) -> None:
        """Tell all that is to be told, unless another process is at it, or has just been.

        raises  DBAPIError
        """
        if not await self._call(self._duty.take):
            return
        rest = timedelta(0)
        if waiting := await self._call(self._untold):
            rest = EVERY
            await asyncio.sleep(SETTLING_SECONDS)
            try:
                async with Hub(self._hub, self._settings.user_agent) as hub:
                    await self._tell(hub, waiting)
            except FetchError as error:
                rest = max(error.retry_after or AFTER_A_FAILURE, AFTER_A_FAILURE)
                log.warning("the hub failed", extra=fields(reason=error.reason.value, detail=str(error)))
        await self._call(partial(self._duty.done, rest))

    def _untold(self) -> list[News]:
        with reading(self._engine) as connection:
            return announcements.untold(connection, self._catalogue.slugs, limit=AT_ONCE)

    async def _tell(self, hub: Hub, waiting: list[News]) -> None:
        for told, news in enumerate(waiting):
            for format_ in FORMATS:
                if self._stopping():
                    return
                await hub.tell(feed_address(self._catalogue, news.slug, format_))
            if not await self._call(partial(self._duty.do, partial(announcements.told, news=news))):
                return
            log.info("told the hub", extra=fields(category=news.slug, told=told + 1, waiting=len(waiting) - told - 1))
