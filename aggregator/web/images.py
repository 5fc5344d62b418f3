"""`/image/<signature>/<address>`: images of sources whose policy is `proxy`, fetched through the guarded client.

Only what we signed ourselves is looked at, only what its first bytes show to be an image is passed on, and nothing of
the other side's headers is. No session and no Referer is needed: any reader can load it. An answer may be kept for a
year by whoever wants; here it is kept in `store.images`, so that a host is asked once for all readers.

    signature ─▶ 304? ─▶ kept? ─▶ a place to wait in ─▶ one fetch for all who ask ─▶ kept ─▶ answer
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import unquote

from flask import Blueprint, Response, request
from xxhash import xxh3_128_hexdigest

from aggregator.config.settings import Settings
from aggregator.fetch.blocking import BlockingClient
from aggregator.fetch.client import Client
from aggregator.fetch.images import Image, Images, NoImage, image_limits, kind_of
from aggregator.publish.images import Signer
from aggregator.publish.keys import load_keys
from aggregator.store.images import FOLDER, ImageCache
from aggregator.web.responses import Answer, held_tag, plain

CACHE_CONTROL = "public, max-age=31536000, immutable"
SANDBOX = "default-src 'none'; sandbox"
BUSY_SECONDS = "5"

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 80


def image_proxy(settings: Settings, clock: Callable[[], datetime], client: BlockingClient | None = None) -> Blueprint:
    """The route of the image proxy.

    raises  KeyFileError
    """
    routes = Blueprint("images", __name__)
    signer = Signer(load_keys(settings))
    shelf = DiskShelf(ImageCache(settings.file.parent / "var" / FOLDER), clock)
    client = client or BlockingClient(Client(image_limits(settings.fetch), settings.user_agent))
    images = Images(client, shelf)

    @routes.get("/image/<signature>/<address>")
    def image(signature: str, address: str) -> Response:
        url = signer.url(signature, address)
        if url is None:
            return plain("This address was not signed by us.", 403)
        headers = {
            "ETag": f'"{xxh3_128_hexdigest(url.encode())}"',
            "Cache-Control": CACHE_CONTROL,
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if held_tag(request, (headers["ETag"],), None):
            return _not_modified(headers)
        found = images.get(url)
        if isinstance(found, NoImage):
            return plain("There is no image that could be shown.", 502)
        if not isinstance(found, Image):
            return _busy()
        headers |= {
            "Content-Type": found.kind,
            "Content-Security-Policy": SANDBOX,
            "Content-Disposition": f'inline; filename="{file_name(url, found.kind)}"',
        }
        return Answer(found.body, headers=headers)

    return routes


class DiskShelf:
    """The cache on disk, in the words of `fetch.images`. What it has is judged again: it was on a disk."""

    def __init__(self, cache: ImageCache, clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._clock = clock

    def get(self, url: str) -> Image | NoImage | None:
        """What is known of an address."""
        body = self._cache.get(url, self._clock())
        if body is None:
            return None
        kind = kind_of(body)
        return Image(body=body, kind=kind) if kind else NoImage(keep_for=timedelta())

    def put(self, url: str, learnt: Image | NoImage) -> None:
        """Keep an image for good, and for a while that there is none."""
        if isinstance(learnt, Image):
            self._cache.put(url, learnt.body, self._clock())
        else:
            self._cache.put(url, b"", self._clock(), keep_for=learnt.keep_for)


def _not_modified(headers: dict[str, str]) -> Response:
    answer = Answer(status=304, headers=headers)
    del answer.headers["Content-Type"]
    return answer


def _busy() -> Response:
    answer = plain("Too many images are asked for at the moment.", 503)
    answer.headers["Retry-After"] = BUSY_SECONDS
    return answer


def file_name(url: str, kind: str) -> str:
    """What a browser calls the image when it saves it: the last word of the path, in letters that need no quoting
    (RFC 6266 §4.3), and the ending of what it is."""
    last = unquote(url.partition("?")[0].partition("#")[0]).rpartition("/")[2]
    stem, dot, ending = last.rpartition(".")
    name = _UNSAFE.sub("-", stem if dot else ending)[:_LONGEST_NAME].strip("-")
    return f"{name or 'image'}.{kind.removeprefix('image/')}"
