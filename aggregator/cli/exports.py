"""`export …`: stories and subscriptions in forms that others read."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.shared import command, json_option, load, progress, write

if TYPE_CHECKING:
    from aggregator.config.settings import Settings


@click.group()
def export() -> None:
    """Write what is here in a form that others read."""


@export.command("opml")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@command
def export_opml(config: Path, file: Path | None) -> None:
    """What config.yaml subscribes to, to FILE or to the terminal; categories become folders."""
    from aggregator.publish.outline import outline_of
    from feeds import opml

    outline, left_out = outline_of(load(config))
    for address in left_out:
        click.echo(f"left out, because no other reader can fetch it: {address}", err=True)
    write((opml.write(outline).decode(),), file)


@export.command("jsonl")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@command
def export_jsonl(config: Path, file: Path | None) -> None:
    """Every story with its sightings, one JSON object a line, to FILE or to the terminal."""
    from aggregator import curation
    from aggregator.service import setup

    settings = load(config)
    lines = curation.exported(setup.open_store(settings), settings)
    write((f"{line}\n" for line in lines), file)


@export.command("static")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@json_option
@command
def export_static(config: Path, folder: Path, as_json: bool) -> None:
    """The whole published site into DIR, for any web server; touches only what changed."""
    from dataclasses import asdict

    from aggregator.service import setup, static
    from aggregator.store.clock import clock_of

    settings = load(config)
    engine = setup.open_store(settings)
    if settings.access.token:
        click.echo("access.token is set, but files have no lock: whoever can read them needs no key.", err=True)
    if any(source.images == "proxy" for source in settings.sources):
        click.echo("Images with `images: proxy` stay at /image/…, which `aggregator serve` must answer.", err=True)
    with progress(transient=True) as shown:
        bar = shown.add_task("Writing", total=static.count(engine, settings))
        done = static.export_site(engine, settings, folder, now=clock_of(engine)(), watch=lambda: shown.advance(bar))
    if as_json:
        click.echo(json.dumps({name: count for name, count in asdict(done).items() if name != "left"}))
        return
    written = done.new + done.changed + done.unchanged
    counts = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged, {done.removed} removed."
    click.echo(f"{written} files: {counts}")


GENERATORS = ("hexo", "jekyll", "hugo")  # feeds.render.TREES, whose import would keep `--help` waiting


def _export_posts(generator: str) -> None:
    name = generator.title()

    @export.command(generator, help=f"One Markdown post a story into DIR, for {name}; touches only what changed.")
    @click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
    @click.option("--category", metavar="PATH", default="all", help="Only this category, with all below it.")
    @click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Only the newest N stories.")
    @click.option("--prune", is_flag=True, help="Remove posts written earlier whose stories are no longer among these.")
    @json_option
    @command
    def posts(config: Path, folder: Path, category: str, limit: int | None, prune: bool, as_json: bool) -> None:
        _write_posts(load(config), generator, folder, category=category, limit=limit, prune=prune, as_json=as_json)


for _generator in GENERATORS:
    _export_posts(_generator)


def _write_posts(
    settings: "Settings", generator: str, folder: Path, *, category: str, limit: int | None, prune: bool, as_json: bool
) -> None:
    from dataclasses import asdict

    from aggregator.publish import export as stories
    from aggregator.service import setup

    engine = setup.open_store(settings)
    total = stories.count(engine, settings, category, limit)
    with progress(transient=True) as shown:
        bar = shown.add_task("Writing", total=total)
        done = stories.export_posts(
            engine,
            settings,
            generator,
            folder,
            category=category,
            limit=limit,
            prune=prune,
            watch=lambda stories: shown.advance(bar, stories),
        )
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    written = done.new + done.changed + done.unchanged
    removed = f", {done.removed} removed" if prune else ""
    click.echo(f"{written} posts: {done.new} new, {done.changed} changed, {done.unchanged} unchanged{removed}.")
    if done.left:
        click.echo(f"{done.left} posts of stories that are no longer among these stay; --prune removes them.")
