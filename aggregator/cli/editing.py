"""`plan`, and what changes config.yaml itself."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.shared import FOUND_PROBLEMS, cannot, command, json_option, load
from aggregator.errors import AggregatorError
from feeds.errors import FeedError

if TYPE_CHECKING:
    from aggregator.service.editing import File
    from aggregator.service.planning import Plan


@click.command()
@click.option("--accept-removals", is_flag=True, help="Put it in force, even if it has lost most of its sources.")
@json_option
@command
def plan(config: Path, accept_removals: bool, as_json: bool) -> None:
    """Say what config.yaml would change in the database: sources added, changed, orphaned.

    Exit code 0 if nothing, 1 if something. A running program puts an edited file in force by itself; only one that has
    lost more than half of its sources waits for --accept-removals.
    """
    from dataclasses import asdict

    from aggregator.service import planning

    settings = load(config)
    found = planning.plan(settings)
    if accept_removals:
        planning.accept_removals(settings)
    if as_json:
        said = {**asdict(found), "held": found.held and not accept_removals, "done": accept_removals}
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _print_plan(found, done=accept_removals)
    sys.exit(0 if found.empty or accept_removals else FOUND_PROBLEMS)


def _print_plan(found: "Plan", *, done: bool) -> None:
    for sign, changes in (("+", found.added), ("~", found.changed), ("-", found.orphaned)):
        for one in changes:
            place = f"  (line {one.line})" if one.line else ""
            click.echo(f"{sign} {one.address}{place}{f': {one.how}' if one.how else ''}")
    if found.empty:
        click.echo("config.yaml and the database agree.")
        return
    numbers = f"{len(found.added)} added, {len(found.changed)} changed, {len(found.orphaned)} orphaned"
    click.echo(f"{numbers}{'; the stories of orphaned sources stay' if found.orphaned else ''}.")
    if done:
        click.echo("That is in force now; a running program follows within seconds.")
    elif found.held:
        click.echo(
            f"More than half of the {found.known} known sources are orphaned, so a running program waits: "
            "`aggregator plan --accept-removals` says that this is meant."
        )


@click.command()
@click.argument("address")
@click.option("--category", metavar="PATH", required=True, help="Where it belongs, such as Technology/Python.")
@click.option("--unchecked", is_flag=True, help="Write it without asking it first.")
@json_option
@command
def add(config: Path, address: str, category: str, unchecked: bool, as_json: bool) -> None:
    """Write a source into config.yaml: the feed at ADDRESS, or that of the page there.

    It is read once before. Nothing else in the file changes: comments, order and blanks stay.
    """
    from aggregator.outcome import Reason
    from aggregator.publish.words import counted
    from aggregator.service import documents, editing

    file = editing.open_file(config, os.environ)
    editing.identity(address, os.environ)
    _refuse_listed(file, address, category)
    said, others = "not asked yet", tuple[str, ...]()
    found = address
    if not unchecked:
        try:
            found, feed, others = asyncio.run(documents.find_feed(address, file.settings))
        except (AggregatorError, FeedError) as error:
            blocked = getattr(error, "reason", None) is Reason.BLOCKED_ADDRESS
            private = ", and `allow_private: true` beside it in the file lets us go there" if blocked else ""
            cannot(f"{error}\n  nothing was written; --unchecked writes it all the same{private}")
        said = f"{feed.title or 'untitled'}, {counted(len(feed.entries), 'entry')}"
        _refuse_listed(file, found, category)
        found = address if found == address else editing.literal(found)
    line = editing.add(file, found, category, os.environ)
    if as_json:
        click.echo(json.dumps({"address": found, "category": category, "line": line, "others": others}))
        return
    click.echo(f"{config}:{line}  added {found} to {category} ({said}).")
    for other in others[:5]:
        click.echo(f"  the page has another feed: {other}")


def _refuse_listed(file: "File", address: str, category: str) -> None:
    from aggregator.service import editing

    if listed := editing.listed_in(file, address, category):
        click.echo(f"{file.path}:{listed.line}  {address} is listed in {category} already; nothing was written.")
        sys.exit(FOUND_PROBLEMS)


@click.command()
@click.argument("address")
@click.option("--category", metavar="PATH", help="Only out of this category; else out of all.")
@json_option
@command
def remove(config: Path, address: str, category: str | None, as_json: bool) -> None:
    """Take the source ADDRESS out of config.yaml; its stories stay."""
    from aggregator.service import editing

    if not config.exists():
        load(config)  # which says so
    source = editing.remove(editing.open_file(config, os.environ), address, os.environ, category=category)
    shown = source.written or source.address
    if as_json:
        click.echo(json.dumps({"address": shown, "line": source.line, "categories": source.categories}))
    else:
        where = f"out of {category}" if category else f"out of line {source.line}"
        click.echo(f"Took {shown} {where}; its stories stay.")


@click.command("import")
@click.argument("opml", metavar="FILE.opml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--category", metavar="PATH", default="Imported", show_default=True, help="For what is in no folder.")
@json_option
@command
def import_(config: Path, opml: Path, category: str, as_json: bool) -> None:
    """Write the subscriptions of FILE.opml into config.yaml; folders become category paths.

    What is listed already is left out, with a note. `aggregator check --online` asks all of them.
    """
    from dataclasses import asdict

    from aggregator.publish.words import counted
    from aggregator.service import editing

    done = editing.import_list(editing.open_file(config, os.environ), opml.read_bytes(), os.environ, category=category)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False, indent=1))
        return
    for note in done.notes:
        click.echo(note)
    click.echo(f"{counted(done.added, 'source')} added, {counted(len(done.notes), 'note')}.")
