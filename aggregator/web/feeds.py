"""`/feeds/<slug>.<format>`: the published feeds, as the renditions keep them; `/feeds.opml` and others: lists of them.

For programs: where there is no feed, `failures` says so in a line of plain text; there is never an empty feed instead,
for readers would drop what they have.
"""

from functools import cache

from flask import Blueprint, Response, abort, request

from aggregator.config.settings import Settings
from aggregator.config.values import LARGEST_LIMIT
from aggregator.publish.outline import FORMAT, outline_of, published_outline
from aggregator.publish.rendition import Rendition, rendition_of
from aggregator.publish.renditions import Renditions
from aggregator.publish.searching import SEARCH, SearchFeeds
from aggregator.publish.selection import ALL, Catalogue
from aggregator.web.links import Links
from aggregator.web.responses import plain, represent
from feeds import opml
from feeds.opml import Outline

CACHE_CONTROL = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
OPML = "text/x-opml; charset=utf-8"


def feeds(renditions: Renditions, searches: SearchFeeds) -> Blueprint:
    """The routes of the published feeds."""
    routes = Blueprint("feeds", __name__)

    @routes.get("/feeds/<path:name>")
    def feed(name: str) -> Response:
        slug, _, format_ = name.rpartition(".")
        try:
            limit = read_limit(request.args.get("limit"))
        except ValueError as wrong:
            return plain(str(wrong), 400)
        query = request.args.get("q")
        if query is None and slug == SEARCH:
            return plain("Say what to look for: `?q=` and some words.", 400)
        if query is None:  # noqa: SIM108 - two questions, one line each
            rendition = renditions.get(slug, format_, limit)
        else:
            rendition = searches.get(slug, format_, query, limit)
        if rendition is None:
            abort(404)
        return represent(request, rendition, cache_control=CACHE_CONTROL)

    return routes


def lists(settings: Settings, catalogue: Catalogue, links: Links) -> Blueprint:
    """The routes of the lists of feeds, OPML: all that we publish, a part of it, and all that we read."""
    routes = Blueprint("lists", __name__)

    @cache  # there are as many as categories, and they change with config.yaml alone
    def published(slug: str) -> Rendition:
        return _written(published_outline(catalogue, slug, address=lambda one: links.whole(links.feed(one, FORMAT))))

    @cache
    def read() -> Rendition:
        return _written(outline_of(settings)[0])

    @routes.get("/feeds.opml")
    def everything() -> Response:
        return represent(request, published(ALL), cache_control=CACHE_CONTROL)

    @routes.get("/feeds/<path:slug>.opml")
    def part(slug: str) -> Response:
        if catalogue.category(slug) is None:
            abort(404)
        return represent(request, published(slug), cache_control=CACHE_CONTROL)

    @routes.get("/sources.opml")
    def sources() -> Response:
        return represent(request, read(), cache_control=CACHE_CONTROL)

    return routes


def _written(outline: Outline) -> Rendition:
    return rendition_of(opml.write(outline), OPML)


def read_limit(written: str | None) -> int | None:
    """How many stories were asked for; None if it was not said.

    raises  ValueError, which says what may be asked for
    """
    if written is None:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) <= 3 and 1 <= int(written) <= LARGEST_LIMIT):
        raise ValueError(f"`limit` must be a number from 1 to {LARGEST_LIMIT}.")
    return int(written)
