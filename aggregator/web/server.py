"""The production server: granian, one process with one blocking thread.

Four threads answer half as many requests as one, for they share one interpreter; more processes answer more. The
application is made in the process that answers, so the one that only watches over it stays small.
"""

from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from aggregator.config.settings import Settings


def serve(settings: Settings) -> None:
    """Answer HTTP until SIGTERM or Ctrl-C."""
    server = Granian(
        str(settings.file),
        address=settings.listen.host,
        port=settings.listen.port,
        interface=Interfaces.WSGI,
        blocking_threads=1,
        log_level=LogLevels.warning,
        websockets=False,
    )
    server.serve(target_loader=load_app)


def load_app(file: str) -> Any:
    """The web application, from the path of config.yaml."""
    import os
    from pathlib import Path

    from aggregator.config.load import load
    from aggregator.store.engine import open_engine
    from aggregator.web import create_app

    settings = load(Path(file), os.environ)
    return create_app(settings, open_engine(settings.database))
