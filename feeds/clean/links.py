"""An entry's own addresses: absolute, without trackers, and nothing but http and https.

`javascript:` and its disguises, `data:`, and what cannot be an address become None; the entry stays. Addresses inside
the text are `sanitize`'s.
"""

from dataclasses import replace

from feeds.clean.context import Context
from feeds.model import Enclosure, Entry, Person
from feeds.urls import resolve, strip_tracking


def mend(entry: Entry, context: Context) -> Entry:
    """The step. Enclosures and authors of whom nothing is left are left out."""
    base = context.base
    return replace(
        entry,
        url=page(base, entry.url),
        image=resolve(base, entry.image) if entry.image else None,
        enclosures=tuple(filter(None, (_enclosure(base, one) for one in entry.enclosures))),
        authors=tuple(filter(None, (_person(base, one) for one in entry.authors))),
    )


def page(base: str, address: str | None) -> str | None:
    """The address of a page: absolute, without what says where the reader came from."""
    absolute = resolve(base, address) if address else None
    return strip_tracking(absolute) if absolute else None


def _enclosure(base: str, enclosure: Enclosure) -> Enclosure | None:
    """Its parameters stay: media hosts count with them, and some refuse without."""
    url = resolve(base, enclosure.url)
    return replace(enclosure, url=url) if url else None


def _person(base: str, person: Person) -> Person | None:
    url = page(base, person.url)
    return replace(person, url=url) if person.name or person.email or url else None
