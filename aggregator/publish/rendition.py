"""One document in one format as it is served: its bytes, packed, and what HTTP says of them.

A value. Who keeps it, and for how long, is for `shelf` and its owners.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from xxhash import xxh3_128_hexdigest

from aggregator.publish.packing import CODINGS, ONCE, pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One document in one format.

    etag           strong and quoted, over the bytes before they are packed
    last_modified  to the second; None where nobody knows
    by_coding      the packed bytes, by `packing.CODINGS`; none where it is too short to gain anything
    """

    body: bytes
    content_type: str
    etag: str
    last_modified: datetime | None
    by_coding: Mapping[str, bytes]
    revision: int = 0

    def packed(self, coding: str) -> bytes | None:
        """The bytes in a content coding; None where it does not exist in that."""
        return self.by_coding.get(coding)

    @property
    def size(self) -> int:
        """What it takes in memory, in bytes."""
        return len(self.body) + sum(map(len, self.by_coding.values()))


def rendition_of(
    body: bytes, content_type: str, *, last_modified: datetime | None = None, revision: int = 0
) -> Rendition:
    """The rendition of a document, packed."""
    packed = {coding: bytes_ for coding in CODINGS if (bytes_ := pack(body, coding, ONCE)) is not None}
    return Rendition(
        body=body,
        content_type=content_type,
        etag=f'"{xxh3_128_hexdigest(body)}"',
        last_modified=last_modified and last_modified.replace(microsecond=0),
        by_coding=packed,
        revision=revision,
    )
