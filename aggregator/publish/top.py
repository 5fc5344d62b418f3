"""What most publishers carry: the order of the stories, as values and as a feed.

A story weighs the sum, over the publishers that carry it, of 2^(t/h): t is when each first did, h half of the window.
So ten that carried it half a window ago weigh as much as five that do so now. That is forward decay (Cormode,
Shkapenyuk, Srivastava, Xu: "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009): weights are
measured from a fixed instant and never change, so the order of two stories does not depend on when somebody looks. What
it depends on is what the window still holds; its begin is cut to ten minutes, so that bytes stay.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log2

from sqlalchemy import Connection, Engine

from aggregator.config.settings import Settings
from aggregator.publish.rendition import Rendition, rendition_of
from aggregator.publish.selection import Catalogue, feed_address, listed_feed
from aggregator.publish.shelf import Shelf
from aggregator.store import top, views
from aggregator.store.engine import reading
from aggregator.store.top import Carried
from aggregator.store.views import Story
from feeds.render import FORMATS

BUCKET = timedelta(minutes=10)
FEWEST = 2  # publishers; what one has is no news of many
SHOWN = 50
KEPT_BYTES = 8 * 2**20
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """How far back is looked. `slug` stands in addresses."""

    slug: str
    title: str
    length: timedelta


WINDOWS = {
    window.slug: window
    for window in (
        Window("top", "the last 24 hours", timedelta(hours=24)),
        Window("top/week", "the last 7 days", timedelta(days=7)),
    )
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A story, and how many publishers and sources carry it in the window; `weight` is a logarithm."""

    story_id: int
    publishers: int
    sources: int
    weight: float


def weighed(carried: Iterable[Carried], half: timedelta) -> tuple[Weighed, ...]:
    """The stories that `FEWEST` publishers carry or more, the heaviest first."""
    stories: defaultdict[int, dict[str, datetime]] = defaultdict(dict)
    sources: defaultdict[int, set[int]] = defaultdict(set)
    published = {}
    for one in carried:
        first = stories[one.story_id].setdefault(one.publisher, one.at)
        stories[one.story_id][one.publisher] = min(first, one.at)
        sources[one.story_id].add(one.source_id)
        published[one.story_id] = one.published
    found = (
        Weighed(story_id, len(firsts), len(sources[story_id]), _weight(firsts.values(), half))
        for story_id, firsts in stories.items()
        if len(firsts) >= FEWEST
    )
    order = sorted(found, key=lambda one: (one.weight, one.sources, published[one.story_id], one.story_id))
    return tuple(reversed(order))


def _weight(firsts: Iterable[datetime], half: timedelta) -> float:
    """The binary logarithm of the sum, taken relative to the latest, for the sum itself is beyond any float."""
    powers = [(first - EPOCH) / half for first in firsts]
    latest = max(powers)
    return round(latest + log2(sum(2 ** (power - latest) for power in powers)), 9)


def heaviest(connection: Connection, window: Window, now: datetime) -> list[tuple[Weighed, Story]]:
    """The stories that most publishers carry, at most `SHOWN`, the heaviest first."""
    begin = EPOCH + (now - window.length - EPOCH) // BUCKET * BUCKET
    order = weighed(top.carried(connection, begin), window.length / 2)[:SHOWN]
    stories = {story.id: story for story in views.by_ids(connection, [one.story_id for one in order])}
    return [(one, stories[one.story_id]) for one in order if one.story_id in stories]


class TopFeeds:
    """Gives the feeds of what most publishers carry.

    Made anew for each request, from an index of what was merged; the last ones are kept for when the database cannot be
    read.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._catalogue = Catalogue(settings)
        self._kept: Shelf[tuple[str, str]] = Shelf(KEPT_BYTES)

    def get(self, window: Window, format_: str, now: datetime) -> Rendition | None:
        """The feed; None if there is no such format.

        raises  Unavailable
        """
        if format_ not in FORMATS:
            return None
        return self._kept.made((window.slug, format_), lambda: self._weigh(window, format_, now))

    def _weigh(self, window: Window, format_: str, now: datetime) -> Rendition:
        with reading(self._engine) as connection:
            stories = [story for _, story in heaviest(connection, window, now)]
        site = self._catalogue.site
        feed = listed_feed(
            self._catalogue,
            stories,
            title=f"Top of {window.title} · {site.title}",
            url=feed_address(self._catalogue, window.slug, format_),
            link=f"{str(site.url).rstrip('/')}/{window.slug}",
            description=f"What most publishers carry, of {window.title}",
            changed_at=EPOCH,
        )
        modified = feed.updated if stories else None
        return rendition_of(FORMATS[format_].render(feed), FORMATS[format_].content_type, last_modified=modified)
