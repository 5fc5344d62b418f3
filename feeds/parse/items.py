"""Where the items of an RSS or Atom document begin and end, found without parsing it: what `trim` and `bounds` cut by.

Only a plain document is answered: items side by side, nothing but white space and comments between them. Anything
else (an item in a CDATA section, one inside another, `<ITEM>`) is None, and whoever asks reads the whole document.
"""

import re
from itertools import pairwise

_OPENING = re.compile(r"<((?:[\w.-]{1,64}:)?(?:item|entry))(?=[\s>/])")
_BETWEEN = re.compile(r"\s*(?:<!--[^<>]*-->\s*)*")


def item_spans(text: str) -> list[tuple[int, int]] | None:
    """(start, end) of every item, tags included, in order; None where that cannot be told for certain."""
    first = _OPENING.search(text)
    if first is None or not _is_level(text, 0, first.start()):
        return None
    opening, closing = f"<{first[1]}", f"</{first[1]}"
    spans = []
    start = first.start()
    while start >= 0:
        close = text.find(closing, start)
        end = text.find(">", close) + 1
        if close < 0 or end == 0 or text[close + len(closing) : end - 1].strip() or not _is_level(text, start, close):
            return None
        if _opens(text, opening, start + 1, close) >= 0:
            return None
        spans.append((start, end))
        start = _opens(text, opening, end, len(text))
    between = (text[one[1] : two[0]] for one, two in pairwise(spans))
    return spans if all(map(_BETWEEN.fullmatch, between)) else None


def _opens(text: str, opening: str, start: int, end: int) -> int:
    """Where the next element of this name begins; -1 if none does."""
    at = text.find(opening, start, end)
    while at >= 0 and not (
        text[at + len(opening) : at + len(opening) + 1] in {">", ""} or text[at + len(opening)].isspace()
    ):
        at = text.find(opening, at + 1, end)
    return at


def _is_level(text: str, start: int, end: int) -> bool:
    """Whether no comment and no CDATA section that begins in this range goes on after it."""
    return text.rfind("<![CDATA[", start, end) <= text.rfind("]]>", start, end) and text.rfind(
        "<!--", start, end
    ) <= text.rfind("-->", start, end)
