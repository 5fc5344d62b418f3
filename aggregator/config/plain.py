"""From nodes to the plain values that pydantic checks: words get their meaning, `${NAME}` its value.

What is wrong with keys and references is noted in `problems`, and reading goes on.
"""

from collections.abc import Mapping
from typing import Any

from aggregator.config.document import Node
from aggregator.config.environment import Unset, expand
from aggregator.config.places import where
from aggregator.config.scalars import called, meaning
from aggregator.errors import Problem

Steps = tuple[str | int, ...]


def plain(node: Node, environ: Mapping[str, str], problems: list[Problem], steps: Steps = ()) -> Any:
    """`str`, `int`, `bool`, `None`, `Surprise`, lists and dicts."""
    content = node.content
    if isinstance(content, str):
        return _word(node, content, environ, problems, steps)
    if isinstance(content, list):
        return [plain(item, environ, problems, (*steps, index)) for index, item in enumerate(content)]
    for key in node.repeated:
        first, _ = content[str(key.content)]
        problems.append(_problem(f"this key is here a second time; the first is in line {first.line}", key, steps))
    values = {}
    for name, (key, value) in content.items():
        wrong = _wrong_with_key(name, key)
        if wrong:
            problems.append(_problem(wrong, key, steps))
        values[name] = plain(value, environ, problems, (*steps, name))
    return values


def _word(node: Node, text: str, environ: Mapping[str, str], problems: list[Problem], steps: Steps) -> Any:
    if "${" not in text:
        return meaning(text) if node.plain else text
    try:
        return expand(text, environ)
    except Unset as unset:
        problems.append(Problem(message=str(unset), line=node.line, column=node.column, where=where(steps)))
        return text  # what else is wrong with this value is not reported: its place has a problem already


def _wrong_with_key(name: str, key: Node) -> str | None:
    if "${" in name:
        return "`${NAME}` is read in values, not in keys"
    if not key.plain:
        return None
    if name == "<<":
        return "merge keys are not read; write what sources share into `defaults`"
    value = meaning(name)
    return (
        None
        if isinstance(value, str)
        else f'this is read as {called(value)}, not as text; write it in quotes: "{name}"'
    )


def _problem(message: str, key: Node, steps: Steps) -> Problem:
    return Problem(message=message, line=key.line, column=key.column, where=where((*steps, str(key.content))))
