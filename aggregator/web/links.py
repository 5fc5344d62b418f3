"""Where things are: the addresses on our pages, and how requests find them when the site is mounted below a path.

Links begin at the root, with the path of `site.url` before them, so that they hold for `https://example.org/news` as
well as for `http://127.0.0.1:8000`. Never from the request: its `Host` and `X-Forwarded-…` are what anybody likes.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from aggregator.config.settings import Settings
from aggregator.publish.selection import ALL

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Links:
    """The addresses of this site, as they stand in `href` (`/news/status`) or whole (`https://example.org/news/…`)."""

    def __init__(self, settings: Settings, *, still: bool = False) -> None:
        """`still`: on pages that are files, where an address without an ending is a folder."""
        site = urlsplit(str(settings.site.url))
        path = site.path.strip("/")
        self.prefix = f"/{path}" if path else ""  # never `//…`, which would name another host
        self.origin = f"{site.scheme}://{site.netloc}"
        self.still = still
        self._end = "/" if still else ""
        self._key = f"key={token}" if (token := settings.access.token) else ""

    @property
    def home(self) -> str:
        """The first page."""
        return f"{self.prefix}/"

    @property
    def status(self) -> str:
        """The page of sources' health."""
        return f"{self.prefix}/status"

    @property
    def status_json(self) -> str:
        """The same as data."""
        return f"{self.prefix}/status.json"

    @property
    def status_atom(self) -> str:
        """What changed about them, as a feed."""
        return f"{self.prefix}/status.atom"

    def source(self, number: int) -> str:
        """A source's page."""
        return f"{self.prefix}/status/source/{number}"

    def story(self, uuid: UUID) -> str:
        """A story's page."""
        return f"{self.prefix}/story/{uuid}{self._end}"

    def top(self, slug: str = "top") -> str:
        """The page of what most publishers carry, of the last day or of another window."""
        return f"{self.prefix}/{slug}{self._end}"

    def search(self, query: str = "", page: int = 1) -> str:
        """The page of a search, or where to begin one."""
        asked = {"q": query} | ({"page": str(page)} if page > 1 else {})
        return f"{self.prefix}/search{f'?{urlencode(asked)}' if query else ''}"

    def search_feed(self, query: str, format_: str) -> str:
        """The feed of a search, as people subscribe to it."""
        return self.for_readers(f"{self.prefix}/feeds/search.{format_}?{urlencode({'q': query}, quote_via=quote)}")

    def category(self, slug: str, before: str | None = None) -> str:
        """A category's page; `before` a place, the page of what is older."""
        return f"{self.prefix}/category/{quote(slug)}{self._end}{f'?before={before}' if before else ''}"

    def feed(self, slug: str, format_: str) -> str:
        """A category's feed, as people subscribe to it."""
        return self.for_readers(f"{self.prefix}/feeds/{quote(slug)}.{format_}")

    def for_readers(self, link: str) -> str:
        """A link that feed readers can follow, who cannot be asked for a password: with the key, where there is one."""
        return f"{link}{'&' if '?' in link else '?'}{self._key}" if self._key else link

    def outline(self, slug: str) -> str:
        """All feeds of a category and below it, as OPML."""
        return self.for_readers(f"{self.prefix}/feeds.opml") if slug == ALL else self.feed(slug, "opml")

    def asset(self, name: str, digest: str) -> str:
        """A file of ours that never changes under this address, for the address changes with it."""
        return f"{self.prefix}/static/{name}?v={digest}"

    def whole(self, link: str) -> str:
        """One of these links with scheme and host, for people to copy."""
        return f"{self.origin}{link}"

    def mounted(self, app: "WSGIApplication") -> "WSGIApplication":
        """The app, which then answers below the path of `site.url` too.

        Some proxies take the path off before they pass a request on, some do not; both work.
        """
        if not self.prefix:
            return app

        def below(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            if path == self.prefix or path.startswith(f"{self.prefix}/"):
                environ["PATH_INFO"] = path[len(self.prefix) :] or "/"
            return app(environ, start_response)

        return below
