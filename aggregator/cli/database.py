"""`db …`: the database itself."""

from pathlib import Path

import click

from aggregator.cli.shared import command, load


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
