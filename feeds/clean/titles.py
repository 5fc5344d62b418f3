"""Titles that fit on one line of a page and cannot play tricks on it.

A title is plain text: `<b>` in it is what the source wanted to say, and is escaped where it is shown. Never empty: the
beginning of the text stands in (the sanitised one, which says what readers will see), then the address.
"""

import re
from dataclasses import replace

from feeds.clean.context import Context
from feeds.html import text_of, without_forbidden
from feeds.model import Entry

STAND_IN = 100  # characters of the text, at most, where there is no title

# Unicode TR36 §2.2: controls that turn the direction of what follows, also outside the title; and what takes no space.
# The marks U+200E and U+200F only separate, and are needed.
_DROPPED = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u00ad\u180e\u200b\u2060-\u2065\ufeff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
_JOINERS = re.compile("([\u200c-\u200f])[\u200c-\u200f]+")  # one joins emoji or Persian letters; more is a flood
_COMBINING = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(f"({_COMBINING}{{4}}){_COMBINING}+")  # no script puts five on one letter


def tidy(entry: Entry, context: Context) -> Entry:
    """The step: a title that is plain, single-spaced and, if anything at all can stand in for it, not empty."""
    title = plain(entry.title) or _beginning(entry.html) or _beginning(entry.summary) or _address(entry)
    return entry if title == entry.title else replace(entry, title=title)


def plain(title: str) -> str:
    """One line of text without what is invisible or spills over its neighbours."""
    title = without_forbidden(title)
    if not title.isascii():
        title = _MARKS.sub(r"\1", _JOINERS.sub(r"\1", _DROPPED.sub("", title)))
    return " ".join(title.split())


def _beginning(html: str) -> str:
    text = plain(text_of(html[: STAND_IN * 50]))
    if len(text) <= STAND_IN:
        return text
    words = text[:STAND_IN].rpartition(" ")[0]
    return (words if len(words) > STAND_IN // 2 else text[: STAND_IN - 1]).rstrip(" ,;:.–-") + "…"


def _address(entry: Entry) -> str:
    return (entry.url or next((enclosure.url for enclosure in entry.enclosures), "")).partition("://")[2]
