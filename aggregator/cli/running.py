"""`run`, `ingest`, `serve`, `reclean`: what does the work."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.shared import CANNOT_RUN, command, json_option, load, progress
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aggregator.config.settings import Settings
    from aggregator.ingest.worker import Polled


@click.command()
@command
def run(config: Path) -> None:
    """Ingest and serve, until SIGTERM or Ctrl-C."""
    from aggregator.publish.words import counted
    from aggregator.service import beside

    with beside.server(config) as server:
        from aggregator.service import running, setup

        settings = load(config)
        engine = setup.open_store(settings, meant=True)
        click.echo(f"Reading {counted(len(settings.sources), 'source')}; pages and feeds at http://{settings.listen}/")
        asyncio.run(running.ingest_forever(engine, settings, server=server))


@click.command()
@click.option("--once", is_flag=True, help="Poll what is due, merge, and exit.")
@click.option("--source", metavar="URL", help="Only this source, as config.yaml writes it.")
@click.option("--force", is_flag=True, help="Also what is not due yet; a host that asked us to wait is left alone.")
@json_option
@command
def ingest(config: Path, once: bool, source: str | None, force: bool, as_json: bool) -> None:
    """The writing wing alone: fetch, read, store, merge."""
    from aggregator.ingest import lists
    from aggregator.service import polling, setup
    from aggregator.store.clock import utc_now

    settings = load(config)
    if once and asyncio.run(lists.refresh(settings, utc_now())):
        settings = load(config)
    engine = setup.open_store(settings, meant=True)
    due = polling.due(engine, settings, only=source, force=force)
    if once or source:
        _ingest_once(engine, settings, due, source, as_json=as_json)
    else:
        from aggregator.service import running

        asyncio.run(running.ingest_forever(engine, settings))


def _ingest_once(engine: "Engine", settings: "Settings", due: int, source: str | None, *, as_json: bool) -> None:
    from aggregator.publish.words import counted
    from aggregator.service import polling

    tally = {"updated": 0, "unchanged": 0, "failed": 0, "added": 0}
    with progress() as shown:
        bar = shown.add_task("Polling", total=due)

        def watch(polled: "Polled") -> None:
            tally[polled.outcome] += 1
            tally["added"] += polled.counts.added
            shown.advance(bar)

        polls, merged = asyncio.run(polling.ingest_once(engine, settings, only=source, watch=watch))
        shown.update(bar, total=polls)
    if as_json:
        click.echo(json.dumps({"polls": polls, **tally, "stories": merged.founded}))
        return
    if not (polls or merged.founded):
        _say_why_not(engine, settings, source)
        return
    ends = ", ".join(f"{tally[end]} {end}" for end in ("updated", "unchanged", "failed"))
    click.echo(
        f"{counted(polls, 'poll')}: {ends}; "
        f"{counted(tally['added'], 'new item')}, {counted(merged.founded, 'new story')}."
    )
    if tally["failed"]:
        click.echo("`aggregator status` says what is wrong with the ones that failed.")


def _say_why_not(engine: "Engine", settings: "Settings", source: str | None) -> None:
    """Of a poll of nothing: what it waits for."""
    from aggregator.outcome import Why
    from aggregator.publish.words import minute
    from aggregator.service import health

    found, sources = health.status_of(engine, settings, only=source)
    first = min(sources, key=lambda one: one.next_fetch_at, default=None)
    if first is None or first.next_fetch_at <= found.at:
        click.echo("Nothing was asked: another worker is at it.")
        return
    held = first.why_then is Why.RETRY_AFTER
    why = f": {first.why_then.words}" if first.why_then else ""
    more = "" if held else "\n--force asks now."
    click.echo(f"Nothing is due before {minute(first.next_fetch_at)}{why}.{more}")


@click.command()
@click.option(
    "--attached", is_flag=True, hidden=True, help="Leave all but serving to the process that started this one."
)
@command
def serve(config: Path, attached: bool) -> None:
    """The reading wing alone: feeds, pages and status over HTTP."""
    from aggregator.service import beside
    from aggregator.web import server

    try:
        settings = load(config)
    except ConfigError:
        if attached:
            sys.exit(CANNOT_RUN)
        raise
    asyncio.run(beside.require_free(settings.listen))
    if not attached:
        from aggregator.service import setup

        setup.open_store(settings).dispose()
    server.serve(settings, attached=attached)


@click.command()
@json_option
@command
def reclean(config: Path, as_json: bool) -> None:
    """Clean all stored entries again, after the cleaning has become better."""
    from aggregator.service import recleaning, setup

    settings = load(config)
    engine = setup.open_store(settings)
    looked_at = 0

    def watch(entries: int) -> None:
        nonlocal looked_at
        looked_at += entries

    changed = asyncio.run(recleaning.reclean(engine, settings, watch=watch))
    if as_json:
        click.echo(json.dumps({"entries": looked_at, "changed": changed}))
    else:
        click.echo(f"{looked_at} entries cleaned again; {changed} came out otherwise than before.")
