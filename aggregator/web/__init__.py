"""The web application: feeds, pages and status over HTTP, for any WSGI server. Reads the store and never writes it.

Put together here; each route is in the file of its kind, the rules of HTTP are in `responses`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy import Engine
from xxhash import xxh3_64_hexdigest

from aggregator.config.settings import Settings
from aggregator.publish.renditions import Renditions
from aggregator.publish.selection import Catalogue
from aggregator.web import words
from aggregator.web.failures import answer_failures
from aggregator.web.feeds import feeds
from aggregator.web.links import Links
from aggregator.web.pages import pages
from aggregator.web.responses import Answer, harden
from aggregator.web.status import statuses
from feeds.render import FORMATS

STATIC = Path(__file__).parent / "static"
A_YEAR_IN_SECONDS = 31_536_000  # for our own files: their address changes when they do


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(settings: Settings, engine: Engine, *, clock: Callable[[], datetime] = _utc_now) -> Flask:
    """The application for a database that is up to date already.

    clock  what time it is, for the pages that say how long ago something was
    """
    app = Flask(__name__)
    app.response_class = Answer
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False, SEND_FILE_MAX_AGE_DEFAULT=A_YEAR_IN_SECONDS)
    app.url_map.merge_slashes = False  # `//` is another address; a redirect would carry what was asked for
    links, catalogue = Links(settings), Catalogue(settings)
    _prepare_templates(app, settings, links)
    app.register_blueprint(feeds(Renditions(engine, settings)))
    app.register_blueprint(pages(catalogue, engine))
    app.register_blueprint(statuses(settings, engine, clock))
    answer_failures(app)
    app.after_request(harden)
    app.wsgi_app = links.mounted(app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app


def _prepare_templates(app: Flask, settings: Settings, links: Links) -> None:
    digests = {file.name: xxh3_64_hexdigest(file.read_bytes()) for file in STATIC.iterdir()}
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(
        site=settings.site,
        links=links,
        formats=sorted(FORMATS.values(), key=lambda format_: format_.name != "atom"),
        asset=lambda name: links.static(name, digests[name]),
    )
    for word in (
        words.relative,
        words.counted,
        words.stamp,
        words.minute,
        words.clock,
        words.full_date,
        words.with_code,
    ):
        env.filters[word.__name__] = word
