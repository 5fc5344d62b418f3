"""What RSS and Atom say alike of a feed as a whole, and feedgen does not: how often it changes, and where the rest is.

The places are RFC 5005's: a client that has been away follows `prev-archive` until it knows what it sees. Every archive
but a lone one says that it is one (the W3C validator wants an archive to have a neighbour). How often a feed changes is
said in the words of https://web.resource.org/rss/1.0/modules/syndication/: so many times in a period.
"""

from datetime import timedelta
from typing import Any

from lxml.etree import SubElement

from feeds.model import Feed, Rhythm

NAMESPACES = {
    "fh": "http://purl.org/syndication/history/1.0",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
_FH, _SY = (f"{{{uri}}}" for uri in NAMESPACES.values())


def add_history(holder: Any, feed: Feed, *, link: str, media_type: str) -> None:
    """Adds the links to older and newer documents. `link` is the name of Atom's element, as this format has it."""
    history = feed.history
    if history.current and (history.previous or history.following):
        SubElement(holder, f"{_FH}archive")
    places = {
        "prev-archive": history.previous,
        "next": history.previous,  # what clients without RFC 5005 §4 understand: the next page of a list
        "next-archive": history.following,
        "current": history.current,
    }
    for rel, href in places.items():
        if href:
            SubElement(holder, link, rel=rel, href=href, type=media_type)


def add_rhythm(holder: Any, rhythm: Rhythm) -> None:
    """Adds how often the feed changes."""
    if rhythm.interval:
        period = timedelta(hours=1) if rhythm.interval <= timedelta(hours=1) else timedelta(days=1)
        SubElement(holder, f"{_SY}updatePeriod").text = "hourly" if period == timedelta(hours=1) else "daily"
        SubElement(holder, f"{_SY}updateFrequency").text = str(max(1, round(period / rhythm.interval)))
