"""`check`, `status`, `parse`: what config.yaml says, how its sources have been, what is read in a document."""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aggregator.cli.shared import CANNOT_RUN, FOUND_PROBLEMS, command, json_option, load, progress
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.config.settings import Settings
    from aggregator.publish.status import Overview, SourceStatus
    from aggregator.service.checking import Finding
    from feeds.model import Feed

SHOWN_TEXT = 100  # characters of an entry that `parse` shows


@click.command()
@click.option(
    "--online", is_flag=True, help="Also ask every source once, politely, and say what is to be done about it."
)
@click.option("--grace", metavar="3d", help="With --online: what fails for less long is told, but is no problem.")
@json_option
@command
def check(config: Path, online: bool, grace: str | None, as_json: bool) -> None:
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
    if online:
        _check_online(settings, grace, as_json=as_json)
    warnings, notes = (*settings.warnings, *health.moved(settings)), health.notes()
    if as_json:
        problems = [asdict(p) for p in warnings]
        click.echo(json.dumps({"file": str(config), "ok": True, "problems": problems, "notes": notes}))
    else:
        for line in (*summary(settings, warnings), *(f"Note: {note}." for note in notes)):
            click.echo(line)
    sys.exit(FOUND_PROBLEMS if warnings else 0)


def _check_online(settings: "Settings", grace: str | None, *, as_json: bool) -> NoReturn:
    from dataclasses import asdict

    from aggregator.config.quantities import parse_duration
    from aggregator.service import checking, setup

    try:
        patience = parse_duration(grace) if grace else timedelta(0)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--grace") from error
    engine = setup.open_store(settings)
    with progress(transient=True) as shown:
        bar = shown.add_task("Asking", total=checking.ask(engine, settings))
        polls = asyncio.run(checking.poll(engine, settings, watch=lambda polled: shown.advance(bar)))
    found = checking.findings(engine, settings, grace=patience)
    problems = [one for one in found if one.problem]
    if as_json:
        data = [asdict(one) | {"since": one.since.isoformat() if one.since else None} for one in found]
        odd = [asdict(one) for one in settings.warnings]
        said = {
            "file": str(settings.file),
            "ok": not problems,
            "problems": odd,
            "sources": len(settings.sources),
            "asked": polls,
        }
        click.echo(json.dumps(said | {"findings": data}, ensure_ascii=False, indent=1))
    else:
        _print_findings(found, settings, polls)
    sys.exit(FOUND_PROBLEMS if problems or settings.warnings else 0)


def _print_findings(found: "tuple[Finding, ...]", settings: "Settings", polls: int) -> None:
    from aggregator.config.report import summary
    from aggregator.publish.words import counted, minute

    *warned, _ = summary(settings, settings.warnings)  # the verdict on the file is not the last word here
    for line in warned:
        click.echo(line)
    for one in found:
        since = f" (since {minute(one.since)})" if one.since and one.what in ("failing", "gone") else ""
        note = "" if one.problem else "note: "
        click.echo(f"{settings.file.name}:{one.line}  {one.what:9} {one.address}\n    {note}{one.message}{since}")
    problems = sum(one.problem for one in found)
    asked = f"{counted(len(settings.sources), 'source')}, {polls} asked now"
    click.echo(
        f"{settings.file.name}: {asked}: {counted(problems, 'problem')}, {counted(len(found) - problems, 'note')}."
    )


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
    found, sources = health.status_of(engine, settings, only=source)
    if as_json:
        said = document(
            found,
            sources,
            program=version("feed-aggregator"),
            database=engine.dialect.name,
            schema=current_version(engine),
        )
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _print_status(found, sources, alone=source is not None)
    sys.exit(FOUND_PROBLEMS if found.needing_attention or found.unstored else 0)


def _print_status(found: "Overview", sources: "tuple[SourceStatus, ...]", *, alone: bool) -> None:
    from aggregator.publish.words import counted, relative

    if found.unstored:
        click.echo(f"Nothing can be stored: {found.unstored.detail}. Make room; it goes on by itself.")
    for problem in found.config.problems:
        click.echo(f"config.yaml is not in force: {problem}")
    if found.offline_since:
        click.echo(f"Nothing can be reached from here; that began {relative(found.offline_since, found.at)}.")
    if found.overdue:
        late = f"{counted(found.overdue, 'source')} {'is' if found.overdue == 1 else 'are'} overdue"
        click.echo(f"{late}: is `aggregator run` or `aggregator ingest` running?")
    for flood in found.floods:
        click.echo(
            f"flood {flood.id}: {counted(flood.waiting, 'item')} of {flood.name} held: {flood.reason}\n"
            f"         `aggregator release {flood.id}` publishes them, `aggregator discard {flood.id}` never does"
        )
    if not alone:
        counts = ", ".join(f"{count} {state}" for state, count in found.counts.items())
        click.echo(f"{counted(len(found.sources), 'source')}: {counts}; {counted(found.stories or 0, 'story')}")
    well = [] if alone else [one for one in sources if _is_well(one)]
    for one in sources:
        if alone or not _is_well(one):
            _print_source(one, found.at)
    if well:
        click.echo()
    for one in well:
        click.echo(f"{_named(one)}: {_tried(one, found.at)}")


def _is_well(one: "SourceStatus") -> bool:
    """Whether a line is enough for it."""
    return not (one.advice or one.problems or one.failures)


def _named(one: "SourceStatus") -> str:
    name = f"{one.name}  {one.address}" if one.name != one.address else one.address
    return f"{one.state:8} {name}{f'  (config.yaml, line {one.line})' if one.line else ''}"


def _tried(one: "SourceStatus", now: "datetime") -> str:
    """How it went lately, and when it goes on."""
    from aggregator.publish.words import relative

    good = f"last good {relative(one.last_success_at, now)}" if one.last_success_at else "never good yet"
    if one.next_fetch_at <= now:
        return f"{good}, due now"
    return f"{good}, next try {relative(one.next_fetch_at, now)}"


def _print_source(one: "SourceStatus", now: "datetime") -> None:
    from aggregator.publish.words import counted, relative

    click.echo(f"\n{_named(one)}")
    failed = ""
    if one.failures:
        often = "once, " if one.failures == 1 else f"{one.failures} times in a row, first "
        failed = f"failed {often}{relative(one.since, now)}, " if one.since else ""
    why = f" ({one.why_then.words})" if one.why_then and one.next_fetch_at > now else ""
    click.echo(f"         {failed}{_tried(one, now)}{why}")
    facts = (
        f"{one.good_polls} of {counted(one.polls, 'poll')} good" if one.polls else "",
        f"{one.items_a_week:g} items a week" if one.items_a_week is not None else "",
        counted(one.sightings, "entry"),
        f"{one.milliseconds:,} ms" if one.milliseconds is not None else "",
    )
    click.echo(f"         {', '.join(filter(None, facts))}")
    new = one.moved_to and f"its new address: {one.moved_to}"
    for line in (one.reason and f"{one.reason}: {one.detail}", one.advice, new, *one.problems[:3]):
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
