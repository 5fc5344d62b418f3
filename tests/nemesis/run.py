"""One run, from its seed to its verdict.

    python -m tests.nemesis.run [--seed N] [--seeds N] [--minutes M] [--database sqlite|postgresql|both] [--plant BUG]

Starts an origin, workers and a web server on a new database; does to them what `faults.plan` says; heals everything;
waits until they have caught up, or have had time enough; ends them; and lets `checker` judge. Exit code 1 if a rule was
broken. Only this machine is spoken to, and everything that is started ends with the run.
"""

import argparse
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from sqlalchemy import make_url

from tests.nemesis import checker, watch
from tests.nemesis.board import LEASE, Board, Game, set_up
from tests.nemesis.checker import Violation
from tests.nemesis.harm import do_harm
from tests.nemesis.history import History
from tests.nemesis.worker import BUGS
from tests.postgres import Cluster, binaries

HEAL_SECONDS = 2 * LEASE + 5  # the longest that anything is broken
CATCH_UP_SECONDS = 30.0  # that everybody gets to catch up, once all is healed
SHOWN = 20  # violations


def play(game: Game) -> tuple[History, tuple[Violation, ...]]:
    """Play one game to its end."""
    with ExitStack() as stack:
        board = set_up(game, stack)
        do_harm(board)
        board.world.calm = True
        board.wait(HEAL_SECONDS, lambda: not board.heal)
        if not game.plant:  # with a bug they never may
            _catch_up(board)
        for process in (*board.workers, board.server):
            process.end()
        watch.snapshot(board.engine, board.history)
        if board.engine.dialect.name == "sqlite":
            _integrity(board)
    return board.history, checker.check(board.history)


def _catch_up(board: Board) -> None:
    """Until every source was polled again and all that was served is there; or there was time enough."""
    healed = time.monotonic()
    history = board.history
    addresses = {one.source for one in history.served}

    def polled() -> set[str]:
        return {one.source for one in history.served if one.at > healed}

    board.wait(CATCH_UP_SECONDS, lambda: polled() == addresses and not any(checker.caught_up(history)))
    late = sorted(addresses - polled())
    history.unwell += [f"{source} was not polled any more once all was healed" for source in late]


def _integrity(board: Board) -> None:
    with sqlite3.connect(str(make_url(board.url).database)) as connection:
        said = connection.execute("PRAGMA integrity_check").fetchall()
    if said != [("ok",)]:
        board.history.unwell.append(f"SQLite finds its file damaged: {said[:3]}")


def summary(game: Game, history: History, violations: Sequence[Violation]) -> str:
    """What happened, for people; with the way to see it again."""
    database = "postgresql" if game.cluster else "sqlite"
    polls = sum(not one.redirected for one in history.served)
    rows = len(history.snapshots[-1].rows) if history.snapshots else 0
    verdict = f"{len(violations)} VIOLATIONS" if violations else "no violation"
    lines = [
        f"seed {game.seed} on {database}: {polls} polls, {rows} items, {len(history.done)} events, "
        f"{len(history.snapshots)} views of the database, {len(history.published)} answers read: {verdict}"
    ]
    lines += [f"  {violation}" for violation in violations[:SHOWN]]
    if violations:
        again = f"--seed {game.seed} --minutes {game.seconds / 60:g} --database {database}"
        lines.append(f"  again: python -m tests.nemesis.run {again}" + (f" --plant {game.plant}" if game.plant else ""))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play and print; 1 if a rule was broken."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many, counted up from the first")
    parser.add_argument("--minutes", type=float, default=0.5, help="how long harm is done, for each seed")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="sqlite")
    parser.add_argument("--plant", choices=sorted(BUGS), help="a bug that must be found")
    options = parser.parse_args(arguments)
    broken = 0
    with ExitStack() as stack:
        clusters: list[Cluster | None] = [] if options.database == "postgresql" else [None]
        if options.database != "sqlite":
            cluster = Cluster(binaries(), durable=True)
            stack.callback(cluster.remove)
            clusters.append(cluster)
        for seed in range(options.seed, options.seed + options.seeds):
            broken += sum(_play(seed, one, options) for one in clusters)
    return 1 if broken else 0


def _play(seed: int, cluster: Cluster | None, options: argparse.Namespace) -> bool:
    """One game of several; whether it found something."""
    game = Game(
        seed=seed,
        seconds=60 * options.minutes,
        cluster=cluster,
        plant=options.plant,
        say=lambda line: print(line, flush=True),
    )
    print(f"seed {seed}: {game.seconds:g} s of harm on {'PostgreSQL' if cluster else 'SQLite'}", flush=True)
    history, violations = play(game)
    print(summary(game, history, violations), flush=True)
    return bool(violations)


if __name__ == "__main__":
    sys.exit(main())
