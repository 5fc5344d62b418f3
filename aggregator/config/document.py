"""From the text of config.yaml to a tree of nodes that know their lines. Safe by construction: nothing is ever built.

We read libyaml's *events* and keep plain nodes. So no tag is obeyed, no number is converted, nothing recurses deeply,
and every limit is checked while reading, before the memory is spent.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
)

from aggregator.config.text import Unusable

DEEPEST = 16  # the deepest option is six levels down
MOST_KEYS = 5_000  # in one mapping; nobody has more categories
MOST_COPIES = 100_000  # nodes that aliases stand for, all together
TEXT_TAG = "tag:yaml.org,2002:str"

# libyaml is in PyYAML's wheels, and twenty times as fast as the same in Python, which a build without it has.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_HALF = re.compile("[\ud800-\udfff]")
_HALF_WRITTEN = r"an escape such as \ud800 stands for half a character; write the character"
_TOO_DEEP = f"this is nested more than {DEEPEST} levels deep"


@dataclass(slots=True, eq=False)
class Node:
    """One value. `content` is the text as it is written, the items, or the keys with their nodes.

    start     where it begins in the text, counted in characters; `end` is where it ends, blanks after it left out
    plain     without quotes, so that YAML's surprises apply
    flow      written in brackets
    size      how many nodes it stands for, aliases followed
    repeated  keys of a mapping that were there already; only the first is in `content`
    """

    content: "str | list[Node] | dict[str, tuple[Node, Node]]"
    line: int
    column: int
    start: int = 0
    end: int = 0
    plain: bool = False
    flow: bool = False
    size: int = 1
    repeated: "list[Node]" = field(default_factory=list)


def read_nodes(text: str) -> Node | None:
    """The tree of the only document in the text; None if there is none.

    raises  Unusable
    """
    reading = _Reading(yaml.parse(text, Loader=PARSER))
    try:
        return reading.document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else ()
        raise Unusable(_explained(error, text), *place) from error
    except YAMLError as error:
        raise Unusable(f"this is not YAML: {error}") from error


def _explained(error: MarkedYAMLError, text: str) -> str:
    mark = error.problem_mark
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return "a tab cannot indent in YAML; use spaces"
    if "escape code" in (error.problem or ""):
        return _HALF_WRITTEN
    if "maximum nesting depth" in (error.problem or ""):
        return _TOO_DEEP
    said = ", ".join(part for part in (error.context, error.problem) if part)
    return f"this is not YAML: {said}"


class _Reading:
    """One pass over the events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, Node | None] = {}  # None while the node is still open
        self._copies = 0

    def document(self) -> Node | None:
        root = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    line = event.start_mark.line + 1  # type: ignore[union-attr]  # its types leave it open
                    raise Unusable("a second document begins here (`---`); the file may hold only one", line, 1)
                root = self._node(next(self._events), 1)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if isinstance(event, ScalarEvent):
            node = self._scalar(event, line, column)
            if event.anchor is not None:
                self._anchors[event.anchor] = node
            return node
        if isinstance(event, AliasEvent):
            return self._alias(str(event.anchor), line, column)
        if depth > DEEPEST:
            raise Unusable(_TOO_DEEP, line, column)
        if event.tag is not None and event.tag not in ("!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise _refused_tag(event, line, column)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        node = Node([], line, column, event.start_mark.index, event.end_mark.index, flow=bool(event.flow_style))
        if isinstance(event, SequenceStartEvent):
            node.content = self._items(node, depth)
        else:
            assert isinstance(event, MappingStartEvent)
            node.content = self._keys(node, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Any, line: int, column: int) -> Node:
        tag = event.tag
        if tag not in (None, "!", TEXT_TAG):
            raise _refused_tag(event, line, column)
        if event.style == '"' and _HALF.search(event.value):
            raise Unusable(_HALF_WRITTEN, line, column)
        start, end = event.start_mark.index, event.end_mark.index
        return Node(event.value, line, column, start, end, plain=tag is None and not event.style)

    def _alias(self, anchor: str, line: int, column: int) -> Node:
        if anchor not in self._anchors:
            raise Unusable(f"`*{anchor}` refers to nothing: there is no `&{anchor}` before it", line, column)
        node = self._anchors[anchor]
        if node is None:
            raise Unusable(f"`*{anchor}` stands inside of what it refers to", line, column)
        self._copies += node.size
        if self._copies > MOST_COPIES:
            raise Unusable("aliases (`*name`) multiply the file beyond reason", line, column)
        return node

    def _items(self, parent: Node, depth: int) -> list[Node]:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                if parent.flow:
                    parent.end = event.end_mark.index  # type: ignore[union-attr]
                break
            node = self._node(event, depth + 1)
            parent.size += node.size
            parent.end = node.end
            items.append(node)
        return items

    def _keys(self, parent: Node, depth: int) -> dict[str, tuple[Node, Node]]:
        keys: dict[str, tuple[Node, Node]] = {}
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                if parent.flow:
                    parent.end = event.end_mark.index  # type: ignore[union-attr]
                break
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            parent.size += 1 + value.size
            parent.end = value.end if value.content else key.end + 1  # of nothing, its place is that of what comes next
            if not isinstance(key.content, str):
                raise Unusable("a key must be text; put quotes around what begins with [ or {", key.line, key.column)
            if key.content in keys:
                parent.repeated.append(key)
            else:
                keys[key.content] = key, value
            if len(keys) + len(parent.repeated) > MOST_KEYS:
                raise Unusable(f"more than {MOST_KEYS:,} keys in one mapping", key.line, key.column)
        return keys


def _refused_tag(event: Any, line: int, column: int) -> Unusable:
    tag = event.tag.replace("tag:yaml.org,2002:", "!!")
    return Unusable(f"the tag `{tag}` is not allowed here; write the value without it", line, column)
