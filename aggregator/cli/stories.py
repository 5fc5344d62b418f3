"""`explain`, `split`, `dedup`, `release`, `discard`: what people may ask about stories, and correct."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.shared import command, json_option, load

if TYPE_CHECKING:
    from aggregator.curation import Account
    from aggregator.publish.selection import Catalogue


@click.command()
@click.argument("story")
@json_option
@command
def explain(config: Path, story: str, as_json: bool) -> None:
    """The sightings of STORY (its id or its page's address), and why they are one."""
    from aggregator import curation
    from aggregator.publish.selection import Catalogue
    from aggregator.service import setup

    settings = load(config)
    account = curation.explain(setup.open_store(settings), story)
    if as_json:
        click.echo(json.dumps(curation.as_data(account, Catalogue(settings)), ensure_ascii=False, indent=1))
    else:
        _print_account(account, Catalogue(settings))


def _print_account(account: "Account", catalogue: "Catalogue") -> None:
    from aggregator.dedup.match import Evidence
    from aggregator.publish.words import counted, minute

    story = account.story
    click.echo(f"{story.title}\nurn:uuid:{story.uuid}  {counted(len(account.sightings), 'sighting')}")
    for one in account.sightings:
        lead = ", leads" if one.sighting_id == story.lead.sighting_id else ""
        score = f" ({one.score:.2f})" if one.score is not None else ""
        like = f" as {one.matched_id}" if one.matched_id else ""
        click.echo(f"\n{one.sighting_id:>8}  {catalogue.source_name_of(one.address, one.source)}{lead}")
        click.echo(f"          {Evidence(one.reason).sentence}{like}{score}")
        click.echo(f"          {one.title}\n          {one.url or 'no address'}  guid {one.guid}")
        click.echo(f"          first seen {minute(one.first_seen_at)}, {counted(one.words, 'word')}")


@click.command()
@click.argument("story")
@click.argument("sighting", type=int)
@command
def split(config: Path, story: str, sighting: int) -> None:
    """Take SIGHTING (a number that `explain` lists) out of STORY, for good."""
    from aggregator import curation
    from aggregator.service import setup
    from aggregator.store.clock import clock_of

    settings = load(config)
    engine = setup.open_store(settings)
    uuid = curation.split(engine, settings, story, sighting, clock_of(engine)())
    click.echo(f"{sighting} is now in urn:uuid:{uuid}, and will stay apart from what it was with.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--since", metavar="7d", default="7d", show_default=True, help="How far back to decide anew.")
@json_option
@command
def dedup(config: Path, dry_run: bool, since: str, as_json: bool) -> None:
    """Match again over history, under the settings of now: what would merge, and what would split."""
    from dataclasses import asdict

    from aggregator import curation
    from aggregator.config.quantities import parse_duration
    from aggregator.service import setup
    from aggregator.store.clock import clock_of

    try:
        span = parse_duration(since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    settings = load(config)
    engine = setup.open_store(settings)
    now = clock_of(engine)()
    moves = curation.match_again(engine, settings, since=now - span, now=now, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps([asdict(move) for move in moves], ensure_ascii=False, indent=1))
        return
    for move in moves:
        where = f"joins {move.joins} ({move.reason} {move.score:.2f})" if move.joins else "gets a story of its own"
        click.echo(f"{move.sighting:>8}  {move.title}\n          leaves {move.leaves}, {where}")
    would = "would move" if dry_run else "moved"
    click.echo(f"{len(moves)} {would}.")


@click.command()
@click.argument("flood", type=int)
@command
def release(config: Path, flood: int) -> None:
    """Publish what FLOOD (a number that `status` lists) brought; the next merge takes it."""
    from aggregator import curation
    from aggregator.service import setup
    from aggregator.store.clock import clock_of

    engine = setup.open_store(load(config))
    items = curation.release(engine, flood, clock_of(engine)())
    click.echo(f"{items} items go on to the merge.")


@click.command()
@click.argument("flood", type=int)
@command
def discard(config: Path, flood: int) -> None:
    """Never publish what FLOOD (a number that `status` lists) brought."""
    from aggregator import curation
    from aggregator.service import setup
    from aggregator.store.clock import clock_of

    engine = setup.open_store(load(config))
    items = curation.discard(engine, flood, clock_of(engine)())
    click.echo(f"{items} items are forgotten, and will not come back as new.")
