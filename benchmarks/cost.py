"""What a command costs with all its children: wall, CPU, and the most memory that they have together.

Memory is PSS, in which a page that several processes share counts once; it is looked at every 50 ms.
"""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one command cost: seconds on the wall and of CPU with all its children, MiB at the peak of all of them
    together."""

    wall: float
    cpu: float
    peak: float


def measure(arguments: Sequence[str], *, timeout: float = 300) -> Figures:
    """Run a command to its end; one that fails ends us with what it said.

    Its modules are kept compiled, as they are for whoever installs it, whatever this shell says about that.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    peak = Peak(process.pid)
    output, errors = process.communicate(timeout=timeout)
    wall = time.perf_counter() - started
    if process.returncode != 0:
        sys.exit(output + errors)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(wall=wall, cpu=cpu, peak=peak.mebibytes())


class Peak:
    """Watches a process and its descendants, and keeps the most memory that they had together."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._most = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def mebibytes(self) -> float:
        """The most that was seen, once they have ended."""
        self._thread.join()
        return self._most / 1024

    def _watch(self) -> None:
        while (total := sum(_pss(pid) for pid in _family(self._pid))) > 0:
            self._most = max(self._most, total)
            time.sleep(EVERY_SECONDS)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [
            one for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
