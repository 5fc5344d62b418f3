"""The `srcset` attribute (HTML Living Standard §4.8.4.2.1): addresses with descriptors, parted by commas.

Addresses may hold commas themselves, as those of image CDNs do: only a comma at the end of a word, or after a
descriptor, parts two candidates. That is why this cannot be `split(",")`.
"""

import re
from dataclasses import dataclass

from feeds.regex import regex

MAX_CANDIDATES = 20  # no page needs more, and a hostile one has 500 (case P13)
_LONGEST = 32 * 1024
_LONGEST_ORDINARY = 8 * 1024

_ADDRESS = regex(r"[\s,]*(\S+)")
_REST = regex(r"([^,(]*)(?:\([^)]*\)?)?[^,]*,?")
_EDGE = regex(r"^,|,$")
# What CMSs write: whole addresses of public hosts in which nothing needs doing (as `urls.resolve` sees it), each with a
# descriptor. Nine sets in ten; one look instead of taking them apart saves 9 of 12 µs.
_ORDINARY = regex(
    r"(?:https?://[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?!local|internal/|lan/|arpa/)[a-z]{2,}/"
    r"[A-Za-z0-9._~!$'*+,;=:@/&?%-]*(?<!,) (?:\d{1,5}w|\d\d?x)"
    r"(?:, (?=h)|$)){1,20}"
)
_DESCRIPTOR = regex(r"\d{1,5}w|\d{1,2}(?:\.\d{1,3})?x", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One image of the set. `descriptor` is such as `2x` or `640w`, or ""."""

    url: str
    descriptor: str = ""

    @property
    def size(self) -> float:
        """To compare candidates of one set with."""
        return float(self.descriptor[:-1]) if self.descriptor else 1.0


def parse(written: str) -> tuple[Candidate, ...]:
    """The candidates of an attribute; those whose descriptor is none are left out."""
    found: list[Candidate] = []
    at, written = 0, written[:_LONGEST]
    while len(found) < MAX_CANDIDATES and (address := _ADDRESS.match(written, at)):
        url, at, descriptor = address[1].rstrip(","), address.end(), ""
        if url == address[1]:  # no comma yet, so a descriptor may follow
            rest = _REST.match(written, at)
            descriptor, at = (rest[1].strip().lower(), rest.end()) if rest else ("", at)
        if url and (not descriptor or _DESCRIPTOR.fullmatch(descriptor)):
            found.append(Candidate(url=url, descriptor=descriptor))
    return tuple(found)


def is_ordinary(written: str) -> bool:
    """Whether an attribute is well-formed, absolute and short, so that reading and writing it changes nothing."""
    return len(written) <= _LONGEST_ORDINARY and _ORDINARY.fullmatch(written) is not None


def write(candidates: tuple[Candidate, ...]) -> str:
    """The attribute again, with every comma at the edge of an address encoded: it would part candidates."""
    return ", ".join(f"{_EDGE.sub('%2C', one.url)} {one.descriptor}".rstrip() for one in candidates)
