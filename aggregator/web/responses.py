"""The rules of HTTP that every answer of ours keeps, in one place: validators, 304, codings, and what browsers may do.

Feeds and pages both end here as a `Representation`: bytes with a strong ETag. Flask sees to HEAD (the same headers, no
body) and to 405. We do not serve ranges and do not say so: a Range is ignored (RFC 9110 §14.2).

One document in several codings has several strong ETags (RFC 9110 §8.8.3.3): `"x"`, `"x-gzip"` and `"x-br"`. A client
that holds any of them gets its 304, with the one that it holds: what it has is up to date, however it was packed.
`W/"x"`, as nginx makes of it when it packs by itself, matches as well, for If-None-Match compares weakly (§13.1.2).
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.http import http_date, parse_accept_header, parse_date, parse_etags
from xxhash import xxh3_128_hexdigest

from aggregator.publish.packing import CODINGS, EVERY_TIME, pack

# What a browser may do with what we serve (no script, ever). A river of stories shows its publishers' images.
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
WITH_IMAGES = STRICT.replace("img-src 'self'", "img-src 'self' http: https:")
WITH_MEDIA = f"{WITH_IMAGES}; media-src http: https:"  # where a story's recordings can be played
# A feed is another document for whoever opens it in a browser (docs/decisions/0021); a cache in between must know.
VARY = "Accept-Encoding, Sec-Fetch-Dest"
IN_A_BROWSER = "document"  # Sec-Fetch-Dest where a page is opened, and never of a feed reader (W3C Fetch Metadata §2.1)
HARDENING = {
    "Content-Security-Policy": STRICT,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Represented(Protocol):
    """What can be served: a rendition of `publish`, or a page."""

    @property
    def body(self) -> bytes: ...
    @property
    def etag(self) -> str: ...
    @property
    def last_modified(self) -> datetime | None: ...
    @property
    def content_type(self) -> str: ...
    def packed(self, coding: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, packed only when somebody wants it so."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"

    @property
    def etag(self) -> str:
        """Strong, quoted, over the bytes before they are packed."""
        return f'"{xxh3_128_hexdigest(self.body)}"'

    def packed(self, coding: str) -> bytes | None:
        """None where it is too short to gain anything."""
        return pack(self.body, coding, EVERY_TIME)

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
    """200 with the bytes, packed if the client wants that, or 304 if it has them."""
    coding = coding_for(request.headers.get("Accept-Encoding", ""))
    body = what.packed(coding) if coding else None
    if body is None:
        coding, body = None, what.body
    tags = tags_of(what.etag, coding)
    held = held_tag(request, tags, what.last_modified)
    if held is not None:
        answer = Answer(status=304, headers={**lasting(what, cache_control), "ETag": held})
        del answer.headers["Content-Type"]
        return answer
    headers = {**lasting(what, cache_control), "Content-Type": what.content_type, "ETag": tags[0]}
    if coding:
        headers["Content-Encoding"] = coding
    return Answer(body, headers=headers)


def lasting(what: Represented, cache_control: str) -> dict[str, str]:
    """The headers that a 304 has, too, but for its ETag."""
    headers = {"Cache-Control": cache_control, "Vary": VARY}
    if what.last_modified is not None:
        headers["Last-Modified"] = http_date(what.last_modified)
    return headers


def tags_of(etag: str, coding: str | None) -> tuple[str, ...]:
    """The tags of a document in all codings, first the one that it is sent in; None is as it is."""
    by_coding: dict[str | None, str] = {None: etag}
    by_coding |= {one: f'{etag[:-1]}-{one}"' for one in CODINGS}
    return (by_coding.pop(coding), *by_coding.values())


@lru_cache(maxsize=512)  # readers have few spellings; what is longer than any of them is not worth keeping
def coding_for(accepted: str) -> str | None:
    """The coding that the client likes best by its Accept-Encoding, if not the plain bytes (RFC 9110 §12.5.3).

    Of those that it likes as much, the first of CODINGS. `*` alone is not taken for a wish.
    """
    qualities = {coding.lower(): quality for coding, quality in parse_accept_header(accepted)}
    liked = [(qualities.get(coding, 0), coding) for coding in CODINGS]
    quality, coding = max(liked, key=lambda one: one[0])
    return coding if quality > 0 and quality >= qualities.get("identity", 0) else None


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
    for name, value in HARDENING.items():
        response.headers.setdefault(name, value)
    return response


def plain(text: str, status: int = 200) -> Response:
    """A line of text that is not to be kept. It must never hold anything of the request."""
    headers = {"Cache-Control": "no-store"}
    return Answer(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
