"""Whether two sightings are the same story, and why. Pure, symmetric, conservative.

Two items of one source with different guids are two things, whatever else agrees: their publisher says so.
"""

from datetime import timedelta
from enum import StrEnum

from aggregator.store.stories import Sighting

TITLE_WINDOW = timedelta(days=2)  # news travels in hours; a weekly column returns under its title after seven days


class Evidence(StrEnum):
    """Why a sighting belongs to its story; stored with it, and shown to people."""

    FOUNDER = "founder"  # it was the first
    URL = "url"  # the same canonical address
    TITLE = "title"  # the same normalised title, at about the same time
    ECHO = "echo"  # it is the story itself, come back from a feed that we published


def same_story(one: Sighting, other: Sighting, *, window: timedelta) -> Evidence | None:
    """The evidence that both are the same story; None where there is not enough.

    window  how far apart the two may have been first seen
    """
    if one.source_id == other.source_id or abs(one.first_seen_at - other.first_seen_at) > window:
        return None
    if one.url_key is not None and one.url_key == other.url_key:
        return Evidence.URL
    if one.title_key is not None and one.title_key == other.title_key:
        return Evidence.TITLE if abs(one.placed - other.placed) <= TITLE_WINDOW else None
    return None
