"""The processes of a run: started, started again when they end, and all ended with the run, whatever happens to it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from tests.nemesis.history import Done, History

GRACE = 15.0  # seconds that a process has to end after SIGTERM (cases Q21)
BEGINNING = 15.0  # seconds
CANNOT_RUN = 2  # exit code
LAST_WORDS = 200  # lines of what it wrote that are kept


class Kept:
    """One process that is kept running: `keep()` starts it again when it has ended.

    What it writes goes through a pipe, not into a file: a file could not grow while its disk is full.
    """

    def __init__(self, name: str, history: History, *command: str, environment: dict[str, str]) -> None:
        self.name = name
        self.words: deque[str] = deque(maxlen=LAST_WORDS)
        self._history = history
        self._command = (sys.executable, *command)
        self._environment = os.environ | environment
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            cwd=Path(__file__).parents[2],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a group of its own, for its children to be ended with it
        )
        self._expected = self._told = False
        self._started = time.monotonic()
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.words.append(line.rstrip())
        process.stdout.close()

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        return self._process.pid

    def keep(self, *, trouble: bool) -> None:
        """Start it again if it has ended; that it ended by itself is written down.

        trouble  the database may be away: one that has just begun may say that it cannot run (exit code 2)
        """
        code = self._process.poll()
        if code is None:
            return
        if not self._expected:
            self._note(f"ended by itself with exit code {code}")
            beginning = time.monotonic() - self._started < BEGINNING
            if not (trouble and beginning and code == CANNOT_RUN):
                said = " | ".join(list(self.words)[-3:])
                self._history.unwell.append(f"{self.name} ended by itself with exit code {code}: {said}")
        self._end_group()
        self._start()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs; SIGKILL and SIGTERM are expected to end it."""
        self._expected |= number in (signal.SIGKILL, signal.SIGTERM)
        self._told |= number == signal.SIGTERM
        if self._process.poll() is None:
            self._process.send_signal(number)

    def end(self) -> None:
        """SIGTERM, and all the time that it has; it must end by then, with exit code 0."""
        if not self._told:  # a second one would end it at once: it may have been stopped when it was told
            self.signal(signal.SIGTERM)
        started = time.monotonic()
        beginning = started - self._started < BEGINNING  # it may not listen yet
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._history.unwell.append(f"{self.name} still ran {GRACE:g} s after SIGTERM")
        else:
            self._note(f"ended in {time.monotonic() - started:.1f} s")
            if code != 0 and not (beginning and code == -signal.SIGTERM):
                said = " | ".join(list(self.words)[-3:])
                self._history.unwell.append(f"{self.name} ended with exit code {code} after SIGTERM: {said}")
        self._end_group()

    def kill(self) -> None:
        """End it and its children at once."""
        self._expected = True
        self._end_group()
        self._process.wait()

    def _end_group(self) -> None:
        with suppress(ProcessLookupError):  # nobody is left
            os.killpg(self._process.pid, signal.SIGKILL)

    def _note(self, what: str) -> None:
        self._history.done.append(Done(at=time.monotonic(), what=what, whom=self.name))
