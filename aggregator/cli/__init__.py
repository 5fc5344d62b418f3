"""The command line: reads arguments, calls `service` and `curation`, prints for people or, with `--json`, for programs.

A command is a function in the file of its kind and a name in `COMMANDS`. Exit codes: 0 done, 1 found problems, 2 cannot
run. Imports that cost time stay inside the commands, for `--help` must answer at once.
"""

import logging
import os
from pathlib import Path

import click

from aggregator import logs
from aggregator.cli import database, editing, exports, running, sources, stories

COMMANDS = (
    *(running.run, running.ingest, running.serve, running.reclean),
    *(editing.plan, editing.add, editing.remove, editing.import_),
    *(sources.check, sources.status, sources.parse),
    *(stories.explain, stories.split, stories.dedup, stories.release, stories.discard),
    *(exports.export, database.db),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    envvar="AGGREGATOR_CONFIG",
    help="The file that lists the sources.",
)
@click.option(
    "-v", "--verbose", is_flag=True, envvar="AGGREGATOR_VERBOSE", help="Log every event, not only what went wrong."
)
@click.option(
    "--log",
    type=click.Choice(logs.FORMATS),
    default=logs.FORMATS[0],
    show_default=True,
    envvar="AGGREGATOR_LOG",
    help="How a line of the log is written.",
)
@click.version_option(package_name="feed-aggregator", message="%(version)s")
@click.pass_context
def cli(context: click.Context, config: Path, verbose: bool, log: str) -> None:
    """Many feeds in, a few good ones out.

    Reads the sources in config.yaml, merges the items that several of them carry into one story, and publishes each
    category as a feed to subscribe to.
    """
    context.obj = config
    logs.set_up(log, verbose=verbose)
    os.environ |= {
        "AGGREGATOR_LOG": log,
        "AGGREGATOR_VERBOSE": "1" if verbose else "",
    }  # for the server that `run` starts
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of every tick that finds the last one at work


for _command in COMMANDS:
    cli.add_command(_command)
