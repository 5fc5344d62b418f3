"""What it costs to export stories as posts: 10,000 of them, written, written again, and after one has changed.

    python -m benchmarks.posts [--stories N] [--generator hexo] [--profile]

Made entries of about 2 KB go into a database of their own, a story each. Prints seconds of wall clock and of CPU for
rendering alone, for front matter alone with ruamel.yaml, and for three runs of the whole export into one folder; then
the peak memory of `aggregator export` in a process of its own, at a tenth of the number and at all of it, which must be
nearly the same. Exits with 1 if a second run touched a file.
"""

import argparse
import cProfile
import io
import json
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sqlalchemy import Engine, update

from aggregator.config.load import load
from aggregator.config.settings import DedupSettings, Settings
from aggregator.dedup.merge import Merger
from aggregator.publish.export import export_posts
from aggregator.service.setup import open_store
from aggregator.store.engine import reading, writing
from aggregator.store.schema import sightings, sources, stories
from benchmarks.documents import ITEMS, document
from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.model import Entry, Feed
from feeds.parse import read
from feeds.render import TREES
from tests.builders import carry
from tests.feeds.render.test_trees import read as read_post

CONFIG = """
database: sqlite:///{folder}/posts.db
categories:
  新媒体/ZAKER/made:
    - https://site1.example/feed
"""
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def made(count: int) -> Iterator[Entry]:
    """That many entries, cleaned as they would be."""
    for number in range(-(-count // ITEMS)):
        feed = read(document(number), content_type="application/xml", url="https://site1.example/feed")
        for entry in clean(feed, base="https://site1.example/feed", rules=Rules()).entries:
            yield replace(entry, guid=f"{number}:{entry.guid}", categories=(("新媒体", "ZAKER", "made"),))


def fill(engine: Engine, settings: Settings, count: int) -> None:
    """A story for each entry."""
    with reading(engine) as connection:
        source = connection.scalars(sources.select()).one()
    entries = list(made(count))[:count]
    for start in range(0, count, 1000):
        carry(engine, source, NOW, *entries[start : start + 1000])
        Merger(DedupSettings(enabled=False), settings.sources).run(engine, NOW)


def say(what: str, act: Callable[[], Any]) -> Any:
    """Do it, and print how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    done = act()
    print(f"{what:44} {time.perf_counter() - wall:7.2f} s wall {time.process_time() - cpu:7.2f} s CPU")
    return done


def dump(fronts: list[dict[str, Any]]) -> None:
    """What a YAML library takes to write the same."""
    yaml = YAML(typ="safe", pure=True)
    for front in fronts:
        yaml.dump(front, io.StringIO())


# VmHWM begins anew with a program; `ru_maxrss` would count what this process had when it forked.
_REPORTING = """
import sys
from aggregator.cli import cli
try:
    cli()
finally:
    print(*(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def peak_memory(config: Path, generator: str, folder: Path, limit: int) -> float:
    """MiB at the peak of a process of its own."""
    command = [sys.executable, "-c", _REPORTING, "--config", str(config), "export", generator, str(folder)]
    done = subprocess.run([*command, "--limit", str(limit)], check=True, capture_output=True, text=True)
    return int(done.stderr.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--generator", choices=TREES, default="hexo")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aggregator-posts-") as temporary:
        sys.exit(measure(Path(temporary), options.stories, options.generator, profiled=options.profile))


def measure(folder: Path, count: int, generator: str, *, profiled: bool) -> int:
    """Everything, in a folder; returns the exit code."""
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(folder=folder))
    settings = load(config, {})
    engine = open_store(settings)
    say(f"({count} stories read and stored)", lambda: fill(engine, settings, count))
    some = tuple(made(min(count, 1000)))
    posts = say(f"rendering alone, {len(some)} posts", lambda: TREES[generator].render(Feed(entries=some)))
    fronts = [read_post(post)[0] for post in list(posts.values())[:200]]
    say(f"ruamel.yaml, front matter of {len(fronts)} alone", lambda: dump(fronts))
    profile = cProfile.Profile()
    if profiled:
        profile.enable()
    first = say("first export", lambda: export_posts(engine, settings, generator, folder / "posts"))
    profile.disable()
    second = say("second export, nothing changed", lambda: export_posts(engine, settings, generator, folder / "posts"))
    with writing(engine) as connection:
        lead = connection.scalars(stories.select().with_only_columns(stories.c.lead_id).limit(1)).one()
        connection.execute(update(sightings).where(sightings.c.id == lead).values(title="Edited"))
    third = say("third export, one story edited", lambda: export_posts(engine, settings, generator, folder / "posts"))
    engine.dispose()
    for done in (first, second, third):
        print(json.dumps(asdict(done)))
    few = peak_memory(config, generator, folder / "few", max(count // 10, 1))
    many = peak_memory(config, generator, folder / "many", count)
    print(f"peak memory of the command: {few:.0f} MiB for {max(count // 10, 1)} stories, {many:.0f} MiB for {count}")
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    return int(second.unchanged != count or (third.changed, third.unchanged) != (1, count - 1))


if __name__ == "__main__":
    main()
