"""Reads config.yaml: `load` gives `Settings`, or every problem of the file at once.

A wrong value does not hide those after it: it is taken out, and what is left is checked on. Only a file that cannot be
read as YAML ends at its first problem.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from aggregator.config import lists
from aggregator.config.document import Node, read_nodes
from aggregator.config.mistakes import problem
from aggregator.config.places import Place, find, prune
from aggregator.config.plain import plain
from aggregator.config.resolve import resolve
from aggregator.config.settings import Settings
from aggregator.config.shapes import ConfigFile
from aggregator.config.text import Unusable, read_text
from aggregator.config.values import FROM_FILE
from aggregator.errors import ConfigError, Problem

MOST_PROBLEMS = 200  # who has more has one cause; each is explained, and that takes time


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in the file `path`; `environ` is what `${NAME}` is looked up in.

    raises  ConfigError, with every problem, in the order of the file
    """
    return load_bytes(path, read_bytes(path), environ)


def load_bytes(path: Path, body: bytes, environ: Mapping[str, str]) -> Settings:
    """The settings in these bytes, if the file `path` held them.

    raises  ConfigError, with every problem, in the order of the file
    """
    with _uncollected():
        settings, problems = _load(path.absolute(), body, environ)
    if settings is None:
        raise ConfigError(path, _in_order(problems))
    return replace(settings, warnings=_in_order(problems), digest=lists.digest(body, settings.lists))


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: looking again and again through a million new nodes, none of them garbage, is
    half of the time that 50,000 sources take (benchmarks/config.py)."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def read_bytes(file: Path) -> bytes:
    """What is in the file.

    raises  ConfigError
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(file, (Problem(message=f"cannot be read: {error.strerror}"),)) from error


def _load(file: Path, body: bytes, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    try:
        root = read_nodes(read_text(body))
    except Unusable as unusable:
        return None, [unusable.problem]
    if root is None or not isinstance(root.content, dict):
        return None, [Problem(message="the file must be a mapping with `categories:` and at least one source", line=1)]
    problems: list[Problem] = []
    values = plain(root, environ, problems)
    written = _validated(root, values, problems)
    if written is None:
        return None, problems
    settings, more = resolve(written, Place(root, root), file)
    if settings is None:
        _add(more, problems)
    return (None, problems) if problems else (settings, more)


def _validated(root: Node, values: Any, problems: list[Problem]) -> ConfigFile | None:
    """The file as a model, without what is wrong in it; None if nothing sensible is left."""
    for _ in range(3):  # taking something out may leave something else wanting
        try:
            return ConfigFile.model_validate(values, context=FROM_FILE)
        except ValidationError as error:
            errors = error.errors(include_url=False)[: MOST_PROBLEMS + 1]
        places = [find(root, one["loc"]) for one in errors]
        found = [problem(one, place) for one, place in zip(errors, places, strict=True) if not _taken_out(one, place)]
        _add(found, problems)
        wrong = {place.steps for place in places if place.steps}
        for steps in sorted(wrong, key=len, reverse=True):
            prune(values, steps)
        if not wrong:
            break
    return None


def _taken_out(error: ErrorDetails, place: Place) -> bool:
    """What is missing, but stands in the file, was wrong and has its problem already."""
    return error["type"] == "missing" and place.steps[-1:] == error["loc"][-1:]


def _add(found: list[Problem], problems: list[Problem]) -> None:
    """One value gets one problem: the first is the cause, those found later follow from it."""
    known = {(one.line, one.column) for one in problems}
    problems += [one for one in found if (one.line, one.column) not in known]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    ordered = sorted(problems, key=lambda one: (one.line or 0, one.column or 0))
    if len(ordered) > MOST_PROBLEMS:
        ordered[MOST_PROBLEMS:] = [Problem(message=f"there is more; the first {MOST_PROBLEMS} problems are shown")]
    return tuple(dict.fromkeys(ordered))
