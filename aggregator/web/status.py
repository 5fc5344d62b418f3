"""`/status` and `/status.json`: how every source is, and `/healthz`: that we are alive.

What is said is gathered and judged in `publish.status`; here are only the questions to the database and the shape.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from flask import Blueprint, Response, render_template, request
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.publish.health import State
from aggregator.publish.selection import ALL
from aggregator.publish.status import SourceStatus, Status, document, status
from aggregator.store import configuration, floods, health, views
from aggregator.store.engine import current_version, reading
from aggregator.web.responses import Page, plain, represent

NOT_CACHED = "no-cache"  # may be kept, but is asked for anew each time
PROGRAM = version("feed-aggregator")
SHOWN = 500  # sources of one group on the page, half a millisecond each; the data has them all
ATTENTION, WAITING, WORKING = "Needs attention", "Waiting for the first fetch", "Working"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sources under one heading of the page: the worst of them, and how many there are."""

    title: str
    total: int
    shown: tuple[SourceStatus, ...]


def statuses(settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> Blueprint:
    """The routes for operators and machines."""
    routes = Blueprint("status", __name__)

    def gather() -> Status:
        with reading(engine) as connection:
            healths = health.health(connection)
            everything = views.category_states(connection).get(ALL)
            held = floods.held(connection)
            config = configuration.state(connection)
        published = everything.stories if everything else 0
        return status(settings, healths, clock(), stories=published, floods=held, config=config)

    @routes.get("/status")
    def page() -> Response:
        found = gather()
        html = render_template(
            "status.html",
            status=found,
            groups=groups(found),
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
        return plain("ok")

    return routes


def groups(found: Status) -> tuple[Group, ...]:
    """The sources under headings, the worst first; empty groups are left out."""
    named: dict[str, list[SourceStatus]] = {ATTENTION: [], WAITING: [], WORKING: []}
    for source in found.sources:
        well = WAITING if source.state is State.WAITING else WORKING
        named[ATTENTION if source.state.needs_attention else well].append(source)
    return tuple(
        Group(title=title, total=len(sources), shown=tuple(sources[:SHOWN]))
        for title, sources in named.items()
        if sources
    )
