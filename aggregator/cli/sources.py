"""`check`, `status`, `parse`: what config.yaml says, how its sources have been, what is read in a document."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.shared import CANNOT_RUN, FOUND_PROBLEMS, command, json_option, load
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.publish.status import Status
    from feeds.model import Feed

SHOWN_TEXT = 100  # characters of an entry that `parse` shows


@click.command()
@json_option
@command
def check(config: Path, as_json: bool) -> None:
    """Say everything that is wrong with config.yaml, and which sources have moved.

    A note, such as on the age of a library, is no problem, and does not change the exit code.
    """
    from dataclasses import asdict

    from aggregator.config.report import summary
    from aggregator.service import health

    try:
        settings = load(config)
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"file": str(config), "ok": False, "problems": [asdict(p) for p in error.problems]}))
        sys.exit(CANNOT_RUN)
    warnings, notes = (*settings.warnings, *health.moved(settings)), health.notes()
    if as_json:
        problems = [asdict(p) for p in warnings]
        click.echo(json.dumps({"file": str(config), "ok": True, "problems": problems, "notes": notes}))
    else:
        for line in (*summary(settings, warnings), *(f"Note: {note}." for note in notes)):
            click.echo(line)
    sys.exit(FOUND_PROBLEMS if warnings else 0)


@click.command()
@click.argument("source", required=False)
@json_option
@command
def status(config: Path, source: str | None, as_json: bool) -> None:
    """How every source has been: since when, last good, next try, and why."""
    from importlib.metadata import version

    from aggregator.publish.status import document
    from aggregator.service import health, setup
    from aggregator.store.engine import current_version

    settings = load(config)
    engine = setup.open_store(settings)
    found = health.status_of(engine, settings, only=source)
    if as_json:
        said = document(
            found,
            program=version("feed-aggregator"),
            database=engine.dialect.name,
            schema=current_version(engine),
        )
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _print_status(found)
    sys.exit(FOUND_PROBLEMS if found.needing_attention else 0)


def _print_status(found: "Status") -> None:
    from aggregator.publish.words import counted, relative

    for problem in found.config.problems:
        click.echo(f"config.yaml is not in force: {problem}")
    for flood in found.floods:
        click.echo(
            f"flood {flood.id}: {flood.waiting} items of {flood.name} are held: {flood.reason}\n"
            f"         `aggregator release {flood.id}` publishes them, `aggregator discard {flood.id}` never does"
        )
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
    click.echo(f"{len(found.sources)} sources: {counts}; {found.stories} stories")
    for one in found.sources:
        good = f"last good {relative(one.last_success_at, found.at)}" if one.last_success_at else "never good yet"
        click.echo(f"\n{one.state:8} {one.name}  {one.address}")
        click.echo(
            f"         {good}, next try {relative(one.next_fetch_at, found.at)}, {counted(one.sightings, 'entry')}"
        )
        for line in (one.reason and f"{one.reason}: {one.detail}", one.advice, *one.problems[:3]):
            if line:
                click.echo(f"         {line}")


@click.command()
@click.argument("document", metavar="FILE|URL")
@json_option
@command
def parse(config: Path, document: str, as_json: bool) -> None:
    """Show what we read in a document."""
    import msgspec

    from aggregator.config.settings import Settings
    from aggregator.service import documents

    # Its sources do not matter here, so a file that is not there does not either.
    settings = load(config) if config.exists() else Settings(file=config, sources=(), categories=())
    feed = asyncio.run(documents.read_document(document, settings))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(feed)).decode())
    else:
        _print_feed(feed)


def _print_feed(feed: "Feed") -> None:
    from aggregator.publish.words import counted, minute
    from feeds.html import text_of

    click.echo(f"{feed.title or 'Untitled'}  {feed.link or ''}\n{counted(len(feed.entries), 'entry')}")
    for problem in feed.problems:
        click.echo(f"problem: {problem}")
    for entry in feed.entries:
        date = minute(entry.published) if entry.published else "no date"
        click.echo(f"\n{entry.title or 'Untitled'}\n    {date}  {entry.url or 'no address'}\n    guid {entry.guid}")
        text = " ".join(text_of(entry.html).split())
        for name, value in (
            ("by", ", ".join(filter(None, (author.name for author in entry.authors)))),
            ("image", entry.image),
            ("tags", ", ".join(entry.tags)),
            ("enclosure", " ".join(enclosure.url for enclosure in entry.enclosures)),
            ("text", text if len(text) <= SHOWN_TEXT else f"{text[:SHOWN_TEXT].rstrip()}… ({len(text)} characters)"),
        ):
            if value:
                click.echo(f"    {name} {value}")
