"""What all commands need: where the file is, how failures become messages and exit codes, output for programs."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import click

from aggregator.errors import AggregatorError, ConfigError
from feeds.errors import FeedError

if TYPE_CHECKING:
    from rich.progress import Progress

    from aggregator.config.settings import Settings

FOUND_PROBLEMS = 1
CANNOT_RUN = 2

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        _print_problems(error)
        sys.exit(CANNOT_RUN)
    except (AggregatorError, FeedError) as error:
        cannot(str(error))
    except Exception as error:
        from sqlalchemy.exc import OperationalError  # whose import would keep `--help` waiting

        if not isinstance(error, OperationalError):
            raise
        said = str(error.orig).partition("\n")[0]
        cannot(f"the database failed: {said}; run it again when that is mended")


def _print_problems(error: ConfigError) -> None:
    from aggregator.config.report import lines

    for line in lines(error):
        click.echo(line, err=True)
    if not error.file.exists():
        click.echo("--config names another file; `aggregator add ADDRESS --category NAME` begins one.", err=True)


def cannot(message: str) -> NoReturn:
    """Say why not, and end."""
    click.echo(f"aggregator: {message}", err=True)
    sys.exit(CANNOT_RUN)


def load(config: Path) -> "Settings":
    """What the file says."""
    from aggregator.config.load import load

    return load(config, os.environ)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that is handed the path of the file, and whose expected failures become messages and exit code 2."""

    @wraps(function)
    @click.pass_obj
    def wrapped(config: Path, /, **options: Any) -> None:
        with _failures():
            function(config, **options)

    return wrapped


class NoBar:
    """A bar that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def add_task(self, description: str, *, total: float | None) -> Any: ...

    def advance(self, task_id: Any, advance: float = 1) -> None: ...

    def update(self, task_id: Any, *, total: float | None) -> None: ...


def progress(*, transient: bool = False) -> "Progress | NoBar":
    """A bar on standard error, for what takes a while; none where that is no terminal, but a log."""
    if not sys.stderr.isatty():
        return NoBar()
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=transient)


def write(lines: Iterable[str], file: Path | None) -> None:
    """To a file, so that nobody ever finds half of it; without one to the terminal."""
    if file is None:
        for line in lines:
            click.echo(line, nl=False)
        return
    beside = file.with_name(f".{file.name}.new")
    try:
        with beside.open("w", encoding="utf-8") as written:
            written.writelines(lines)
        beside.replace(file)
    except OSError as error:
        cannot(f"cannot write {file}: {error.strerror}")
