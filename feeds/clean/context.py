"""What a step knows beside the entry: the feed's address, the user's rules, and the time as somebody told it."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from feeds.clean.rules import Rules
from feeds.model import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is the same for all entries of a feed.

    base  the feed's address, or "" if unknown
    now   aware; for rules by age; None if they are not to count
    """

    base: str
    rules: Rules
    now: datetime | None = None

    def base_of(self, entry: Entry) -> str:
        """What relative links in an entry's text are relative to.

        The page of the entry, as authors of `#note` and `figure.png` mean it; but the feed, where the entry is about
        somebody else's page, as in a link blog. (Markup with an `xml:base` was made absolute when it was parsed.)
        """
        if entry.url and (not self.base or _site(entry.url) == _site(self.base)):
            return entry.url
        return self.base


@lru_cache(maxsize=64)  # a feed's own is asked for with each of its entries: 4 µs
def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("feeds.")
