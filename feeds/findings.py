"""What is found out about an entry once it is clean, where documents are read: on all cores, and in processes apart.

Beside the entry, which is what its source says. All of it can be found out again.
"""

from dataclasses import dataclass

from feeds.clean import images
from feeds.fingerprint import Fingerprint, fingerprint
from feeds.model import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is found out about an entry.

    fingerprint        what merging and recognising compare
    unresolved_images  how many of its images show nothing
    """

    fingerprint: Fingerprint
    unresolved_images: int = 0


def find_out(entry: Entry, *, site: str = "") -> Findings:
    """The findings of a cleaned entry; `site` is what its feed calls itself."""
    return Findings(fingerprint=fingerprint(entry, site=site), unresolved_images=images.unresolved(entry.html))
