"""`/feeds/<slug>.<format>`: the published feeds, as the renditions keep them.

Answers for programs, so an error is a line of plain text, and nothing of the request is ever in it.
"""

from flask import Blueprint, Response, request

from aggregator.config.values import LARGEST_LIMIT
from aggregator.publish.renditions import Renditions, Unavailable
from aggregator.web.responses import plain, represent

CACHE_CONTROL = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
RETRY_AFTER_SECONDS = "60"


def feeds(renditions: Renditions) -> Blueprint:
    """The routes of the published feeds."""
    routes = Blueprint("feeds", __name__)

    @routes.get("/feeds/<path:name>")
    def feed(name: str) -> Response:
        slug, _, format_ = name.rpartition(".")
        try:
            limit = read_limit(request.args.get("limit"))
            rendition = renditions.get(slug, format_, limit)
        except ValueError as wrong:
            return plain(str(wrong), 400)
        except Unavailable:
            # Never an empty feed: readers would drop what they have.
            return plain("The database cannot be read at the moment.", 503, Retry_After=RETRY_AFTER_SECONDS)
        if rendition is None:
            return plain("There is no such feed; the first page lists those that there are.", 404)
        return represent(request, rendition, cache_control=CACHE_CONTROL)

    return routes


def read_limit(written: str | None) -> int | None:
    """How many stories were asked for; None if it was not said.

    raises  ValueError, which says what may be asked for
    """
    if written is None:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) <= 3 and 1 <= int(written) <= LARGEST_LIMIT):
        raise ValueError(f"`limit` must be a number from 1 to {LARGEST_LIMIT}.")
    return int(written)
