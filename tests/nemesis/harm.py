"""What is done to the pieces on the board: one function for each fault, and the mending of it."""

import resource
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from tests.nemesis.board import LEASE, WORKERS, Board
from tests.nemesis.checker import CLOCK
from tests.nemesis.faults import Fault, Planned, plan
from tests.nemesis.history import Done

SMALL = 8 * 1024  # bytes: where a file on a full disk ends
STARTING = 4.0  # seconds that a process may take to say that the database is away


def do_harm(board: Board) -> None:
    """All that is planned for the game's seed, one after the other."""
    game = board.game
    began = time.monotonic()
    database = board.engine.dialect.name
    for planned in plan(game.seed, seconds=game.seconds, workers=WORKERS, database=database):
        board.wait(began + planned.at - time.monotonic())
        game.say(f"{planned.at:6.1f} s  {planned.fault.value} (worker {planned.worker}, {planned.seconds:.1f} s)")
        _note(board, CLOCK if planned.fault is Fault.CLOCK else planned.fault.name.lower())
        board.trouble = max(board.trouble, time.monotonic() + LEASE + planned.seconds + STARTING)
        HARM[planned.fault](board, planned)
    board.wait(began + game.seconds - time.monotonic())


def _note(board: Board, what: str) -> None:
    board.history.done.append(Done(at=time.monotonic(), what=what))


def _kill(board: Board, planned: Planned) -> None:
    board.workers[planned.worker].signal(signal.SIGKILL)


def _stop(board: Board, planned: Planned) -> None:
    worker = board.workers[planned.worker]
    pid = worker.pid
    worker.signal(signal.SIGSTOP)
    board.later(LEASE + planned.seconds, lambda: worker.signal(signal.SIGCONT) if worker.pid == pid else None)


def _end(board: Board, planned: Planned) -> None:
    board.workers[planned.worker].signal(signal.SIGTERM)


def _kill_server(board: Board, _planned: Planned) -> None:
    board.server.signal(signal.SIGKILL)


def _set_clock(board: Board, planned: Planned) -> None:
    clock = board.folder / "clock"
    _write(clock, str(planned.by))

    def set_back() -> None:
        _note(board, CLOCK)
        _write(clock, "0")

    board.later(planned.seconds, set_back)


def _write(file: Path, content: str) -> None:
    """In one step, for others read it at any time."""
    new = file.with_suffix(".new")
    new.write_text(content, encoding="utf-8")
    new.replace(file)


def _lock(board: Board, planned: Planned) -> None:
    connection = sqlite3.connect(str(make_url(board.url).database), timeout=10, isolation_level=None)
    with suppress(sqlite3.OperationalError):  # somebody who was stopped has it already
        connection.execute("BEGIN IMMEDIATE")
    board.later(planned.seconds, connection.close)


def _fill_disk(board: Board, planned: Planned) -> None:
    """No byte may be written behind the first of any file: EFBIG, which SQLite takes like a full disk."""
    pid = board.workers[planned.worker].pid
    _limit_files(pid, SMALL)
    board.later(planned.seconds, lambda: _limit_files(pid, resource.RLIM_INFINITY))


def _limit_files(pid: int, size: int) -> None:
    with suppress(ProcessLookupError):  # it was killed meanwhile
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _restart(board: Board, planned: Planned) -> None:
    """In order, or as if the machine had lost its power."""
    assert board.game.cluster is not None
    board.game.cluster.stop(signal.SIGINT if planned.by > 0 else signal.SIGQUIT)
    board.wait(planned.seconds / 3)
    board.game.cluster.start()


def _cut_off(board: Board, _planned: Planned) -> None:
    """End every connection but the one that says so."""
    everybody = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with suppress(SQLAlchemyError), board.engine.connect() as connection:
        connection.execute(text(everybody))


HARM: dict[Fault, Callable[[Board, Planned], None]] = {
    Fault.KILL: _kill,
    Fault.STOP: _stop,
    Fault.END: _end,
    Fault.KILL_SERVER: _kill_server,
    Fault.CLOCK: _set_clock,
    Fault.LOCK: _lock,
    Fault.FULL: _fill_disk,
    Fault.RESTART: _restart,
    Fault.CUT_OFF: _cut_off,
}
