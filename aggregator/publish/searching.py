"""What a search finds, as a feed: the newest stories of a category that have all that was looked for.

Made anew for every request, within bounds (`store.search`): there are as many searches as people have words, and a CDN
may keep each for as long as any feed. What was found last is kept for when the database cannot be read.
"""

from datetime import UTC, datetime
from urllib.parse import quote

from sqlalchemy import Engine

from aggregator.config.settings import CategorySettings, Settings
from aggregator.publish.rendition import Rendition, rendition_of
from aggregator.publish.selection import ALL, Catalogue, feed_address, listed_feed
from aggregator.publish.shelf import Shelf
from aggregator.store import search, views
from aggregator.store.engine import reading
from feeds.html import without_forbidden
from feeds.render import FORMATS
from feeds.terms import LONGEST_QUERY, asked

SEARCH = "search"
KEPT_BYTES = 8 * 2**20
NEVER = datetime.fromtimestamp(0, UTC)  # when a feed in which nothing ever was has changed


def written_query(query: str) -> str:
    """What somebody looks for, as titles and addresses have it: single spaces, only as much as is looked at."""
    return " ".join(without_forbidden(query[:LONGEST_QUERY].encode("utf-8", "ignore").decode()).split())


class SearchFeeds:
    """Gives the feed of a search."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._catalogue = Catalogue(settings)
        self._kept: Shelf[tuple[str, str, str, int | None]] = Shelf(KEPT_BYTES)

    def get(self, slug: str, format_: str, query: str, limit: int | None = None) -> Rendition | None:
        """The newest stories of a category, or of all under `SEARCH`; None if there is no such category or format.

        raises  Unavailable
        """
        category = self._catalogue.category(ALL if slug == SEARCH else slug)
        if category is None or format_ not in FORMATS:
            return None
        query = written_query(query)
        return self._kept.made((slug, format_, query, limit), lambda: self._find(slug, category, format_, query, limit))

    def _find(self, slug: str, category: CategorySettings, format_: str, query: str, limit: int | None) -> Rendition:
        with reading(self._engine) as connection:
            ids = search.newest(connection, asked(query), category.slug, limit or category.limit)
            stories = views.by_ids(connection, ids)
        asked_for = f"?q={quote(query, safe='')}" + (f"&limit={limit}" if limit else "")
        where = "" if category.slug == ALL else f" in {category.title}"
        feed = listed_feed(
            self._catalogue,
            stories,
            title=f"{query or 'Nothing'}{where} · {self._catalogue.site.title}",
            url=feed_address(self._catalogue, slug, format_) + asked_for,
            link=f"{str(self._catalogue.site.url).rstrip('/')}/search?q={quote(query, safe='')}",
            description=f"What is new about {query or 'nothing'}{where} on {self._catalogue.site.title}",
            changed_at=NEVER,
        )
        modified = feed.updated if stories else None
        return rendition_of(FORMATS[format_].render(feed), FORMATS[format_].content_type, last_modified=modified)
