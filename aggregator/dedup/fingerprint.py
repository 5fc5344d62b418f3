"""What merging compares of an entry, as keys that an index can find. Pure.

A key is None where it would prove nothing: a link to a home page, a title too short to be anybody's in particular.
"""

import re
import unicodedata
from urllib.parse import urlsplit

from xxhash import xxh3_64_intdigest

from aggregator.store.sightings import Fingerprint
from feeds.html import UNSPACED, text_of, word_count
from feeds.model import Entry
from feeds.urls import canonicalise

# A title of four words such as "Links for Monday morning" may still be anybody's; chosen on the safe side, and the two
# days within which titles must agree (match.TITLE_WINDOW) do the rest.
TITLE_MIN_WORDS = 4
TITLE_MIN_LETTERS = 20
TITLE_MIN_IDEOGRAPHS = 10  # scripts that write no spaces say more with a character

_NOT_WORD = re.compile(r"[\W_]+")


def fingerprint(entry: Entry) -> Fingerprint:
    """The keys and the length of an entry."""
    return Fingerprint(
        url_key=url_key(entry.url), title_key=title_key(entry.title), words=word_count(text_of(entry.html))
    )


def url_key(url: str | None) -> int | None:
    """Equal for addresses that lead to one article; None for no address, or a site's front page."""
    if not url:
        return None
    canonical = canonicalise(url)
    parts = urlsplit(canonical)
    if parts.path in ("", "/") and not parts.query:
        return None
    return _key(canonical)


def title_key(title: str) -> int | None:
    """Equal for titles that differ in case, width, punctuation and spacing; None where the title is too short."""
    normal = normalise_title(title)
    ideographs = len(UNSPACED.findall(normal))
    long_enough = ideographs >= TITLE_MIN_IDEOGRAPHS or (
        len(normal.split()) >= TITLE_MIN_WORDS and len(normal) >= TITLE_MIN_LETTERS
    )
    return _key(normal) if long_enough else None


def normalise_title(title: str) -> str:
    """NFKC, case folded, punctuation and spacing reduced to single spaces. Idempotent."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())).strip()


def _key(text: str) -> int:
    """64 bits, signed as databases have them."""
    return xxh3_64_intdigest(text.encode()) - 2**63
