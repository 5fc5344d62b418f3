"""Sources put into config.yaml as text: every other byte of the file stays as it was.

The parsed positions say where; nothing is ever dumped. Whoever calls this reads the result as settings before it
replaces the file, so that a shape of YAML that nobody thought of costs a refusal, and never a source.
"""

import json
import re

from aggregator.config import cuts
from aggregator.config.document import Node, read_nodes
from aggregator.config.entries import BY_HAND, category_of, entry, is_nothing, last_of
from aggregator.config.scalars import meaning
from aggregator.config.text import Unusable

UNIT = 2  # columns, where no neighbour shows how far things are indented


def is_empty(text: str) -> bool:
    """Whether a file says nothing yet: it has only comments, or `categories:` with nothing below.

    raises  Unusable
    """
    root = read_nodes(text)
    if root is None or is_nothing(root):
        return True
    return isinstance(root.content, dict) and all(is_nothing(value) for _, value in root.content.values())


def add(text: str, category: str, *sources: str) -> str:
    """The text with sources at the end of a category's list; the category is made where there is none.

    sources  addresses as they are to be written, `${NAME}` included

    raises  Unusable
    """
    root = read_nodes(text)
    if root is None or is_nothing(root):
        lines = ["categories:", f"{' ' * UNIT}{_key(category)}:", *_items(2 * UNIT, sources)]
        return cuts.put_lines(text, len(text), lines)
    key, entries = entry(root, "categories")
    if key is None or entries is None:
        lines = [f"{' ' * UNIT}{_key(category)}:", *_items(2 * UNIT, sources)]
        return _with_entry(text, root, "categories", lines, f"{{{_key(category)}: [{_flow(sources)}]}}")
    if is_nothing(entries):
        indent = " " * (key.column - 1 + UNIT)
        lines = [f"{indent}{_key(category)}:", *_items(len(indent) + UNIT, sources)]
        return _below(text, root, key, entries, lines, f"{{{_key(category)}: [{_flow(sources)}]}}")
    own, named = category_of(entries, category)
    if own is None or named is None:
        return _with_entry(text, entries, _key(category), _items(_step(entries), sources), f"[{_flow(sources)}]")
    return _into(text, entries, own, named, sources)


def _into(text: str, parent: Node, key: Node, value: Node, sources: tuple[str, ...]) -> str:
    """A source into the value of a category, or of its `sources`."""
    if is_nothing(value):
        return _below(text, parent, key, value, _items(key.column - 1 + UNIT, sources), f"[{_flow(sources)}]")
    if isinstance(value.content, dict):
        own, listed = entry(value, "sources")
        if own is not None and listed is not None:
            return _into(text, value, own, listed, sources)
        return _with_entry(text, value, "sources", _items(UNIT, sources), f"[{_flow(sources)}]")
    if not isinstance(value.content, list):
        raise Unusable(BY_HAND, value.line, value.column)
    if value.flow:
        return _into_flow(text, value, value.content[-1].end if value.content else None, _flow(sources))
    indent = value.column - 1
    at = cuts.after_comments(text, cuts.after_line(text, last_of(text, value)), indent=indent)
    return cuts.put_lines(text, at, _items(indent, sources))


def _with_entry(text: str, mapping: Node, key: str, lines: list[str], flow: str) -> str:
    """A key at the end of a mapping. `lines` of its value are indented from the key; `flow` is it in one line."""
    if not isinstance(mapping.content, dict):
        raise Unusable(BY_HAND, mapping.line, mapping.column)
    entries = list(mapping.content.values())
    if mapping.flow:
        last = max(node.end for node in entries[-1]) if entries else None
        return _into_flow(text, mapping, last, f"{key}: {flow}")
    indent = " " * (entries[0][0].column - 1)
    at = cuts.after_comments(text, cuts.after_line(text, last_of(text, mapping)), indent=len(indent) + 1)
    apart = [""] if len(entries) > 1 and _apart(text, entries[-1][0]) else []
    return cuts.put_lines(text, at, [*apart, f"{indent}{key}:", *(indent + line for line in lines)])


def _below(text: str, parent: Node, key: Node, value: Node, lines: list[str], flow: str) -> str:
    """The value of a key that has none."""
    if value.content or parent.flow:  # `null` and `~` are there to be replaced
        if not value.content:
            raise Unusable(BY_HAND, key.line, key.column)
        return text[: value.start] + flow + text[value.end :]
    return cuts.put_lines(text, cuts.after_line(text, key.end), lines)


def _into_flow(text: str, collection: Node, last: int | None, written: str) -> str:
    """Into `[…]` or `{…}`, after what is there."""
    if last is None:
        at = collection.start + 1
        return text[:at] + written + text[at:]
    comma = re.compile(r"(?:\s|#[^\r\n]*)*,").match(text, last)
    if comma:
        return f"{text[: comma.end()]} {written},{text[comma.end() :]}"
    return f"{text[:last]}, {written}{text[last:]}"


def _apart(text: str, key: Node) -> bool:
    """Whether an empty line stands before a key, or before the comments above it."""
    at = cuts.line_start(text, key.start)
    while at > 0:
        at = cuts.line_before(text, at)
        line = text[at : cuts.after_line(text, at)].strip()
        if not line.startswith("#"):
            return not line
    return False


def _step(entries: Node) -> int:
    """How far lists are indented from their category, as the last one does it that is a list."""
    content = entries.content
    for key, value in reversed(list(content.values())) if isinstance(content, dict) else ():
        if isinstance(value.content, list) and not value.flow and value.content:
            return max(value.column - key.column, 0)
    return UNIT


def _items(indent: int, sources: tuple[str, ...]) -> list[str]:
    return [f"{' ' * indent}- {_scalar(source, '- {}')}" for source in sources]


def _flow(sources: tuple[str, ...]) -> str:
    return ", ".join(_scalar(source, "[{}]") for source in sources)


def _key(name: str) -> str:
    return name if _reads_as(f"{name}: x", name) else json.dumps(name, ensure_ascii=False)


def _scalar(text: str, shape: str) -> str:
    """A text as YAML: bare where that means the same, else in quotes."""
    return text if _reads_as(shape.format(text), text) else json.dumps(text, ensure_ascii=False)


def _reads_as(written: str, text: str) -> bool:
    try:
        root = read_nodes(written)
    except Unusable:
        return False
    content = root.content if root else ""
    nodes = [key for key, _ in content.values()] if isinstance(content, dict) else content
    if isinstance(nodes, str):
        return False
    return len(nodes) == 1 and nodes[0].content == text and nodes[0].plain and meaning(text) == text
