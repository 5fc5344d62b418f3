"""Letters that were read with the wrong encoding at the source, put right before anything looks at them."""

from dataclasses import replace

from feeds.clean.context import Context
from feeds.misread import reread
from feeds.model import Entry


def reread_all(entry: Entry, context: Context) -> Entry:
    """The step: the title, the texts, the tags and the authors' names."""
    mended = replace(
        entry,
        title=reread(entry.title),
        html=reread(entry.html),
        summary=reread(entry.summary),
        tags=tuple(map(reread, entry.tags)),
        authors=tuple(replace(one, name=one.name and reread(one.name)) for one in entry.authors),
    )
    return entry if mended == entry else mended
