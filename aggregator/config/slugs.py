"""The slug of a category: how its path stands in addresses, file names and the database. Part of the public interface.

Lower case, letters and digits of every script kept, everything else a `-`, and `/` between the names. A name that would
leave nothing over is refused, so that no slug can mean a parent folder or an empty address.
"""

import re
import unicodedata

LONGEST_BYTES = 200
RESERVED = frozenset({"all", "top", "search"})  # they have feeds and pages of their own

_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


def parts(name: str) -> tuple[str, ...]:
    """The names on a path that is written with `/`.

    raises  ValueError, where one of them is empty or would mean something else in an address
    """
    names = tuple(part.strip() for part in name.split("/"))
    for part in names:
        if not _slug(part):
            raise ValueError("every name on the path needs a letter or a digit")
        if _ESCAPED.search(part) or not part.isprintable():
            raise ValueError("write the characters themselves, not their codes")
    return names


def slug(path: tuple[str, ...]) -> str:
    """The slug of a path.

    raises  ValueError, where it would be too long or is taken by one of our own addresses
    """
    text = "/".join(_slug(name) for name in path)
    if len(text.encode()) > LONGEST_BYTES:
        raise ValueError(f"its slug would have {len(text.encode())} bytes; at most {LONGEST_BYTES} fit")
    if text in RESERVED:
        raise ValueError(f"`{text}` is an address of our own ({', '.join(sorted(RESERVED))}); choose another name")
    return text


def _slug(name: str) -> str:
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())
    # Marks are parts of letters: without them Hindi, Thai and vocalised Arabic fall apart.
    kept = ("".join(c if unicodedata.category(c)[0] in "LNM" else "-" for c in lowered)).split("-")
    return "-".join(filter(None, kept))
