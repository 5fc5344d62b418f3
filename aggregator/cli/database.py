"""`db …`: the database itself."""

import json
import sys
from pathlib import Path

import click

from aggregator.cli.shared import FOUND_PROBLEMS, command, json_option, load


@click.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
@command
def db_upgrade(config: Path) -> None:
    """Bring the schema up to date; other commands do so too."""
    from aggregator.store.engine import current_version, open_engine, upgrade

    engine = open_engine(load(config).database)
    before = current_version(engine)
    upgrade(engine)
    click.echo(f"Schema version {current_version(engine)} (was {before or 'none'}).")


@db.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@command
def db_backup(config: Path, file: Path) -> None:
    """Copy the database to FILE, while everything runs."""
    from aggregator.publish.words import size
    from aggregator.store import care
    from aggregator.store.engine import open_engine

    settings = load(config)
    copied = care.backup(open_engine(settings.database), file)
    click.echo(f"{file}: {size(copied)}, whole and checked.")
    if any(source.images == "proxy" for source in settings.sources):
        click.echo("Keep var/image-proxy.key with it: addresses of images are signed with that.")


@db.command("check")
@json_option
@command
def db_check(config: Path, as_json: bool) -> None:
    """Say whether everything in the database is as it should be."""
    from aggregator.store import care
    from aggregator.store.engine import open_engine, upgrade

    engine = open_engine(load(config).database)
    upgrade(engine)
    found = care.problems(engine)
    if as_json:
        click.echo(json.dumps({"ok": not found, "problems": found}))
    else:
        click.echo("\n".join(found) or "The database is as it should be.")
    sys.exit(FOUND_PROBLEMS if found else 0)
