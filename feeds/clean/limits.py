"""Bounds on an entry's HTML, before anything that parses it: parsers are quadratic on what is hostile enough."""

from dataclasses import replace

from feeds.clean.context import Context
from feeds.html import MAX_DEPTH, MAX_TAG, bounded
from feeds.model import Entry


def fit(entry: Entry, context: Context) -> Entry:
    """The step: texts cut to `feeds.html.MAX_HTML`, and flat where they are nested beyond `MAX_DEPTH`."""
    if len(entry.html) <= min(MAX_TAG, MAX_DEPTH) and len(entry.summary) <= min(MAX_TAG, MAX_DEPTH):
        return entry
    html, summary = bounded(entry.html), bounded(entry.summary)
    return entry if (html, summary) == (entry.html, entry.summary) else replace(entry, html=html, summary=summary)
