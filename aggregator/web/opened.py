"""A feed that somebody opens in a browser: the page of the same stories, which says what a feed is for.

Browsers show no feeds: Chromium makes plain text of them, whatever style sheet they name, others offer a download
(docs/decisions/0021). Who opens a page says so (`Sec-Fetch-Dest: document`); no feed reader does, nor a browser that
fetches a feed for a script or an extension. So readers get what they always get. No cache keeps the page, for at this
address readers want the feed; and `Vary` tells caches that there are two.
"""

from flask import Flask, Response, request
from sqlalchemy import Engine

from aggregator.publish.selection import Catalogue
from aggregator.publish.top import WINDOWS
from aggregator.web.links import Links
from aggregator.web.pages import NOT_KEPT, category_page
from aggregator.web.responses import IN_A_BROWSER, VARY, Answer
from feeds.render import FORMATS

FEEDS = "/feeds/"


def show_to_browsers(app: Flask, catalogue: Catalogue, engine: Engine, links: Links) -> None:
    """Make the app show a page where a browser opens a feed. After the guard: who may not read sees neither."""

    @app.before_request
    def shown() -> Response | None:
        if request.headers.get("Sec-Fetch-Dest") != IN_A_BROWSER or not request.path.startswith(FEEDS):
            return None
        if request.method not in ("GET", "HEAD"):
            return None
        slug, _, format_ = request.path.removeprefix(FEEDS).rpartition(".")
        query = request.args.get("q")
        if format_ not in FORMATS:
            return None
        if query is not None:
            return _lead_to(links.search(query))
        if slug in WINDOWS:
            return _lead_to(links.top(slug))
        return category_page(catalogue, engine, slug, feed=format_) if catalogue.category(slug) else None


def _lead_to(link: str) -> Response:
    """A page of ours has these stories already."""
    return Answer(status=303, headers={"Location": link, "Cache-Control": NOT_KEPT, "Vary": VARY})
