"""A source taken out of config.yaml as text: the reverse of `insertion`, byte for byte."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aggregator.config import addresses, cuts
from aggregator.config.document import Node, read_nodes
from aggregator.config.entries import BY_HAND, entry, last_of
from aggregator.config.environment import expand
from aggregator.config.slugs import parts, slug
from aggregator.config.text import Unusable


@dataclass(frozen=True, slots=True)
class Listed:
    """One mention of a source: the item of a list, the list, and the category that it stands in."""

    category: Node
    entries: Node
    items: Node
    index: int
    direct: bool  # the list is the category's value, not its `sources`


def remove(
    text: str, address: str, environ: Mapping[str, str], *, keep: Callable[[str], bool], category: str | None = None
) -> str:
    """The text without a source, wherever it is listed.

    address   its identity
    category  the slug of the only category to take it out of
    keep      whether a category that this empties stays, by its slug; else its line goes, too, where it says no more

    raises  Unusable
    """
    while (place := _find(text, address, environ, category)) is not None:
        shorter = _cut(text, place, keep)
        if len(shorter) >= len(text):
            raise Unusable(BY_HAND, place.category.line, place.category.column)
        text = shorter
    return text


def _find(text: str, address: str, environ: Mapping[str, str], category: str | None) -> Listed | None:
    root = read_nodes(text)
    _, entries = entry(root, "categories") if root else (None, None)
    if entries is None or not isinstance(entries.content, dict):
        return None
    for key, value in entries.content.values():
        if category is not None and slug(parts(str(key.content))) != category:
            continue
        _, listed = entry(value, "sources")
        items = listed or value
        for index, item in enumerate(items.content if isinstance(items.content, list) else ()):
            if _identity(item, environ) == address:
                return Listed(key, entries, items, index, listed is None)
    return None


def _identity(item: Node, environ: Mapping[str, str]) -> str | None:
    with suppress(ValueError):
        if isinstance(item.content, str):
            return addresses.source(expand(item.content, environ))[1]
        for key, (_, value) in item.content.items() if isinstance(item.content, dict) else ():
            if key in addresses.KEYS and isinstance(value.content, str):
                return addresses.option(key, expand(value.content, environ))[1]
    return None


def _cut(text: str, place: Listed, keep: Callable[[str], bool]) -> str:
    items = place.items.content
    assert isinstance(items, list)
    alone = len(items) == 1 and place.direct and not keep(slug(parts(str(place.category.content))))
    if place.items.flow:
        if alone and place.entries.flow and (shorter := _cut_flow_entry(text, place)):
            return shorter
        return _cut_flow(text, place.items, items, place.index)
    item = items[place.index]
    first, last = _dash(text, place.items, item), last_of(text, item)
    begin = cuts.line_start(text, place.category.start)
    if alone and not re.search(r"(?:^|\s)#", text[begin:last]) and len(place.entries.content) > 1:
        return _cut_category(text, begin, last)
    after = cuts.after_line(text, last)
    beyond = cuts.after_comments(text, after, indent=place.items.column)
    return cuts.cut_lines(text, first, max(last, beyond - 2))


def _cut_category(text: str, begin: int, last: int) -> str:
    """Its lines, and the empty line that parts it from those before."""
    before = cuts.line_before(text, begin)
    return cuts.cut_lines(text, before if before < begin and cuts.is_blank(text, before) else begin, last)


def _cut_flow(text: str, collection: Node, items: list[Node], index: int) -> str:
    item = items[index]
    if len(items) == 1:
        comma = re.compile(r"\s*,").match(text, item.end)
        return text[: item.start] + text[comma.end() if comma else item.end :]
    if index == 0:
        return text[: item.start] + text[items[1].start :]
    before = items[index - 1].end
    return text[:before] + text[item.end :]


def _cut_flow_entry(text: str, place: Listed) -> str | None:
    assert isinstance(place.entries.content, dict)
    entries = list(place.entries.content.values())
    index = [key for key, _ in entries].index(place.category)
    if index == 0:
        return None
    return text[: max(node.end for node in entries[index - 1])] + text[place.items.end :]


def _dash(text: str, items: Node, item: Node) -> int:
    """Where the dash of an item of a block list stands: on its line, or above."""
    at = cuts.line_start(text, item.start)
    column = items.column - 1
    while at > 0 and not (text[at : at + column].strip() == "" and text[at + column : at + column + 1] == "-"):
        at = cuts.line_before(text, at)
    return at
