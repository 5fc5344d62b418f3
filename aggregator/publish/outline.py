"""What config.yaml subscribes to, as an outline that other readers can import: categories become folders.

Addresses stand as the file writes them, secrets by name. What no other reader could fetch (a file, a route without an
instance) is named apart.
"""

from aggregator.config.settings import Settings, SourceSettings
from aggregator.publish.redaction import shown_address
from feeds.kinds import KINDS
from feeds.opml import Outline, Subscription


def outline_of(settings: Settings) -> tuple[Outline, tuple[str, ...]]:
    """(the outline, the addresses of the sources that have no place in it), in the order of the file."""
    paths = {category.slug: category.path for category in settings.categories}
    subscriptions: list[Subscription] = []
    left_out: list[str] = []
    for source in settings.sources:
        address = _public_address(source, settings)
        if address is None:
            left_out.append(shown_address(source.address, source))
            continue
        subscriptions += [
            Subscription(url=address, title=source.name or "", path=paths[slug]) for slug in source.categories
        ]
    return Outline(title=settings.site.title, subscriptions=tuple(subscriptions)), tuple(left_out)


def _public_address(source: SourceSettings, settings: Settings) -> str | None:
    """Where anybody could subscribe to a source; None if nobody else can."""
    if KINDS[source.kind].options:
        return None  # what we make a feed of is none to anybody else
    if source.kind != "feed":
        places = KINDS[source.kind].locate(source.address, settings.rsshub.instances)
        return next((place for place in places if place.startswith(("http://", "https://"))), None)
    return shown_address(source.address, source)
