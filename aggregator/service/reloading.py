"""config.yaml put in force while the writing wing runs; where it cannot be, the database says why, for all to read."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config import watch
from aggregator.config.reload import Refused, look, missing, without_restart
from aggregator.config.settings import Settings
from aggregator.errors import DatabaseError
from aggregator.service.setup import mended, put_in_force
from aggregator.store import configuration
from aggregator.store.clock import clock_of
from aggregator.store.engine import reading, writing

log = logging.getLogger(__name__)


class Reloader:
    """Looks at config.yaml whenever it may have changed, or when somebody asks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked = asyncio.Event()
        self._waits = False  # the file that stands there needs somebody's word

    def ask(self) -> None:
        """Look now."""
        self._asked.set()

    async def next(self, current: Settings) -> Settings:
        """Wait until other settings are to be put in force; they are not, yet."""
        last = None  # so that it is looked at once at least: it may have changed since it was read
        async for asked in self._moments(current):
            seen = watch.signature(current)
            if asked or self._waits or seen != last:
                last = seen
                new = await asyncio.to_thread(self._look, current)
                if new is not None:
                    return new
        raise AssertionError("the moments to look never end")

    async def _moments(self, current: Settings) -> AsyncGenerator[bool, None]:
        """When to look; whether because somebody asked."""
        changes = watch.moments_async(current.file)
        change = asyncio.ensure_future(anext(changes))
        try:
            while True:
                ask = asyncio.ensure_future(self._asked.wait())
                await asyncio.wait((change, ask), return_when=asyncio.FIRST_COMPLETED)
                asked = self._asked.is_set()
                self._asked.clear()
                ask.cancel()
                if change.done():
                    change.result()
                    change = asyncio.ensure_future(anext(changes))
                yield asked
        finally:
            change.cancel()
            await asyncio.gather(change, return_exceptions=True)
            await changes.aclose()

    def _look(self, current: Settings) -> Settings | None:
        """`look`, of which no bug of ours may end the service: what is in force stays so."""
        try:
            return self.look(current)
        except Exception:
            log.exception("could not look at config.yaml")
            return None

    def look(self, current: Settings) -> Settings | None:
        """What the file has that is to be put in force; None where it is what is in force, or must not be."""
        try:
            with reading(self._engine) as connection:
                state = configuration.state(connection)
            found = look(current, os.environ, accepted=state.accepted)
            self._waits = isinstance(found, Refused) and found.missing > 0
            if isinstance(found, Settings):
                return without_restart(current, found)
            if found is None and (state.problems or state.digest != current.digest):
                with writing(self._engine) as connection:
                    configuration.put_in_force(connection, current.digest, clock_of(self._engine)())
                log.warning("config.yaml is again what is in force")
            elif found is not None and (found.digest != state.refused_digest or not state.problems):
                with writing(self._engine) as connection:
                    configuration.refuse(
                        connection, found.digest, found.lines, clock_of(self._engine)(), missing=found.missing
                    )
                for line in found.lines:
                    log.error("kept the old settings: %s", line)
        except SQLAlchemyError as error:
            log.error("could not note how config.yaml is error=%s", type(error).__name__)
        return None

    def put_in_force(self, current: Settings, new: Settings) -> Settings:
        """Make the database agree with the new settings; the settings that are in force then."""
        try:
            put_in_force(self._engine, new, mended=mended(current.fetch, new.fetch))
        except DatabaseError as error:
            log.error("could not put config.yaml in force, trying again: %s", error)
            return current
        added, gone = len(missing(new, current)), len(missing(current, new))
        log.warning("put config.yaml in force sources=%d added=%d removed=%d", len(new.sources), added, gone)
        for warning in new.warnings:
            log.warning("config.yaml line=%s %s", warning.line or "-", warning.message)
        return new
