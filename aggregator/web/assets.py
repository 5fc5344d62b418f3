"""Our own files, the style sheet and the icon: read once, and served under addresses that change when they do."""

from pathlib import Path

from flask import Blueprint, Response, abort, request
from xxhash import xxh3_64_hexdigest

from aggregator.web.responses import Page, represent

FOLDER = Path(__file__).parent / "static"
CONTENT_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8", ".png": "image/png"}
CACHE_CONTROL = "public, max-age=31536000, immutable"  # a year: `links.asset` carries the digest


class Assets:
    """The files in `static/`, by name."""

    def __init__(self) -> None:
        self._files = {
            file.name: Page(body=file.read_bytes(), content_type=CONTENT_TYPES[file.suffix])
            for file in FOLDER.iterdir()
        }

    def digest(self, name: str) -> str:
        """A short text that changes with the file."""
        return xxh3_64_hexdigest(self._files[name].body)

    def routes(self) -> Blueprint:
        """The routes of our own files."""
        routes = Blueprint("assets", __name__)

        @routes.get("/static/<name>")
        def file(name: str) -> Response:
            if name not in self._files:
                abort(404)
            return represent(request, self._files[name], cache_control=CACHE_CONTROL)

        return routes
