"""Lists of subscriptions that other readers can import: what we publish, and what config.yaml subscribes to.

Categories become folders. Sources' addresses stand as the file writes them, secrets by name. What no other reader could
fetch (a file, a route without an instance) is named apart.
"""

from collections.abc import Callable

from aggregator.config.redaction import shown_address
from aggregator.config.settings import Settings, SourceSettings
from aggregator.publish.selection import ALL, Catalogue, feed_address, page_address
from feeds.kinds import KINDS
from feeds.opml import Outline, Subscription

FORMAT = "atom"  # of the feeds in our lists: the one that can say everything


def published_outline(catalogue: Catalogue, slug: str = ALL, *, address: Callable[[str], str] | None = None) -> Outline:
    """The feeds of a category and of all below it, in the order of the file; each in the folder of what it is below.

    address  where readers subscribe to a slug's feed, if that is not its plain public address
    """
    top = catalogue.category(slug)
    assert top is not None  # the caller has looked
    below = [one for one in catalogue.categories if one.path[: len(top.path)] == top.path and one is not top]
    title = top.title if slug == ALL else f"{top.title} · {catalogue.site.title}"
    return Outline(
        title=title,
        subscriptions=tuple(
            Subscription(
                url=address(one.slug) if address else feed_address(catalogue, one.slug, FORMAT),
                title=one.title,
                link=page_address(catalogue, one),
                path=one.path[:-1],
            )
            for one in (top, *below)
        ),
    )


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
