"""Where in the file something is: from pydantic's `loc` to a node, and to a path that people read.

A `loc` also names steps that nobody wrote: the `sources` of a category that is a list, the branch of a union. Whatever
the file does not have is skipped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aggregator.config.document import Node
from aggregator.errors import Problem

Loc = Sequence[str | int]

_SIMPLE = re.compile(r"[\w/ -]+")


@dataclass(frozen=True, slots=True)
class Place:
    """A value in the file. `key` is what it is called there, or the value itself in a list; `steps` lead to it."""

    key: Node
    value: Node
    steps: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> "Place":
        """The value one step down; this very place if there is none."""
        content = self.value.content
        if isinstance(content, dict) and step in content:
            key, value = content[str(step)]
            return Place(key, value, (*self.steps, step))
        if isinstance(content, list) and isinstance(step, int) and step < len(content):
            return Place(content[step], content[step], (*self.steps, step))
        return self

    def problem(self, message: str, *, suggestion: str | None = None, at_key: bool = False) -> Problem:
        """Something wrong here."""
        node = self.key if at_key else self.value
        return Problem(
            message=message, line=node.line, column=node.column, where=where(self.steps), suggestion=suggestion
        )


def where(steps: Sequence[str | int]) -> str:
    """The path as people write it: `categories.Technology[2].every`, counted from 0."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += ("." if path else "") + (step if _SIMPLE.fullmatch(step) else f'"{step}"')
    return path


def find(root: Node, loc: Loc) -> Place:
    """The place that `loc` leads to, as far as the file goes."""
    place = Place(root, root)
    for step in loc:
        place = place / step
    return place


def prune(values: Any, steps: Sequence[str | int]) -> None:
    """Take what is wrong out of the values, so that the rest can be checked on.

    A source leaves an empty text behind, that the places of those after it stay; of another list nothing is left.
    """
    while isinstance(steps[-1], int) and not (steps[0] == "categories" and len(steps) <= 4):
        steps = steps[:-1]
    for step in steps[:-1]:
        values = values[step]
    if isinstance(values, list):
        values[int(steps[-1])] = ""
    else:
        values.pop(steps[-1], None)  # two places may share one value (an alias)
