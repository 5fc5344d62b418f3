"""`/status`, `/status/source/<id>`: how sources are; `/status.json`: the same as data; `/status.atom`: what changed,
which a browser is shown as a page, like every feed (`web.opened`).

What is said is gathered and judged in `publish.status`; here are only the questions to the database and the shape.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy import Connection, Engine

from aggregator.config.redaction import redacted
from aggregator.config.settings import Settings
from aggregator.publish.selection import ALL
from aggregator.publish.status import Overview, described, document, overview
from aggregator.publish.told import TOLD, told, transitions_feed
from aggregator.store import configuration, days, floods, health, history, transitions, unstored, views
from aggregator.store.days import Tally
from aggregator.store.engine import current_version, reading
from aggregator.web import drawn
from aggregator.web.choosing import ON_A_PAGE, chosen, view_of
from aggregator.web.links import Links
from aggregator.web.pages import NOT_CACHED, NOT_KEPT
from aggregator.web.responses import IN_A_BROWSER, Page, represent
from feeds.render import FORMATS

PROGRAM = version("feed-aggregator")
LATELY = 5  # transitions on the page
OF_A_SOURCE = 20  # transitions on its own page
DRAWN_ANEW = timedelta(minutes=5)  # summing up all days of 5,000 sources takes longer than all the rest of the page


def gather(settings: Settings, connection: Connection, now: datetime) -> Overview:
    """Everything at a glance."""
    everything = views.category_states(connection).get(ALL)
    return overview(
        settings,
        health.glances(connection),
        now,
        stories=everything.stories if everything else 0,
        offline_since=transitions.offline_since(connection),
        floods=floods.held(connection),
        config=configuration.state(connection),
        unstored=unstored.noted(connection.engine),
    )


class Lately:
    """What polls of the last months came to, day by day, of all sources; asked for anew now and then."""

    def __init__(self) -> None:
        self._asked_at = datetime.min.replace(tzinfo=UTC)
        self._tallies: Mapping[date, Tally] = {}

    def by_day(self, connection: Connection, now: datetime) -> Mapping[date, Tally]:
        """As of a few minutes ago at the most."""
        if not now - DRAWN_ANEW < self._asked_at <= now:
            self._asked_at, self._tallies = now, days.by_day(connection, drawn.first_day(now))
        return self._tallies


def statuses(settings: Settings, engine: Engine, clock: Callable[[], datetime], links: Links) -> Blueprint:
    """The routes for operators."""
    routes = Blueprint("status", __name__)
    _add_pages(routes, settings, engine, clock)
    _add_documents(routes, settings, engine, clock, links)
    return routes


def _add_pages(routes: Blueprint, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
    lately = Lately()

    @routes.get("/status")
    def page() -> Response:
        now, view = clock(), view_of(request.args)
        with reading(engine) as connection:
            found = gather(settings, connection, now)
            all_of_it = chosen(found, view, settings)
            on_page = all_of_it[(view.page - 1) * ON_A_PAGE : view.page * ON_A_PAGE]
            healths = health.health(connection, [one.source.id for one in on_page])
            charts = drawn.by_day(lately.by_day(connection, now), now)
            changes = transitions.newest(connection, limit=LATELY)
        html = render_template(
            "status.html",
            status=found,
            view=view,
            total=len(all_of_it),
            pages=max(1, -(-len(all_of_it) // ON_A_PAGE)),
            sources=described(settings, healths, found.floods, now),
            charts=charts,
            changes=told(settings, changes),
            now=now,
            program=PROGRAM,
            database=engine.dialect.name,
            schema=current_version(engine),
        )
        return represent(request, Page(body=html.encode()), cache_control=NOT_CACHED)

    @routes.get("/status/source/<int:number>")
    def source(number: int) -> Response:
        now = clock()
        with reading(engine) as connection:
            found = health.health(connection, [number])
            if not found:
                abort(404)
            polls = history.history(connection, number)
            charts = drawn.by_day(days.by_day(connection, drawn.first_day(now), source_id=number), now)
            changes = transitions.newest(connection, limit=OF_A_SOURCE, source_id=number)
            held = gather(settings, connection, now).floods if found[0].glance.held_since_at else ()
        listed = next((one for one in settings.sources if one.address == found[0].glance.address), None)
        last = drawn.last_polls(polls)
        html = render_template(
            "source.html",
            source=described(settings, found, held, now)[0],
            removed=listed is None,
            polls=[(poll, redacted(poll.detail, listed) if poll.detail else None) for poll in polls],
            charts=(*charts, *([last] if last else [])),
            changes=told(settings, changes),
            file=settings.file.name,
            now=now,
        )
        return represent(request, Page(body=html.encode()), cache_control=NOT_CACHED)


def _add_documents(
    routes: Blueprint, settings: Settings, engine: Engine, clock: Callable[[], datetime], links: Links
) -> None:
    @routes.get("/status.json")
    def data() -> Response:
        now = clock()
        with reading(engine) as connection:
            found = gather(settings, connection, now)
            healths = health.health(connection, [one.source.id for one in found.sources])
        sources = described(settings, healths, found.floods, now)
        said = document(found, sources, program=PROGRAM, database=engine.dialect.name, schema=current_version(engine))
        page = Page(body=msgspec.json.encode(said), content_type="application/json; charset=utf-8")
        return represent(request, page, cache_control=NOT_CACHED)

    @routes.get("/status.atom")
    def changed() -> Response:
        with reading(engine) as connection:
            changes = told(settings, transitions.newest(connection, limit=TOLD))
            since = health.first_added(connection) or clock()
        if request.headers.get("Sec-Fetch-Dest") == IN_A_BROWSER:
            html = render_template("changes.html", changes=changes)
            return represent(request, Page(body=html.encode()), cache_control=NOT_KEPT)
        url, link = links.whole(links.status_atom), links.whole(links.status)
        feed = transitions_feed(settings, changes, url=url, link=link, since=since)
        form = FORMATS["atom"]
        page = Page(body=form.render(feed), content_type=form.content_type)
        return represent(request, page, cache_control=NOT_CACHED)
