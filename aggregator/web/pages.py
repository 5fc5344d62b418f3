"""The pages to read: `/` and `/category/<slug>`.

Each asks the store for what it shows and hands plain values to a template; which story is where was decided long
before. Jinja escapes whatever a source wrote.
"""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy import Connection, Engine

from aggregator.config.settings import CategorySettings
from aggregator.publish.selection import ALL, Catalogue
from aggregator.store import health, views
from aggregator.store.engine import reading
from aggregator.web.responses import WITH_IMAGES, Page, represent
from aggregator.web.river import days, place_after, read_place, write_place
from aggregator.web.tree import tree, way_to

ON_FIRST_PAGE = 30
ON_A_PAGE = 50
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"
NOT_CACHED = "no-cache"  # may be kept, but is asked for anew each time
NOT_KEPT = "private, no-store"  # not even by a cache that knows nothing of Vary: readers want the feed at that address


def pages(catalogue: Catalogue, engine: Engine) -> Blueprint:
    """The routes of the pages to read."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def home() -> Response:
        everything = _known(catalogue, ALL)
        with reading(engine) as connection:
            states = views.category_states(connection)
            stories = views.newest(connection, ALL, limit=ON_FIRST_PAGE + 1)
            waiting = None if stories else _waiting(connection)
        html = render_template(
            "home.html",
            category=everything,
            categories=tree(catalogue.categories, {slug: state.stories for slug, state in states.items()}),
            stories=states[ALL].stories if ALL in states else 0,
            waiting=waiting,
            **_river(catalogue, stories, ON_FIRST_PAGE),
        )
        return _page(html, cache_control=CACHE_CONTROL if stories else NOT_CACHED)

    @routes.get("/category/<path:slug>")
    def category(slug: str) -> Response:
        return category_page(catalogue, engine, slug, before=request.args.get("before"))

    return routes


def category_page(
    catalogue: Catalogue, engine: Engine, slug: str, *, before: str | None = None, feed: str | None = None
) -> Response:
    """The page of a category.

    before  a place, as it stands in the address; only what is older is shown
    feed    the format of the feed that was asked for by a browser, which is shown this page instead
    """
    found = _known(catalogue, slug)
    place = _place(before)
    with reading(engine) as connection:
        states = views.category_states(connection)
        stories = views.newest(connection, slug, limit=ON_A_PAGE + 1, before=place)
        newer = _newer(connection, slug, place)
        waiting = None if stories else _waiting(connection)
    counts = {slug: state.stories for slug, state in states.items()}
    html = render_template(
        "category.html",
        category=found,
        above=way_to(found, catalogue.categories),
        below=_below(catalogue, found),
        counts=counts,
        stories=counts.get(slug, 0),
        before=place,
        newer=newer,
        waiting=waiting,
        feed=feed,
        **_river(catalogue, stories, ON_A_PAGE),
    )
    return _page(html, cache_control=NOT_KEPT if feed else CACHE_CONTROL if stories else NOT_CACHED)


def _known(catalogue: Catalogue, slug: str) -> CategorySettings:
    category = catalogue.category(slug)
    if category is None:
        abort(404)
    return category


def _place(written: str | None) -> tuple[datetime, int] | None:
    try:
        return read_place(written) if written is not None else None
    except ValueError:
        abort(400)


def _below(catalogue: Catalogue, category: CategorySettings) -> tuple[CategorySettings, ...]:
    return tuple(one for one in catalogue.categories if one.path[:-1] == category.path and one.slug != ALL)


def _river(catalogue: Catalogue, stories: Sequence[views.Story], size: int) -> dict[str, object]:
    """What the template shows of stories: one more than fit were asked for, to know whether there are older ones."""
    shown = stories[:size]
    return {"days": days(catalogue, shown), "older": place_after(shown) if len(stories) > size else None}


def _newer(connection: Connection, slug: str, before: tuple[datetime, int] | None) -> str | None:
    """The place where the page of what is just newer begins; "" if that is the first page, None if this is."""
    if before is None:
        return None
    newer = views.newer(connection, slug, before, limit=ON_A_PAGE + 1)
    return write_place(newer[-1]) if len(newer) > ON_A_PAGE else "" if newer else None


def _waiting(connection: Connection) -> bool:
    """Whether there is nothing yet because the first fetches are still to come."""
    return health.any_waits(connection)


def _page(html: str, *, cache_control: str) -> Response:
    page = represent(request, Page(body=html.encode()), cache_control=cache_control)
    page.headers["Content-Security-Policy"] = WITH_IMAGES
    return page
