"""The whole published site as files, for any web server: `aggregator export static DIR`.

Every page and feed is asked of the web application itself, as a browser would ask: so what is written is what is
served, and there is no second renderer. What answers to a question (search), or tells of this minute (status), has no
file; pages that are `still` do not lead there. An address without an ending is a folder with an `index.html`, which
every server finds; feeds are files under their own names.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config.settings import AccessSettings, Settings
from aggregator.errors import AggregatorError, DatabaseError
from aggregator.publish import export as stories
from aggregator.publish.archives import all_parts
from aggregator.publish.folder import Counts
from aggregator.publish.selection import Catalogue
from aggregator.publish.site import SiteFolder
from aggregator.publish.top import WINDOWS
from aggregator.store import views
from aggregator.store.engine import reading
from aggregator.web import create_app
from aggregator.web.assets import FOLDER as ASSETS
from aggregator.web.feeds import OPML
from feeds.render import FORMATS

BATCH = 500  # stories that are looked up at once
NOWHERE = "/404"  # what is answered there is what a server may show where there is nothing


class Incomplete(AggregatorError):
    """A page or a feed could not be made: nothing was removed, what was written is whole."""


def export_site(
    engine: Engine, settings: Settings, folder: Path, *, now: datetime, watch: Callable[[], None] = lambda: None
) -> Counts:
    """Write the site into a folder, touching only what changed; what earlier runs wrote and nobody needs is removed.

    watch   is told of every file
    raises  FolderError, DatabaseError, Incomplete; what was written until then is whole
    """
    # Whoever can read the files needs no key, nor may find it there; and nobody tells a hub when they are put up.
    site_ = settings.site.model_copy(update={"hub": None})
    open_ = replace(settings, access=AccessSettings(), site=site_)
    client = create_app(open_, engine, clock=lambda: now, still=True).test_client()
    with SiteFolder(folder) as site:
        for name, content in _for_servers():
            site.put(name, content)
        try:
            for address in _addresses(engine, Catalogue(settings)):
                _put(site, client, address)
                watch()
        except SQLAlchemyError as error:
            raise DatabaseError(f"the database failed: {error}; run it again when that is mended") from error
        site.settle()
    return site.counts


def count(engine: Engine, settings: Settings) -> int:
    """How many files there are to write, to within some."""
    slugs = Catalogue(settings).slugs
    return stories.count(engine, settings) + (len(slugs) + len(WINDOWS)) * (len(FORMATS) + 1) + len(slugs)


def _addresses(engine: Engine, catalogue: Catalogue) -> Iterator[str]:
    """What is written, in such an order that whoever follows a link finds its end: the first page comes last."""
    yield from (f"/static/{file.name}" for file in sorted(ASSETS.iterdir()))
    yield from (f"/story/{uuid}" for uuid in _stories(engine))
    lists = [*_archives(engine, catalogue), *catalogue.slugs, *WINDOWS]
    yield from (f"/feeds/{quote(slug)}.{format_}" for slug in lists for format_ in FORMATS)
    yield from (f"/feeds/{quote(slug)}.opml" for slug in catalogue.slugs)
    yield from ("/feeds.opml", "/sources.opml", NOWHERE)
    yield from (f"/{slug}" for slug in WINDOWS)
    yield from (f"/category/{quote(slug)}" for slug in catalogue.slugs)
    yield "/"


def _archives(engine: Engine, catalogue: Catalogue) -> Iterator[str]:
    """The names of all archives."""
    for slug in catalogue.slugs:
        category = catalogue.category(slug)
        assert category is not None
        with reading(engine) as connection:
            yield from [part.named(slug) for part in all_parts(connection, slug, size=category.limit)]


def _stories(engine: Engine) -> Iterator[UUID]:
    """The identities of all stories, in the order in which they were founded."""
    last = 0
    while True:
        with reading(engine) as connection:
            found = views.uuids(connection, after=last, limit=BATCH)
        if not found:
            return
        yield from (uuid for _, uuid in found)
        last = found[-1][0]


def _put(site: SiteFolder, client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    if address == NOWHERE:
        site.put("404.html", answer.data)
    elif answer.status_code == 200:
        site.put(file_of(address), answer.data)
    elif not (address.startswith("/story/") and answer.status_code == 404):  # it was retired, or merged, meanwhile
        raise Incomplete(f"{address} could not be made (status {answer.status_code}); run it again when that is mended")


def file_of(address: str) -> str:
    """The name of the file that a server shows at an address: an `index.html` in its folder, where it has no ending."""
    name = unquote(address).strip("/")
    if name.startswith(("feeds", "static/")) or name.endswith(".opml"):
        return name
    return f"{name}/index.html" if name else "index.html"


def _for_servers() -> Iterator[tuple[str, bytes]]:
    """What some servers read: which content types our endings have, where they do not know; no Jekyll at GitHub."""
    types = {f".{format_.name}": format_.content_type for format_ in FORMATS.values()} | {".opml": OPML}
    apache = "".join(f"AddType '{kind}' {ending}\n" for ending, kind in sorted(types.items()))
    hosts = "".join(f"/feeds/*{ending}\n  Content-Type: {kind}\n" for ending, kind in sorted(types.items()))
    yield ".htaccess", f"DirectoryIndex index.html\nErrorDocument 404 /404.html\n{apache}".encode()
    yield "_headers", hosts.encode()
    yield ".nojekyll", b""
