"""The production server: granian, one process with one blocking thread, which answers twice as many requests as
four do.

Where images go through us it has more threads: one that waits for somebody else's server must not keep readers waiting.
The application is made in the process that answers, so the one that only watches over it stays small.

SIGTERM ends it, a moment after `/readyz` has begun to say so. SIGUSR1 is the first half of that alone: who started us
is ending, and will say when we are to.
"""

import logging
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from aggregator.config.settings import Settings
from aggregator.publish.keys import load_keys

PROXY_THREADS = 112  # as many as may wait for images (`fetch.images.PLACES`), and 16 for everybody else
TRUST_SECONDS = 2.0  # how old what we believe of a feed may be; everybody else may keep it for five minutes
PATIENCE_MS = 1_000  # how long a reader waits for a locked database before the last good feed is served
UPGRADE_SECONDS = 60.0  # how long whoever started us may take to bring the database up to date
NOTICE_SECONDS = 1.0  # between saying that we end and ending: whoever sends readers here may look again
WATCH_SECONDS = 1.0  # how long a process of ours may outlive the one that started it


def serve(settings: Settings, *, attached: bool = False) -> None:
    """Answer HTTP until SIGTERM or Ctrl-C; if `attached`, also no longer than the process that started this one.

    raises  KeyFileError, before anything is answered
    """
    if _proxies(settings):
        load_keys(settings)
        # Of so many threads granian warns, for each could be busy; ours wait. (granian/server/mp.py, 2.8)
        logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in record.getMessage())
    if attached:
        _end_with_parent(signal.SIGTERM)
    server = Granian(
        str(settings.file),
        address=settings.listen.host,
        port=settings.listen.port,
        interface=Interfaces.WSGI,
        blocking_threads=PROXY_THREADS if _proxies(settings) else 1,
        log_level=LogLevels.warning,
        websockets=False,
    )
    # What granian does on SIGHUP is to start a new process on whatever the file is then; ours follows it by itself.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    _give_notice(server)
    server.serve(target_loader=load_app)


def _give_notice(server: Any) -> None:
    """Let the process that answers know before it is to end. A second SIGTERM ends it at once."""
    end, told = server.signal_handler_interrupt, threading.Event()

    def notice(*_: object) -> None:
        for worker in server.wrks:
            os.kill(worker.inner.pid, signal.SIGUSR1)

    def end_soon(number: int, frame: FrameType | None) -> None:
        if told.is_set():
            end(number, frame)
            return
        told.set()
        notice()
        last = threading.Timer(NOTICE_SECONDS, end, (number, frame))
        last.daemon = True
        last.start()

    server.signal_handler_interrupt = end_soon
    server.on_startup(lambda: signal.signal(signal.SIGUSR1, notice))


def _proxies(settings: Settings) -> bool:
    return any(source.images == "proxy" for source in settings.sources)


def load_app(file: str) -> Any:
    """The web application, from the path of config.yaml; in the process that answers, which ends with its watcher."""
    from aggregator.config.load import load
    from aggregator.store.engine import open_engine, wait_for_upgrade
    from aggregator.web.reload import Reloading

    _end_with_parent(signal.SIGKILL)
    ending = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: ending.set())
    settings = load(Path(file), os.environ)
    engine = open_engine(settings.database, patience_ms=PATIENCE_MS)
    wait_for_upgrade(engine, UPGRADE_SECONDS)
    app = Reloading(settings, engine, trust=TRUST_SECONDS, ending=ending.is_set)
    threading.Thread(target=app.follow, name="config", daemon=True).start()
    return app


def _end_with_parent(number: signal.Signals) -> None:
    """However the process that started this one ends, kill -9 included: nobody may go on listening unseen."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os.kill(os.getpid(), number)

    threading.Thread(target=watch, name="watch", daemon=True).start()
