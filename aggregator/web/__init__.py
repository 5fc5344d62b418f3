"""The web application: feeds, pages and status over HTTP, for any WSGI server. Reads the store and never writes it.

Put together here; each route is in the file of its kind, the rules of HTTP are in `responses`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.fetch.blocking import BlockingClient
from aggregator.publish import words
from aggregator.publish.images import uses_proxy
from aggregator.publish.renditions import Renditions
from aggregator.publish.searching import SearchFeeds
from aggregator.publish.selection import Catalogue
from aggregator.publish.top import TopFeeds
from aggregator.store.clock import Clock, clock_of, utc_now
from aggregator.web.access import guard
from aggregator.web.assets import Assets
from aggregator.web.failures import answer_failures
from aggregator.web.fast import FastFeeds
from aggregator.web.feeds import CACHE_CONTROL, feeds, lists
from aggregator.web.images import image_proxy
from aggregator.web.links import Links
from aggregator.web.metrics import Answered, machines
from aggregator.web.opened import show_to_browsers
from aggregator.web.pages import pages
from aggregator.web.responses import Answer, harden
from aggregator.web.river import writes_from_right
from aggregator.web.search import searches
from aggregator.web.status import statuses
from aggregator.web.stories import story_pages
from aggregator.web.top import tops
from feeds.render import FORMATS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_app(
    settings: Settings,
    engine: Engine,
    *,
    clock: Clock | None = None,
    image_client: BlockingClient | None = None,
    trust: float = 0.0,
    still: bool = False,
    ending: Callable[[], bool] = lambda: False,
) -> Flask:
    """The application for a database that is up to date already.

    clock         what time it is, for the pages that say how long ago something was; the database's, if None
    image_client  what images are fetched with; tests put in their own
    trust         seconds for which a feed is served without asking the database whether it has changed
    ending        whether this process was told to end, and should be asked nothing more
    still         for pages that become files: they do not lead to what answers a question, or tells of this minute
    """
    here, clock = clock or utc_now, clock or clock_of(engine)
    app = Flask(__name__, static_folder=None)
    app.response_class = Answer
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False)
    app.url_map.merge_slashes = False  # `//` is another address; a redirect would carry what was asked for
    links, catalogue, assets = Links(settings, still=still), Catalogue(settings), Assets()
    _prepare_templates(app, settings, links, assets)
    renditions = Renditions(engine, settings, trust=trust)
    app.register_blueprint(feeds(renditions, SearchFeeds(engine, settings)))
    app.register_blueprint(lists(settings, catalogue, links))
    app.register_blueprint(pages(catalogue, engine))
    app.register_blueprint(story_pages(catalogue, engine))
    app.register_blueprint(searches(catalogue, engine))
    app.register_blueprint(tops(catalogue, engine, TopFeeds(engine, settings), clock))
    app.register_blueprint(statuses(settings, engine, clock, links))
    answered = Answered()
    app.register_blueprint(machines(app, settings, engine, clock, answered, ending))
    app.register_blueprint(assets.routes())
    if uses_proxy(settings):
        app.register_blueprint(image_proxy(settings, here, image_client))  # its shelf is a disk of this machine
    guard(app, settings.access)
    show_to_browsers(app, catalogue, engine, links)
    answer_failures(app)
    app.after_request(harden)
    inner: WSGIApplication = app.wsgi_app
    if settings.access.token is None:  # the short way asks nobody for a key
        known = [(slug, format_) for slug in catalogue.slugs for format_ in FORMATS]
        inner = FastFeeds(inner, renditions, known, cache_control=CACHE_CONTROL, count=answered.count)
    app.wsgi_app = links.mounted(inner)  # type: ignore[assignment, method-assign]
    return app


def _prepare_templates(app: Flask, settings: Settings, links: Links, assets: Assets) -> None:
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        site=settings.site,
        links=links,
        from_right=writes_from_right(settings.site.language),
        formats=sorted(FORMATS.values(), key=lambda format_: format_.name != "atom"),
        asset=lambda name: links.asset(name, assets.digest(name)),
    )
    for word in (
        words.relative,
        words.counted,
        words.size,
        words.stamp,
        words.minute,
        words.clock,
        words.full_date,
        words.with_breaks,
        words.with_code,
        words.quoted,
    ):
        env.filters[word.__name__] = word
