"""`/image/<signature>/<address>`: images of sources whose policy is `proxy`, fetched through the guarded client.

Only what we signed ourselves is fetched, only what its first bytes show to be an image is passed on, and nothing of
the other side's headers is. Nothing is kept here: answers may be cached for a year, by readers and by whatever
stands before us.
"""

from datetime import timedelta

from flask import Blueprint, Response, request
from xxhash import xxh3_128_hexdigest

from aggregator.config.settings import Settings
from aggregator.errors import FetchError
from aggregator.fetch.blocking import BlockingClient
from aggregator.fetch.client import Request
from aggregator.publish.images import PROXY, Signer, load_key
from aggregator.web.responses import Answer, held_tag, plain

MAX_IMAGE_BYTES = 8 * 2**20
DEADLINE = timedelta(seconds=15)
PER_HOST = 4
ACCEPT = "image/avif, image/webp, image/png, image/jpeg, image/gif"
CACHE_CONTROL = "public, max-age=31536000, immutable"
SANDBOX = "default-src 'none'; sandbox"

# The first bytes of what is passed on; SVG is not: it is a program. (WHATWG MIME Sniffing §6.1; AVIF: ISO/IEC 23000-22)
MAGIC = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypavif", 4, "image/avif"),
    (b"ftypavis", 4, "image/avif"),
)


def uses_proxy(settings: Settings) -> bool:
    """Whether any source's images go through here; where none does, the route is not there."""
    return any(source.images == PROXY for source in settings.sources)


def image_proxy(settings: Settings, client: BlockingClient | None = None) -> Blueprint:
    """The route of the image proxy."""
    routes = Blueprint("images", __name__)
    signer = Signer(load_key(settings))
    limits = settings.fetch.model_copy(update={"max_body": MAX_IMAGE_BYTES, "deadline": DEADLINE, "per_host": PER_HOST})
    fetcher = client or BlockingClient(limits, settings.user_agent)

    @routes.get("/image/<signature>/<address>")
    def image(signature: str, address: str) -> Response:
        url = signer.url(signature, address)
        if url is None:
            return plain("This address was not signed by us.", 403)
        headers = {"ETag": f'"{xxh3_128_hexdigest(url.encode())}"', "Cache-Control": CACHE_CONTROL}
        if held_tag(request, (headers["ETag"],), None):
            return Answer(status=304, headers=headers)
        try:
            body = fetcher.get(Request(url=url, headers={"Accept": ACCEPT})).body
        except FetchError:
            return plain("The image cannot be had at the moment.", 502)
        kind = kind_of(body)
        if kind is None:
            return plain("What is there is not an image.", 502)
        headers |= {"Content-Type": kind, "Content-Security-Policy": SANDBOX, "Content-Disposition": "inline"}
        return Answer(body, headers=headers)

    return routes


def kind_of(body: bytes) -> str | None:
    """The media type of an image by its first bytes; None for anything else."""
    return next((kind for magic, at, kind in MAGIC if body[at : at + len(magic)] == magic), None)
