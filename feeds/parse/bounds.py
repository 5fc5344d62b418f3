"""What a document may cost: items, texts and tags beyond the limits are cut out of its text before anything parses it.

feedparser takes 25 µs for the smallest item and 8 µs for a tag, whatever is in it and however deep it stands (measured
with 6.0.14), so that 15 MiB of them take half a minute. What is cut out becomes a line in `Feed.problems`, so that such
a document is never remembered (`trim`). A document within the limits comes out as the same object, for the price of
counting. What no parser stands even within these limits is the business of `mend`.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from feeds.dates import parse_date
from feeds.errors import Unreadable
from feeds.html import MAX_HTML
from feeds.parse.claims import MAX_ENTRIES
from feeds.parse.fault import line_ends
from feeds.parse.items import Spans, ends, item_spans
from feeds.regex import regex

# Four times what is kept of a text in the end: in RSS its markup is escaped, and `&lt;` is four characters.
MAX_TEXT = 4 * MAX_HTML
# Of one item, and of the document. The most among 186 real feeds were 2,500 and 12,000; feedparser takes 4 s for these.
MAX_ITEM_TAGS = 20_000
MAX_TAGS = 500_000

_UNPARSED = r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(.*?)(?:\]\]>|\Z)"
_NO_TAGS = regex(_UNPARSED, re.DOTALL)
_TEXTS = regex(rf"{_UNPARSED}|(<[^<>]*>)([^<]{{{MAX_TEXT},}})", re.DOTALL)
_DATA_URL = regex(r"data:[\w.+-]{1,64}/[\w.+-]{1,64};base64,[A-Za-z0-9+/=%\s]*")
_HALF_REFERENCE = regex(r"&[^;&<]{0,32}\Z")
_PUBLISHED = regex(r"<(?:\w+:)?(?:pubDate|published|date|issued)\b[^<>]*>([^<]{1,100})<", re.IGNORECASE)
_UPDATED = regex(r"<(?:\w+:)?(?:updated|modified)\b[^<>]*>([^<]{1,100})<", re.IGNORECASE)


def bounded(text: str, *, first_line: int = 1) -> tuple[str, tuple[str, ...]]:
    """The document within the limits, and a sentence for each thing that was cut out.

    first_line  the one of the publisher's document that the text begins in
    errors      Unreadable, where it has too many tags and what to leave out cannot be told
    """
    problems: list[str] = []
    whole = text
    tags = text.count("<")
    if tags > 2 * MAX_ENTRIES:
        text = _newest_items(text, problems)
    if len(text) > MAX_TEXT:
        where = _where(text, whole, first_line)
        text = _TEXTS.sub(lambda found: _shorter(found, where, problems), text)
    if tags > MAX_ITEM_TAGS:
        text = _simpler(text, _where(text, whole, first_line), problems)
    return text, tuple(problems)


def _where(text: str, whole: str, line: int) -> Callable[[int], str]:
    """What to say of places in the text, to be asked from its beginning to its end.

    Nothing once something was cut out, for lines are fewer then.
    """
    if text != whole:
        return lambda index: ""
    at = 0

    def where(index: int) -> str:
        nonlocal at, line
        line, at = line + line_ends(text, at, index), index
        return f" in line {line}"

    return where


def _newest_items(text: str, problems: list[str]) -> str:
    """As many as we take, from the newer end of the document (case X06)."""
    found = ends(text, MAX_ENTRIES)
    if found is None:
        return text
    count, beginning, ending = found
    first, last = (_date(text[start:end]) for start, end in (beginning[0], ending[-1]))
    upwards = first is not None and last is not None and last > first
    problems.append(f"{count} entries, of which the {'last' if upwards else 'first'} {MAX_ENTRIES} were read")
    kept = ending if upwards else beginning
    return "".join((text[: beginning[0][0]], text[kept[0][0] : kept[-1][1]], text[ending[-1][1] :]))


def _date(item: str) -> datetime | None:
    found = _PUBLISHED.search(item) or _UPDATED.search(item)
    return parse_date(found[1]) if found else None


def _shorter(found: re.Match[str], where: Callable[[int], str], problems: list[str]) -> str:
    """A CDATA section, or a tag with the text after it, of which a text that is too long has lost its end."""
    section, tag, after = found.groups()
    written = after if section is None else section
    if written is None or len(written) <= MAX_TEXT:
        return found[0]
    short = _DATA_URL.sub("data:,", written)  # no reader would get to see such a picture (`feeds.html.bounded`)
    if len(short) > MAX_TEXT:
        problems.append(
            f"a text of {len(short)} characters{where(found.start())}, of which the first {MAX_TEXT} were read"
        )
        short = _HALF_REFERENCE.sub("", short[:MAX_TEXT])
    return f"{tag}{short}" if section is None else f"<![CDATA[{short}]]>"


def _simpler(text: str, where: Callable[[int], str], problems: list[str]) -> str:
    """The document without the items that have too many tags, and without the last ones where all have too many."""
    spans = item_spans(text)
    around = _tags(text) if not spans else _tags(text[: spans[0][0]]) + _tags(text[spans[-1][1] :])
    if around > MAX_TAGS:
        raise Unreadable(f"this document has {around} tags{' around its items' if spans else ''}; we read {MAX_TAGS}")
    if not spans:
        return text
    kept = list(_affordable(text, spans, MAX_TAGS - around, where, problems))
    if len(kept) == len(spans):
        return text
    return "".join((text[: spans[0][0]], *(text[start:end] for start, end in kept), text[spans[-1][1] :]))


def _affordable(
    text: str, spans: Spans, most: int, where: Callable[[int], str], problems: list[str]
) -> Iterator[tuple[int, int]]:
    for number, (start, end) in enumerate(spans, 1):
        tags = _tags(text[start:end])
        if tags > MAX_ITEM_TAGS:
            problems.append(
                f"entry {number}{where(start)} was left out: it has {tags} tags, and we read {MAX_ITEM_TAGS}"
            )
            continue
        most -= tags
        if most < 0:
            problems.append(f"{len(spans)} entries, of which the first {number - 1} were read: they have too many tags")
            return
        yield start, end


def _tags(text: str) -> int:
    """How many tags a parser would see; what is in CDATA and in comments are none."""
    return (_NO_TAGS.sub("", text) if "<!" in text else text).count("<")
