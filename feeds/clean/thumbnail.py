"""`Entry.image`: the one picture that stands for an entry in a list.

What the source names as its thumbnail wins. Else the first fit image of the text, after `sanitize`: only there is every
address absolute and every tag what it seems to be. It reads the text and leaves it alone.
"""

import re
from dataclasses import replace

from feeds.clean.context import Context
from feeds.model import Entry

_IMG = re.compile(r"<img\b([^<>]*)>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_SMALLEST = 49  # pixels; avatars and icons are 48 and less
# Avatars, emoji, counters, buttons, as feeds are known to show them (November 2026).
_UNFIT = re.compile(
    r"gravatar\.com|/avatars?[/._-]|//avatars?\d*\.|/emoji/|/smil(?:ey|ies)/|//s\.w\.org/|feedburner\.com/~|/pixel\b|doubleclick"
    r"|//feeds\.wordpress\.com|//pixel\.|//stats?\.|/tracking/|/counter|/badges?/|shields\.io|/buttons?/|/share[-_/]|\.svg(?:$|\?)",
    re.IGNORECASE,
)


def choose(entry: Entry, context: Context) -> Entry:
    """The step."""
    if entry.image or ("<img" not in entry.html and "<img" not in entry.summary):
        return entry
    image = first_picture(entry.html) or first_picture(entry.summary)
    return replace(entry, image=image) if image else entry


def first_picture(html: str) -> str | None:
    """The first image of sanitised HTML that could stand for all of it."""
    for image in _IMG.finditer(html):
        attributes: dict[str, str] = dict(_ATTRIBUTE.findall(image[1]))
        address = attributes.get("src", "").replace("&amp;", "&")
        if address and not _UNFIT.search(address) and not _is_small(attributes):
            return address
    return None


def _is_small(attributes: dict[str, str]) -> bool:
    sizes = (attributes.get("width", ""), attributes.get("height", ""))
    return any(size.isdigit() and int(size) < _SMALLEST for size in sizes)
