"""`Entry.image`: the one picture that stands for an entry in a list.

What the source names as its thumbnail wins. Else the first fit image of the text, after `sanitize`: only there is every
address absolute and every tag what it seems to be. It reads the text and leaves it alone.
"""

import re
from dataclasses import replace
from html import unescape

from feeds.clean.context import Context
from feeds.clean.placeholders import is_blank
from feeds.model import Entry
from feeds.regex import regex

# Exact after `sanitize`: there every value is quoted, and `<` and `>` in it are references.
_IMG = regex(r"<img([^<>]*)>")
_ATTRIBUTE = regex(r' (src|width|height)="([^"]*)"')
_SMALLEST = 49  # pixels; avatars and icons are 48 and less
# Avatars, emoji, counters, buttons, advertisements, as feeds are known to show them (November 2026).
_UNFIT = regex(
    r"gravatar\.com|/avatars?[/._-]|//avatars?\d*\.|/emoji/|/twemoji/|//twemoji\.|/smil(?:ey|ies)/|//s\.w\.org/|/emoticons?/"
    r"|feedburner\.com/~|/pixel\b|doubleclick|//feeds\.wordpress\.com|//pixel\.|//stats?\.|/tracking/|/counters?/|/counter\.(?:gif|php|png)|/badges?/"
    r"|shields\.io|/buttons?/|/share[-_/]|//ads?\d*\.|/ads?/|/adserver|/advert|/banners?/|googlesyndication"
    r"|amazon-adsystem|//ir-[a-z]{2}\.amazon|/sponsors?/|\.svg(?:$|\?)",
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
        address = unescape(attributes.get("src", ""))
        if address and not is_blank(address) and not _UNFIT.search(address) and not _is_small(attributes):
            return address
    return None


def _is_small(attributes: dict[str, str]) -> bool:
    sizes = (attributes.get("width", ""), attributes.get("height", ""))
    return any(size.isdigit() and int(size) < _SMALLEST for size in sizes)
