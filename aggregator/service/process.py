"""This process while it ingests: how often it looks for garbage, and how it ends."""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

LAST_MOMENT_SECONDS = 14.0  # after SIGTERM; 15 s are promised, whatever the database or a disk are waiting for


def collect_less() -> None:
    """Let Python look for cycles in what is new, and a tenth as often: a merge makes a hundred thousand objects that
    are in none, and went by all of them, and by every module, again and again: 4 of 26 s of a load of 1,000 feeds.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _leave() -> None:
    """End now, in the middle of whatever it is: as after a crash, leases run out and nothing is half done."""
    log.error("could not end in order within seconds=%d", LAST_MOMENT_SECONDS)
    os._exit(0)


def on_signals(act: Callable[[], None]) -> None:
    """The first SIGTERM or Ctrl-C acts; a second one ends the process at once."""
    loop = asyncio.get_running_loop()

    def once() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        last = threading.Timer(LAST_MOMENT_SECONDS, _leave)
        last.daemon = True
        last.start()
        act()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, once)
