"""Media RSS, which RSS and Atom both carry: the thumbnail, and media as `media:content`, never in a `media:group`.

The thumbnail is written twice, as `media:thumbnail` and as `media:content`, because readers look for one or the other.
Source: https://www.rssboard.org/media-rss (2009). A group would say that its members are the same thing in other forms.

Only here is said how long a recording lasts: `itunes:duration` would make the feed a podcast to the W3C validator,
which then wants its owner, rating and category (docs/decisions/0020). It must stand before the enclosure: AntennaPod
takes the recording from whichever comes first, and the duration from `media:content` alone.
"""

from collections.abc import Iterable
from typing import Any

from lxml.etree import SubElement

from feeds.model import Enclosure, Entry

NAMESPACE = "http://search.yahoo.com/mrss/"
_CONTENT, _THUMBNAIL = f"{{{NAMESPACE}}}content", f"{{{NAMESPACE}}}thumbnail"
_MEDIA = ("image", "audio", "video")  # those of the specification's values for `medium` that a type can tell


def add_media(element: Any, entry: Entry, enclosures: Iterable[Enclosure]) -> None:
    """Adds the thumbnail, and the enclosures as `media:content`."""
    if entry.image:
        SubElement(element, _THUMBNAIL, url=entry.image)
    enclosures = tuple(enclosures)
    if entry.image and all(enclosure.url != entry.image for enclosure in enclosures):
        SubElement(element, _CONTENT, url=entry.image, medium="image")
    for enclosure in enclosures:
        _add_content(element, enclosure)


def _add_content(element: Any, enclosure: Enclosure) -> None:
    content = SubElement(element, _CONTENT, url=enclosure.url)
    if enclosure.type:
        content.set("type", enclosure.type)
        medium = enclosure.type.partition("/")[0]
        if medium in _MEDIA:
            content.set("medium", medium)
    if enclosure.length:
        content.set("fileSize", str(enclosure.length))
    if enclosure.duration:
        content.set("duration", str(round(enclosure.duration)))
