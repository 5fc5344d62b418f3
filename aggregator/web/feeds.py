"""`/feeds/<slug>.<format>`: the published feeds, as the renditions keep them.

For programs: where there is no feed, `failures` says so in a line of plain text; there is never an empty feed instead,
for readers would drop what they have.
"""

from flask import Blueprint, Response, abort, request

from aggregator.config.values import LARGEST_LIMIT
from aggregator.publish.renditions import Renditions
from aggregator.web.responses import plain, represent

CACHE_CONTROL = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"


def feeds(renditions: Renditions) -> Blueprint:
    """The routes of the published feeds."""
    routes = Blueprint("feeds", __name__)

    @routes.get("/feeds/<path:name>")
    def feed(name: str) -> Response:
        slug, _, format_ = name.rpartition(".")
        try:
            limit = read_limit(request.args.get("limit"))
        except ValueError as wrong:
            return plain(str(wrong), 400)
        rendition = renditions.get(slug, format_, limit)
        if rendition is None:
            abort(404)
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
