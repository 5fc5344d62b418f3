"""Where things stand in config.yaml: what editing it as text asks the parsed nodes."""

from aggregator.config.document import Node
from aggregator.config.scalars import meaning
from aggregator.config.slugs import parts, slug

BY_HAND = "this part of the file is written in a way that is not edited here; edit it by hand"


def entry(mapping: Node | None, name: str) -> tuple[Node | None, Node | None]:
    """The key of that name and its value; twice None where there is none."""
    if mapping is not None and isinstance(mapping.content, dict) and name in mapping.content:
        return mapping.content[name]
    return None, None


def category_of(entries: Node, name: str) -> tuple[Node | None, Node | None]:
    """The category of that name, or of the same slug."""
    key, value = entry(entries, name)
    if key is not None:
        return key, value
    wanted = slug(parts(name))
    for written in entries.content if isinstance(entries.content, dict) else ():
        try:
            if slug(parts(str(written))) == wanted:
                return entry(entries, str(written))
        except ValueError:
            continue
    return None, None


def is_nothing(node: Node) -> bool:
    """Whether nothing stands there, or a word that means that: `null`, `~`."""
    return isinstance(node.content, str) and node.plain and meaning(node.content) is None


def last_of(text: str, node: Node) -> int:
    """Where the last character of a value stands."""
    return max(len(text[: node.end].rstrip()) - 1, 0)
