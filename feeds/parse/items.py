"""Where the items of an RSS or Atom document begin and end, found without parsing it: what `trim` and `bounds` cut by.

Only a plain document is answered: items side by side, nothing but white space and comments between them. Anything
else (an item in a CDATA section, one inside another, `<ITEM>`) is None, and whoever asks reads the whole document.
"""

from itertools import pairwise

from feeds.regex import regex

Spans = list[tuple[int, int]]

_OPENING = regex(r"<((?:[\w.-]{1,64}:)?(?:item|entry))(?=[\s>/])")
_BETWEEN = regex(r"\s*(?:<!--[^<>]*-->\s*)*")


def item_spans(text: str) -> Spans | None:
    """(start, end) of every item, tags included, in order; None where that cannot be told for certain."""
    first = _OPENING.search(text)
    if first is None or not _is_level(text, 0, first.start()):
        return None
    return _spans(text, first[1], first.start(), len(text))


def ends(text: str, most: int) -> tuple[int, Spans, Spans] | None:
    """Where a document has more items than this: how many, the first ones and the last ones, as many as that.

    What is between them is not looked at, so that a million items cost as much as twice this many. None where there are
    not more, or that cannot be told for certain.
    """
    first = _OPENING.search(text)
    if first is None or text.count(f"</{first[1]}") <= most or not _is_level(text, 0, first.start()):
        return None
    beginning = _spans(text, first[1], first.start(), most)
    at = len(text)
    for _ in range(most):
        at = _opens_before(text, f"<{first[1]}", at)
    ending = _spans(text, first[1], at, most) if at > 0 else None
    return (text.count(f"</{first[1]}>"), beginning, ending) if beginning and ending else None


def _spans(text: str, name: str, start: int, most: int) -> Spans | None:
    opening, closing = f"<{name}", f"</{name}"
    spans: Spans = []
    while start >= 0 and len(spans) < most:
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
    while at >= 0 and not _is_whole_name(text, at + len(opening)):
        at = text.find(opening, at + 1, end)
    return at


def _opens_before(text: str, opening: str, end: int) -> int:
    """Where the last element of this name before a place begins; -1 if none does."""
    at = text.rfind(opening, 0, max(end, 0))
    while at >= 0 and not _is_whole_name(text, at + len(opening)):
        at = text.rfind(opening, 0, at)
    return at


def _is_whole_name(text: str, end: int) -> bool:
    return text[end : end + 1] in {">", ""} or text[end].isspace()


def _is_level(text: str, start: int, end: int) -> bool:
    """Whether no comment and no CDATA section that begins in this range goes on after it."""
    return text.rfind("<![CDATA[", start, end) <= text.rfind("]]>", start, end) and text.rfind(
        "<!--", start, end
    ) <= text.rfind("-->", start, end)
