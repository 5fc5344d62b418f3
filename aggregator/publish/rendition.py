"""One document in one format as it is served: its bytes, packed, and what HTTP says of them.

Who keeps it, and for how long, is for `shelf` and its owners.
"""

from dataclasses import dataclass, field
from datetime import datetime

from xxhash import xxh3_128_hexdigest

from aggregator.publish.packing import CODINGS, ONCE, pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One document in one format. Packed when somebody first wants that, and once.

    etag           strong and quoted, over the bytes before they are packed
    last_modified  to the second; None where nobody knows
    """

    body: bytes
    content_type: str
    etag: str
    last_modified: datetime | None
    revision: int = 0
    _packed: dict[str, bytes | None] = field(default_factory=dict, init=False, compare=False, repr=False)

    def packed(self, coding: str) -> bytes | None:
        """The bytes in a content coding; None where it does not exist in that, or is too short to gain anything."""
        if coding in CODINGS and coding not in self._packed:
            self._packed[coding] = pack(self.body, coding, ONCE)
        return self._packed.get(coding)

    @property
    def size(self) -> int:
        """What it takes in memory at the most, in bytes: packed in both codings it is shorter than as it is."""
        return 2 * len(self.body)


def rendition_of(
    body: bytes, content_type: str, *, last_modified: datetime | None = None, revision: int = 0
) -> Rendition:
    """The rendition of a document."""
    return Rendition(
        body=body,
        content_type=content_type,
        etag=f'"{xxh3_128_hexdigest(body)}"',
        last_modified=last_modified and last_modified.replace(microsecond=0),
        revision=revision,
    )
