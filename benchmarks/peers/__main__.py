"""Ours beside others that read feeds: the same feeds, the same machine, the same run, one after the other.

    make bench-peers
    python -m benchmarks.peers [--feeds 1000] [--rounds 1] [--only ours reader …] [--write]

Each round begins with empty databases. In each mode (`origin.MODES`) every contender has its turn before the next mode,
so that a neighbour on the machine who comes and goes meets all alike; with several rounds the best of each counts.
Prints wall, CPU and memory of each run; `--write` puts the table and its picture into docs/. What the others do not do
is said there.
"""

import argparse
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cost import Figures, measure
from benchmarks.peers import page
from benchmarks.peers.contenders import CONTENDERS, Contender
from benchmarks.peers.origin import MODES, Mode, Publishers

TIMEOUT = 1800.0  # seconds for one run


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One contender in one mode: what it cost, what it asked for, and the items that it has afterwards."""

    name: str
    mode: Mode
    figures: Figures
    answers: dict[int, int]
    items: int


def compare(contenders: tuple[Contender, ...], feeds: int, rounds: int) -> list[Run]:
    """All rounds of all modes of all contenders."""
    runs: list[Run] = []
    with Publishers(feeds) as publishers, tempfile.TemporaryDirectory(prefix="aggregator-peers-") as temporary:
        addresses = publishers.addresses()
        for round_ in range(rounds):
            folders = {one.name: Path(temporary) / f"{round_}" / one.name for one in contenders}
            for one in contenders:
                folders[one.name].mkdir(parents=True)
                one.prepare(folders[one.name], addresses)
            for mode in MODES:
                publishers.answer(mode)
                for one in contenders:
                    runs.append(_run(one, mode, folders[one.name], publishers))
                    print(_line(runs[-1]), flush=True)
    return runs


def _run(one: Contender, mode: Mode, folder: Path, publishers: Publishers) -> Run:
    publishers.asked()
    figures = measure(one.command(folder), timeout=TIMEOUT)
    return Run(name=one.name, mode=mode, figures=figures, answers=publishers.asked(), items=one.items(folder))


def _line(run: Run) -> str:
    figures, answers = run.figures, ", ".join(f"{count} × {status}" for status, count in sorted(run.answers.items()))
    return (
        f"{run.mode:5} {run.name:13} {figures.wall:7.2f} s wall {figures.cpu:7.2f} s CPU {figures.peak:5.0f} MiB   "
        f"{run.items:6} items stored; was answered {answers}"
    )


def best(runs: list[Run]) -> dict[tuple[str, Mode], Figures]:
    """The least of each figure over the rounds, by contender and mode; of memory the most."""
    found: dict[tuple[str, Mode], list[Figures]] = {}
    for run in runs:
        found.setdefault((run.name, run.mode), []).append(run.figures)
    return {
        key: Figures(
            wall=min(one.wall for one in some), cpu=min(one.cpu for one in some), peak=max(one.peak for one in some)
        )
        for key, some in found.items()
    }


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, CPython {platform.python_version()}"


def main() -> None:
    """Run, print, and write where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=[one.name for one in CONTENDERS])
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    options = parser.parse_args()
    wanted = [one for one in CONTENDERS if options.only is None or one.name in options.only]
    versions = {one.name: one.version() for one in wanted}
    print(f"{options.feeds} feeds; {machine()}")
    for name, version in versions.items():
        print(f"  {name} {version}" if version else f"  {name}: not installed, missing from what follows")
    contenders = tuple(one for one in wanted if versions[one.name])
    if not contenders:
        sys.exit("nobody is there to be compared")
    runs = compare(contenders, options.feeds, options.rounds)
    report = page.Report(versions=versions, feeds=options.feeds, machine=machine(), figures=best(runs))
    print("\n" + page.table(report))
    if options.write:
        page.write(report)


if __name__ == "__main__":
    main()
