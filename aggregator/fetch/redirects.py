"""Where redirects lead, and whether we go there. Pure; each new place is judged by the guard before it is contacted.

Only a way that is permanent all along says that a source has moved: one temporary step, and it has not.
"""

from dataclasses import dataclass

from aggregator.errors import FetchError
from aggregator.fetch.address import Address, resolve
from aggregator.fetch.hints import Headers
from aggregator.outcome import Reason

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Trail:
    """The way so far: where we are, where we were before, and whether all steps were permanent."""

    here: Address
    before: tuple[str, ...] = ()
    permanent: bool = True

    @property
    def moved_to(self) -> str | None:
        """The address that a source should have from now on; None if nothing says that it should change."""
        return self.here.url if self.before and self.permanent else None

    def follow(self, status: int, headers: Headers) -> "Trail":
        """One step further. FetchError where we do not go."""
        locations = set(headers.getall("Location", ()))
        if len(locations) != 1:
            raise _error(status, f"the redirect names {len(locations) or 'no'} places")
        try:
            there = resolve(self.here, locations.pop())
        except ValueError as error:
            raise _error(status, f"the redirect leads nowhere: {error}") from error
        before = (*self.before, self.here.url)
        if there.url in before:
            raise _error(status, "the redirects go in a circle")
        if len(before) > MAX_REDIRECTS:
            raise _error(status, f"more than {MAX_REDIRECTS} redirects")
        if (self.here.scheme, there.scheme) == ("https", "http"):
            raise _error(status, f"the redirect leads from https to {there.url[:200]}, where anyone may listen")
        return Trail(there, before, self.permanent and status in PERMANENT)


def _error(status: int, detail: str) -> FetchError:
    return FetchError(Reason.REDIRECT, detail, status=status)
