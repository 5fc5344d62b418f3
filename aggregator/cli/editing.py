"""`plan`, and what changes config.yaml itself."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.shared import FOUND_PROBLEMS, command, json_option, load

if TYPE_CHECKING:
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
