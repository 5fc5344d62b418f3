"""The command line: reads arguments, calls `service`, prints for people or, with `--json`, for programs.

Exit codes: 0 done, 1 found problems, 2 cannot run. Imports that cost time stay inside the commands, for `--help` must
answer at once.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from aggregator.errors import AggregatorError, ConfigError
from feeds.errors import FeedError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from aggregator.config.settings import Settings
    from aggregator.curation import Account
    from aggregator.publish.selection import Catalogue
    from aggregator.publish.status import Status
    from feeds.model import Feed

FOUND_PROBLEMS = 1
CANNOT_RUN = 2
SHOWN_TEXT = 100  # characters of an entry that `parse` shows


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    envvar="AGGREGATOR_CONFIG",
    help="The file that lists the sources.",
)
@click.option("-v", "--verbose", is_flag=True, help="Log every event, not only what went wrong.")
@click.version_option(package_name="feed-aggregator", message="%(version)s")
@click.pass_context
def cli(context: click.Context, config: Path, verbose: bool) -> None:
    """Many feeds in, a few good ones out.

    Reads the sources in config.yaml, merges the items that several of them carry into one story, and publishes each
    category as a feed to subscribe to.
    """
    context.obj = config
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of every tick that finds the last one at work


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        _print_problems(error)
        sys.exit(CANNOT_RUN)
    except (AggregatorError, FeedError) as error:
        _cannot(str(error))


def _print_problems(error: ConfigError) -> None:
    from aggregator.config.report import lines

    for line in lines(error):
        click.echo(line, err=True)


def _cannot(message: str) -> NoReturn:
    click.echo(f"aggregator: {message}", err=True)
    sys.exit(CANNOT_RUN)


def _load(config: Path) -> "Settings":
    from aggregator.config.load import load

    return load(config, os.environ)


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that is handed the path of the file, and whose expected failures become messages and exit code 2."""

    @wraps(function)
    @click.pass_obj
    def wrapped(config: Path, /, **options: Any) -> None:
        with _failures():
            function(config, **options)

    return wrapped


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@cli.command()
@json_option
@_command
def reclean(config: Path, as_json: bool) -> None:
    """Clean all stored entries again, after the cleaning has become better."""
    from aggregator import service

    settings = _load(config)
    engine = service.open_store(settings)
    looked_at = 0

    def watch(entries: int) -> None:
        nonlocal looked_at
        looked_at += entries

    changed = asyncio.run(service.reclean(engine, settings, watch=watch))
    if as_json:
        click.echo(json.dumps({"entries": looked_at, "changed": changed}))
    else:
        click.echo(f"{looked_at} entries cleaned again; {changed} came out otherwise than before.")


@cli.command()
@_command
def run(config: Path) -> None:
    """Ingest and serve, until SIGTERM or Ctrl-C."""
    from aggregator import service

    settings = _load(config)
    engine = service.open_store(settings)
    click.echo(f"Reading {len(settings.sources)} sources; pages and feeds at http://{settings.listen}/")
    asyncio.run(service.run(engine, settings))


@cli.command()
@click.option("--once", is_flag=True, help="Poll what is due, merge, and exit.")
@click.option("--source", metavar="URL", help="Only this source, as config.yaml writes it.")
@click.option("--force", is_flag=True, help="Also what is not due yet; a host that asked us to wait is left alone.")
@json_option
@_command
def ingest(config: Path, once: bool, source: str | None, force: bool, as_json: bool) -> None:
    """The writing wing alone: fetch, read, store, merge."""
    from aggregator import service

    settings = _load(config)
    engine = service.open_store(settings)
    due = service.due(engine, settings, only=source, force=force)
    if once or source:
        _ingest_once(engine, settings, due, source, as_json=as_json)
    else:
        asyncio.run(service.ingest_forever(engine, settings))


def _ingest_once(engine: "Engine", settings: "Settings", due: int, source: str | None, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from aggregator import service
    from aggregator.ingest.worker import Polled

    tally = {"updated": 0, "unchanged": 0, "failed": 0, "added": 0}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("Polling", total=due)

        def watch(polled: Polled) -> None:
            tally[polled.outcome] += 1
            tally["added"] += polled.counts.added
            progress.advance(bar)

        polls, merged = asyncio.run(service.ingest_once(engine, settings, only=source, watch=watch))
        progress.update(bar, total=polls)
    if as_json:
        click.echo(json.dumps({"polls": polls, **tally, "stories": merged.founded}))
        return
    click.echo(
        f"{polls} polls: {tally['updated']} updated, {tally['unchanged']} unchanged, {tally['failed']} failed; "
        f"{tally['added']} new items, {merged.founded} new stories."
    )
    if tally["failed"]:
        click.echo("`aggregator status` says what is wrong with the ones that failed.")


@cli.command()
@click.option("--attached", is_flag=True, hidden=True, help="End with the process that started this one.")
@_command
def serve(config: Path, attached: bool) -> None:
    """The reading wing alone: feeds, pages and status over HTTP."""
    from aggregator import service
    from aggregator.web import server

    settings = _load(config)
    asyncio.run(service.require_free(settings.listen))
    service.open_store(settings).dispose()
    server.serve(settings, attached=attached)


@cli.command()
@json_option
@_command
def check(config: Path, as_json: bool) -> None:
    """Say everything that is wrong with config.yaml, and which sources have moved.

    A note, such as on the age of a library, is no problem, and does not change the exit code.
    """
    from dataclasses import asdict

    from aggregator import service
    from aggregator.config.report import summary

    try:
        settings = _load(config)
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"file": str(config), "ok": False, "problems": [asdict(p) for p in error.problems]}))
        sys.exit(CANNOT_RUN)
    warnings, notes = (*settings.warnings, *service.moved(settings)), service.notes()
    if as_json:
        problems = [asdict(p) for p in warnings]
        click.echo(json.dumps({"file": str(config), "ok": True, "problems": problems, "notes": notes}))
    else:
        for line in (*summary(settings, warnings), *(f"Note: {note}." for note in notes)):
            click.echo(line)
    sys.exit(FOUND_PROBLEMS if warnings else 0)


@cli.command()
@click.argument("source", required=False)
@json_option
@_command
def status(config: Path, source: str | None, as_json: bool) -> None:
    """How every source has been: since when, last good, next try, and why."""
    from importlib.metadata import version

    from aggregator import service
    from aggregator.publish.status import document
    from aggregator.store.engine import current_version

    settings = _load(config)
    engine = service.open_store(settings)
    found = service.status_of(engine, settings, only=source)
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


@cli.command()
@click.argument("document", metavar="FILE|URL")
@json_option
@_command
def parse(config: Path, document: str, as_json: bool) -> None:
    """Show what we read in a document."""
    import msgspec

    from aggregator import service
    from aggregator.config.settings import Settings

    # Its sources do not matter here, so a file that is not there does not either.
    settings = _load(config) if config.exists() else Settings(file=config, sources=(), categories=())
    feed = asyncio.run(service.read_document(document, settings))
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


@cli.group()
def export() -> None:
    """Write what is here in a form that others read."""


@export.command("opml")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@_command
def export_opml(config: Path, file: Path | None) -> None:
    """What config.yaml subscribes to, to FILE or to the terminal; categories become folders."""
    from aggregator.publish.outline import outline_of
    from feeds import opml

    outline, left_out = outline_of(_load(config))
    for address in left_out:
        click.echo(f"left out, because no other reader can fetch it: {address}", err=True)
    written = opml.write(outline)
    if file is None:
        click.echo(written.decode(), nl=False)
        return
    beside = file.with_name(f".{file.name}.new")  # so that nobody ever finds half a list
    try:
        beside.write_bytes(written)
        beside.replace(file)
    except OSError as error:
        _cannot(f"cannot write {file}: {error.strerror}")


GENERATORS = ("hexo", "jekyll", "hugo")  # feeds.render.TREES, whose import would keep `--help` waiting


def _export_posts(generator: str) -> None:
    name = generator.title()

    @export.command(generator, help=f"One Markdown post a story into DIR, for {name}; touches only what changed.")
    @click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
    @click.option("--category", metavar="PATH", default="all", help="Only this category, with all below it.")
    @click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Only the newest N stories.")
    @click.option("--prune", is_flag=True, help="Remove posts written earlier whose stories are no longer among these.")
    @json_option
    @_command
    def command(config: Path, folder: Path, category: str, limit: int | None, prune: bool, as_json: bool) -> None:
        _write_posts(_load(config), generator, folder, category=category, limit=limit, prune=prune, as_json=as_json)


for _generator in GENERATORS:
    _export_posts(_generator)


def _write_posts(
    settings: "Settings", generator: str, folder: Path, *, category: str, limit: int | None, prune: bool, as_json: bool
) -> None:
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from aggregator import service
    from aggregator.publish import export as posts

    engine = service.open_store(settings)
    total = posts.count(engine, settings, category, limit)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Writing", total=total)
        done = posts.export_posts(
            engine,
            settings,
            generator,
            folder,
            category=category,
            limit=limit,
            prune=prune,
            watch=lambda stories: progress.advance(bar, stories),
        )
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    written = done.new + done.changed + done.unchanged
    removed = f", {done.removed} removed" if prune else ""
    click.echo(f"{written} posts: {done.new} new, {done.changed} changed, {done.unchanged} unchanged{removed}.")
    if done.left:
        click.echo(f"{done.left} posts of stories that are no longer among these stay; --prune removes them.")


@export.command("jsonl")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@_command
def export_jsonl(config: Path, file: Path | None) -> None:
    """Every story with its sightings, one JSON object a line, to FILE or to the terminal."""
    from aggregator import curation, service

    settings = _load(config)
    lines = curation.exported(service.open_store(settings), settings)
    if file is None:
        for line in lines:
            click.echo(line)
        return
    beside = file.with_name(f".{file.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as written:
            written.writelines(f"{line}\n" for line in lines)
        beside.replace(file)
    except OSError as error:
        _cannot(f"cannot write {file}: {error.strerror}")


@cli.command()
@click.argument("story")
@json_option
@_command
def explain(config: Path, story: str, as_json: bool) -> None:
    """The sightings of STORY (its id or its page's address), and why they are one."""
    from aggregator import curation, service
    from aggregator.publish.selection import Catalogue

    settings = _load(config)
    account = curation.explain(service.open_store(settings), story)
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


@cli.command()
@click.argument("story")
@click.argument("sighting", type=int)
@_command
def split(config: Path, story: str, sighting: int) -> None:
    """Take SIGHTING (a number that `explain` lists) out of STORY, for good."""
    from aggregator import curation, service
    from aggregator.ingest.worker import utc_now

    settings = _load(config)
    uuid = curation.split(service.open_store(settings), settings, story, sighting, utc_now())
    click.echo(f"{sighting} is now in urn:uuid:{uuid}, and will stay apart from what it was with.")


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--since", metavar="7d", default="7d", show_default=True, help="How far back to decide anew.")
@json_option
@_command
def dedup(config: Path, dry_run: bool, since: str, as_json: bool) -> None:
    """Match again over history, under the settings of now: what would merge, and what would split."""
    from dataclasses import asdict

    from aggregator import curation, service
    from aggregator.config.quantities import parse_duration
    from aggregator.ingest.worker import utc_now

    try:
        span = parse_duration(since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    settings = _load(config)
    now = utc_now()
    engine = service.open_store(settings)
    moves = curation.match_again(engine, settings, since=now - span, now=now, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps([asdict(move) for move in moves], ensure_ascii=False, indent=1))
        return
    for move in moves:
        where = f"joins {move.joins} ({move.reason} {move.score:.2f})" if move.joins else "gets a story of its own"
        click.echo(f"{move.sighting:>8}  {move.title}\n          leaves {move.leaves}, {where}")
    would = "would move" if dry_run else "moved"
    click.echo(f"{len(moves)} {would}.")


@cli.command()
@click.argument("flood", type=int)
@_command
def release(config: Path, flood: int) -> None:
    """Publish what FLOOD (a number that `status` lists) brought; the next merge takes it."""
    from aggregator import curation, service
    from aggregator.ingest.worker import utc_now

    items = curation.release(service.open_store(_load(config)), flood, utc_now())
    click.echo(f"{items} items go on to the merge.")


@cli.command()
@click.argument("flood", type=int)
@_command
def discard(config: Path, flood: int) -> None:
    """Never publish what FLOOD (a number that `status` lists) brought."""
    from aggregator import curation, service
    from aggregator.ingest.worker import utc_now

    items = curation.discard(service.open_store(_load(config)), flood, utc_now())
    click.echo(f"{items} items are forgotten, and will not come back as new.")


@cli.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@_command
def db_upgrade(config: Path) -> None:
    """Bring the schema up to date; other commands do so too."""
    from aggregator.store.engine import current_version, open_engine, upgrade

    engine = open_engine(_load(config).database)
    before = current_version(engine)
    upgrade(engine)
    click.echo(f"Schema version {current_version(engine)} (was {before or 'none'}).")
