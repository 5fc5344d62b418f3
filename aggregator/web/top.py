"""`/top` and `/top/week`: what most publishers carry, as pages; `/feeds/top.atom` and others: the same as feeds."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy import Engine

from aggregator.publish.selection import Catalogue
from aggregator.publish.top import WINDOWS, TopFeeds, heaviest
from aggregator.store.engine import reading
from aggregator.web.feeds import CACHE_CONTROL
from aggregator.web.responses import WITH_IMAGES, Page, represent
from aggregator.web.river import item


def tops(catalogue: Catalogue, engine: Engine, feeds: TopFeeds, clock: Callable[[], datetime]) -> Blueprint:
    """The routes of what most publishers carry."""
    routes = Blueprint("top", __name__)

    @routes.get("/top", defaults={"slug": "top"})
    @routes.get("/top/week", defaults={"slug": "top/week"})
    def page(slug: str) -> Response:
        with reading(engine) as connection:
            found = heaviest(connection, WINDOWS[slug], clock())
        html = render_template(
            "top.html",
            window=WINDOWS[slug],
            windows=WINDOWS.values(),
            items=[(weighed, item(catalogue, story)) for weighed, story in found],
        )
        answer = represent(request, Page(body=html.encode()), cache_control=CACHE_CONTROL)
        answer.headers["Content-Security-Policy"] = WITH_IMAGES
        return answer

    @routes.get("/feeds/top.<format_>", defaults={"slug": "top"})
    @routes.get("/feeds/top/week.<format_>", defaults={"slug": "top/week"})
    def feed(slug: str, format_: str) -> Response:
        rendition = feeds.get(WINDOWS[slug], format_, clock())
        if rendition is None:
            abort(404)
        return represent(request, rendition, cache_control=CACHE_CONTROL)

    return routes
