"""An entry's own addresses: absolute, without trackers, and nothing but http and https.

`javascript:` and its disguises, `data:`, and what cannot be an address become None; the entry stays. Addresses inside
the text are `sanitize`'s.
"""

from dataclasses import replace
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from feeds.clean.context import Context
from feeds.model import Enclosure, Entry, Person
from feeds.regex import regex
from feeds.urls import resolve, strip_tracking

# Hosts that nobody outside can mean: without a dot, of names kept for inside (RFC 6761, 6762, 8375; ICANN's .internal),
# and all that are numbers, which are looked at more closely.
_MAYBE_INSIDE = regex(
    r"https?://(?:\[|[^/?#:.]+\.?(?:[/?#:]|$)|[^/?#:]*\.(?:local|localhost|internal|lan|home\.arpa|[0-9][0-9a-fx]*)\.?(?:[/?#:]|$))"
)


def mend(entry: Entry, context: Context) -> Entry:
    """The step. Enclosures and authors of whom nothing is left are left out."""
    base = context.base
    url, image = page(base, entry.url), picture(base, entry.image) if entry.image else None
    enclosures = tuple(filter(None, (_enclosure(base, one) for one in entry.enclosures)))
    authors = tuple(filter(None, (_person(base, one) for one in entry.authors)))
    if (url, image, enclosures, authors) == (entry.url, entry.image, entry.enclosures, entry.authors):
        return entry  # most often: to make an equal one takes 5 µs
    return replace(entry, url=url, image=image, enclosures=enclosures, authors=authors)


def page(base: str, address: str | None) -> str | None:
    """The address of a page: absolute, without what says where the reader came from."""
    absolute = resolve(base, address) if address else None
    return strip_tracking(absolute) if absolute else None


def picture(base: str, address: str) -> str | None:
    """The address of a file that is loaded unasked: absolute, and none of the reader's own network.

    `<img src="http://192.168.0.1/reboot">` asks the reader's router, not the source. A source that is inside itself may
    have its pictures there.
    """
    absolute = resolve(base, address)
    if absolute and _MAYBE_INSIDE.match(absolute) and is_inside(absolute) and not is_inside(base):
        return None
    return absolute


def is_inside(url: str) -> bool:
    """Whether an absolute address names a machine of a private network by itself, whatever a resolver would say."""
    if not _MAYBE_INSIDE.match(url):
        return False
    try:
        address = ip_address(urlsplit(url).hostname or "")
    except ValueError:  # a name; or a number that is no dotted quad, as only those write it who hide something
        return True
    embedded = isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour or address.teredo)
    return bool(embedded) or not address.is_global


def _enclosure(base: str, enclosure: Enclosure) -> Enclosure | None:
    """Its parameters stay: media hosts count with them, and some refuse without. Podcast players load it unasked."""
    url = picture(base, enclosure.url)
    return replace(enclosure, url=url) if url else None


def _person(base: str, person: Person) -> Person | None:
    url = page(base, person.url)
    return replace(person, url=url) if person.name or person.email or url else None
