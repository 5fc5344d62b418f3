"""The application of the config.yaml that is in force, exchanged as a whole when that changes.

A request is answered by one application from its beginning to its end. What is wrong with a changed file is not said
here: the writing wing says it, once, where all can read it (`store.configuration`).
"""

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config import watch
from aggregator.config.reload import Refused, look, without_restart
from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError
from aggregator.store import configuration
from aggregator.store.engine import reading
from aggregator.web import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

AFTER_A_BUG_SECONDS = 5.0


class Reloading:
    """A WSGI application that follows config.yaml, once `follow` runs in a thread of its own.

    trust, ending  as of `create_app`
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        *,
        trust: float = 0.0,
        ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._trust = trust
        self._waits = False  # the file that stands there needs somebody's word
        self._ending = ending
        self._app = create_app(settings, engine, trust=trust, ending=ending)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        return self._app(environ, start_response)

    def follow(self) -> None:
        """Look whenever the file may have changed; never returns."""
        while True:
            last = None
            try:
                for _ in watch.moments(self._settings.file):
                    seen = watch.signature(self._settings)
                    if self._waits or seen != last:
                        last = seen
                        self.look()
            except Exception:
                log.exception("could not follow config.yaml")
                time.sleep(AFTER_A_BUG_SECONDS)

    def look(self) -> None:
        """Take what the file has, if it can be put in force."""
        try:
            with reading(self._engine) as connection:
                accepted = configuration.state(connection).accepted
        except SQLAlchemyError:
            accepted = None  # the database is away for a moment
        found = look(self._settings, os.environ, accepted=accepted)
        self._waits = isinstance(found, Refused) and found.missing > 0
        if isinstance(found, Settings):
            settings = without_restart(self._settings, found)
            try:
                self._app = create_app(settings, self._engine, trust=self._trust, ending=self._ending)
            except AggregatorError as error:  # the keys of the image proxy, which were not needed before
                log.error("kept the old pages: %s", error)
            self._settings = settings
            log.info("serving what config.yaml has now categories=%d", len(settings.categories))
