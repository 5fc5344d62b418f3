"""`/status` and `/status.json`: how every source is, and `/healthz`: that we are alive.

What is said is gathered and judged in `publish.status`; here are only the questions to the database and the shape.
"""

import json
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.publish.health import State
from aggregator.publish.selection import ALL
from aggregator.publish.status import Status, document, status
from aggregator.store import health, views
from aggregator.store.engine import current_version, reading
from aggregator.web.responses import Page, plain, represent

NOT_CACHED = "no-cache"  # may be kept, but is asked for anew each time
PROGRAM = version("feed-aggregator")


def statuses(settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> Blueprint:
    """The routes for operators and machines."""
    routes = Blueprint("status", __name__)

    def gather() -> Status:
        with reading(engine) as connection:
            healths = health.health(connection)
            everything = views.category_states(connection).get(ALL)
        return status(settings, healths, clock(), stories=everything.stories if everything else 0)

    @routes.get("/status")
    def page() -> Response:
        found = gather()
        html = render_template(
            "status.html",
            status=found,
            groups=_groups(found),
            now=found.at,
            program=PROGRAM,
            database=engine.dialect.name,
            schema=current_version(engine),
        )
        return represent(request, Page(body=html.encode()), cache_control=NOT_CACHED)

    @routes.get("/status.json")
    def data() -> Response:
        said = document(gather(), program=PROGRAM, database=engine.dialect.name, schema=current_version(engine))
        body = json.dumps(said, ensure_ascii=False, indent=1).encode()
        page = Page(body=body, content_type="application/json; charset=utf-8")
        return represent(request, page, cache_control=NOT_CACHED)

    @routes.get("/healthz")
    def alive() -> Response:
        return plain("ok", Cache_Control="no-store")

    return routes


def _groups(found: Status) -> tuple[tuple[str, tuple[object, ...]], ...]:
    """The sources under headings, the worst first; empty groups left out."""
    attention = tuple(source for source in found.sources if source.state.needs_attention)
    waiting = tuple(source for source in found.sources if source.state is State.WAITING)
    well = tuple(source for source in found.sources if source.state is State.OK)
    named = (("Needs attention", attention), ("Waiting for the first fetch", waiting), ("Working", well))
    return tuple((title, sources) for title, sources in named if sources)
