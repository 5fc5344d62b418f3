"""Letters that were read with the wrong encoding at the source, put right before anything looks at them."""

from dataclasses import replace

from feeds.clean.context import Context
from feeds.misread import reread
from feeds.model import Entry


def reread_all(entry: Entry, context: Context) -> Entry:
    """The step: the title, the texts, the tags and the authors' names."""
    title, html, summary = reread(entry.title), reread(entry.html), reread(entry.summary)
    tags, names = tuple(map(reread, entry.tags)), [one.name and reread(one.name) for one in entry.authors]
    if (title, html, summary, tags) == (entry.title, entry.html, entry.summary, entry.tags) and all(
        name == one.name for name, one in zip(names, entry.authors, strict=True)
    ):
        return entry  # nearly always: to make an equal one takes 7 µs
    authors = tuple(replace(one, name=name) for name, one in zip(names, entry.authors, strict=True))
    return replace(entry, title=title, html=html, summary=summary, tags=tags, authors=authors)
