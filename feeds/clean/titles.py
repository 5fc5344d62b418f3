"""Titles that fit on one line of a page and cannot play tricks on it.

A title is plain text: `<b>` in it is what the source wanted to say, and is escaped where it is shown. Never empty: the
beginning of the text stands in (the sanitised one, which says what readers will see), then an address, then the guid.
What scripts and emoji need stays: joiners, direction marks, accents, selectors, the tags of flags. What floods goes.
"""

import re
import unicodedata
from dataclasses import replace

from feeds.clean.context import Context
from feeds.html import text_of, without_forbidden
from feeds.model import Entry
from feeds.regex import regex

STAND_IN = 100  # characters of the text, at most, where there is no title

LONGEST = 500  # characters, a letter with its marks never parted

# Latin, Greek, Cyrillic, Han, Kana, Hangul and their punctuation, of which nothing below needs to be asked: 1 µs a
# title, where the five questions take 14.
_ORDINARY = regex(
    "[ -~\xa0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u203e\u20a0-\u20bf\u2100-\u214f"
    "\u3000-\u3029\u3030-\u3098\u309b-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9f\uffe0-\uffe6]*"
)
# Unicode TR36 §2.2: controls that turn the direction of what follows, also outside the title; and what takes no space
# or shows as nothing (Hangul fillers, the empty Braille pattern, annotation anchors).
_DROPPED = regex(
    "[\u202a-\u202e\u2066-\u2069\u00ad\u180e\u200b\u2060-\u2065\ufeff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    "\u115f\u1160\u3164\uffa0\u2800\ufff9-\ufffb]"
)
# One joins emoji or Persian letters, or marks a direction (U+200E, U+200F, U+061C); more is a flood.
_JOINERS = regex("([\u061c\u200c-\u200f])[\u061c\u200c-\u200f]+")
# Tags say which flag a black flag is (UTS 51 §C.1), in at most seven; elsewhere they are invisible text.
_TAGS = regex(
    "(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]+|(?<=[\U000e0020-\U000e007e]{7})[\U000e0000-\U000e007f]+"
)
# What may be a flood of marks: they are no letters, but nor are emoji and Chinese commas.
_SUSPECT = regex(r"[^\w\s\x00-\u02ff]{5,}")
_MARKS = frozenset(("Mn", "Me"))
MOST_MARKS = 6  # in a row; letters of the Hebrew Bible have five, Tibetan and Burmese ones four


def tidy(entry: Entry, context: Context) -> Entry:
    """The step: a title that is plain, single-spaced and not empty."""
    title = (
        plain(entry.title)
        or _beginning(entry.html)
        or _beginning(entry.summary)
        or plain(_address(entry))
        or plain(entry.guid)
    )
    return entry if title == entry.title else replace(entry, title=title)


def plain(title: str) -> str:
    """One line of text without what is invisible or spills over its neighbours; "" if nothing of it can be seen."""
    title = without_forbidden(title)
    if not _ORDINARY.fullmatch(title):
        title = _TAGS.sub("", _DROPPED.sub("", title))  # first, for it brings together what stood apart
        title = _SUSPECT.sub(_calm, _JOINERS.sub(r"\1", title))
        if not any(unicodedata.category(one)[0] in "LNPS" for one in title):  # the first letter ends it
            return ""
    title = " ".join(title.split())
    return title if len(title) <= LONGEST else _cut(title)


def _calm(suspect: re.Match[str]) -> str:
    """The characters, with at most `MOST_MARKS` marks and joiners in a row."""
    kept: list[str] = []
    marks = 0
    for one in suspect[0]:
        marks = marks + 1 if unicodedata.category(one) in _MARKS or "\u200c" <= one <= "\u200f" else 0
        if marks <= MOST_MARKS:
            kept.append(one)
    return "".join(kept)


def _cut(title: str) -> str:
    end = LONGEST - 1
    while end > LONGEST // 2 and _belong_together(title[end - 1], title[end]):
        end -= 1
    return title[:end].rstrip() + "…"


def _belong_together(before: str, after: str) -> bool:
    """Whether no line may be cut here: marks, joiners, skin tones, tags, and the two halves of a flag (UAX 29)."""
    if unicodedata.category(after)[0] == "M" or "\u200d" in (before, after):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return all("\U0001f1e6" <= one <= "\U0001f1ff" for one in (before, after))


def _beginning(html: str) -> str:
    text = plain(text_of(html[: STAND_IN * 50]))
    if len(text) <= STAND_IN:
        return text
    words = text[:STAND_IN].rpartition(" ")[0]
    return (words if len(words) > STAND_IN // 2 else text[: STAND_IN - 1]).rstrip(" ,;:.–-") + "…"


def _address(entry: Entry) -> str:
    return (entry.url or next((enclosure.url for enclosure in entry.enclosures), "")).partition("://")[2]
