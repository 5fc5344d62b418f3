"""What a step knows beside the entry: the feed's address and the user's rules. Nothing of the world, and no clock."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds.clean.rules import Rules
from feeds.model import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """base: the feed's address, or "" if unknown."""

    base: str
    rules: Rules

    def base_of(self, entry: Entry) -> str:
        """What relative links in an entry's text are relative to.

        The page of the entry, as authors of `#note` and `figure.png` mean it; but the feed, where the entry is about
        somebody else's page, as in a link blog. (Markup with an `xml:base` was made absolute when it was parsed.)
        """
        if entry.url and (not self.base or _site(entry.url) == _site(self.base)):
            return entry.url
        return self.base


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("feeds.")
