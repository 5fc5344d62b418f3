"""The rules of HTTP that every answer of ours keeps, in one place: validators, 304, gzip, and what browsers may do.

Feeds and pages both end here as a `Representation`: bytes with a strong ETag. Flask sees to HEAD (the same headers, no
body) and to 405. We do not serve ranges and do not say so: a Range is ignored (RFC 9110 §14.2).

One document in two codings has two strong ETags (RFC 9110 §8.8.3.3): `"x"` and `"x-gzip"`. A client that holds either
gets its 304, with the one that it holds: what it has is up to date, however it was packed. `W/"x"`, as nginx makes of
it when it compresses by itself, matches as well, for If-None-Match compares weakly (§13.1.2).
"""

import gzip
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.http import http_date, parse_date, parse_etags
from xxhash import xxh3_128_hexdigest

GZIP_LEVEL = 4  # paid on every request for a page; feeds come compressed from the renditions
WORTH_COMPRESSING = 1_000  # bytes

# What a browser may do with what we serve (no script, ever). A river of stories shows its publishers' images.
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
WITH_IMAGES = STRICT.replace("img-src 'self'", "img-src 'self' http: https:")


class Represented(Protocol):
    """What can be served: a rendition of `publish`, or a page."""

    @property
    def body(self) -> bytes: ...
    @property
    def gzipped(self) -> bytes | None: ...
    @property
    def etag(self) -> str: ...
    @property
    def last_modified(self) -> datetime | None: ...
    @property
    def content_type(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, compressed only when somebody wants it so."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"

    @property
    def etag(self) -> str:
        """Strong, quoted, over the uncompressed bytes."""
        return f'"{xxh3_128_hexdigest(self.body)}"'

    @property
    def gzipped(self) -> bytes | None:
        """None where it is too short to gain anything."""
        return gzip.compress(self.body, GZIP_LEVEL, mtime=0) if len(self.body) >= WORTH_COMPRESSING else None

    @property
    def last_modified(self) -> datetime | None:
        """Unknown: a page is made of many things."""
        return None


class Answer(Response):
    """A response whose 304 keeps its Last-Modified, which Werkzeug takes off: a cache that has no ETag needs it."""

    def get_wsgi_headers(self, environ: dict[str, object]) -> Headers:
        """The headers as they are sent."""
        headers = super().get_wsgi_headers(environ)
        if self.status_code == 304 and "Last-Modified" in self.headers:
            headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


def represent(request: Request, what: Represented, *, cache_control: str) -> Response:
    """200 with the bytes, compressed if the client wants that, or 304 if it has them."""
    gzipped = what.gzipped if wants_gzip(request) else None
    tags = (_gzip_tag(what.etag), what.etag) if gzipped is not None else (what.etag, _gzip_tag(what.etag))
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if what.last_modified is not None:
        headers["Last-Modified"] = http_date(what.last_modified)
    held = held_tag(request, tags, what.last_modified)
    if held is not None:
        answer = Answer(status=304, headers={**headers, "ETag": held})
        del answer.headers["Content-Type"]
        return answer
    headers |= {"Content-Type": what.content_type, "ETag": tags[0]}
    if gzipped is not None:
        headers["Content-Encoding"] = "gzip"
    return Answer(what.body if gzipped is None else gzipped, headers=headers)


def _gzip_tag(etag: str) -> str:
    return f'{etag[:-1]}-gzip"'


def wants_gzip(request: Request) -> bool:
    """Whether the client accepts gzip, and does not like the plain bytes better (RFC 9110 §12.5.3)."""
    if "gzip" not in request.headers.get("Accept-Encoding", "").lower():
        return False  # `*` alone is not taken for a wish
    accepted = {coding.lower(): quality for coding, quality in request.accept_encodings}
    return accepted.get("gzip", 0) > 0 and accepted["gzip"] >= accepted.get("identity", 0)


def held_tag(request: Request, tags: tuple[str, ...], last_modified: datetime | None) -> str | None:
    """Which of these tags the client holds, so that 304 is the answer; None for 200.

    If-None-Match decides alone where it is sent, even if it makes no sense (RFC 9110 §13.2.2).
    """
    if "If-None-Match" in request.headers:
        held = parse_etags(request.headers["If-None-Match"].strip())
        return next((tag for tag in tags if held.contains_weak(tag[1:-1])), None)
    since = parse_date(request.headers.get("If-Modified-Since"))
    return tags[0] if since and last_modified and last_modified <= since else None


def harden(response: Response) -> Response:
    """What every answer says to browsers."""
    response.headers.setdefault("Content-Security-Policy", STRICT)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def plain(text: str, status: int = 200) -> Response:
    """A line of text that is not to be kept. It must never hold anything of the request."""
    headers = {"Cache-Control": "no-store"}
    return Answer(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
