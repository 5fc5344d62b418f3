"""One image for however many threads ask for it: fetched once, through the guarded client, and judged by its bytes.

What comes out is an image that browsers can show, or the knowledge that there is none and for how long that holds, or
that there is no room to wait at the moment. What is kept, and how it is served, is for others (`store.images`,
`web.images`).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from aggregator.config.settings import FetchSettings
from aggregator.errors import FetchError
from aggregator.fetch.address import parse
from aggregator.fetch.blocking import BlockingClient
from aggregator.fetch.client import Request
from aggregator.fetch.turns import Full, Rate, Together, Turns
from aggregator.outcome import Reason

MAX_IMAGE_BYTES = 8 * 2**20
DEADLINE = timedelta(seconds=15)  # for all of it: the host's turn, redirects, and the body
ACCEPT = b"image/avif, image/webp, image/png, image/jpeg, image/gif"

# A page of fifty pictures of one host, opened over HTTP/2, asks for all of them at once: it must find room. The most
# memory that images on their way take is AT_ONCE x MAX_IMAGE_BYTES.
PLACES = 96
PLACES_OF_ONE_HOST = 64
AT_ONCE = 16
AT_ONCE_OF_ONE_HOST = 6  # as many connections as a browser opens
FETCHES_A_SECOND = 20.0
FETCHES_AT_ONCE = 400

MAX_WAIT = timedelta(hours=1)
LASTING = timedelta(hours=1)
PASSING = timedelta(minutes=1)
_LASTING_REASONS = frozenset(
    (
        *(Reason.ADDRESS, Reason.BLOCKED_ADDRESS, Reason.REDIRECT, Reason.MISSING, Reason.GONE, Reason.DENIED),
        *(Reason.TOO_LARGE, Reason.EMPTY, Reason.ENCODING),
    )
)
# What says that a host is down, rather than that an image is not there. After so many in a row it is left alone.
_SILENCE = frozenset((Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.TIMEOUT))
SILENCES = 3
MAX_SILENT_HOSTS = 1024

# The first bytes of what is an image; SVG is none: it is a program. (WHATWG MIME Sniffing §6.1; AVIF: ISO/IEC 23000-22)
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"ftypavif", 4, "image/avif"),
    (b"ftypavis", 4, "image/avif"),
)

# Hosts that refuse whoever sends no Referer, with the one that they want; a dot at the beginning: all below it. Every
# other host is sent none, which is what those that refuse a foreign one (mmbiz.qpic.cn, hdslb.com, zhimg.com) accept.
# From Miniflux's referer_override.go (https://github.com/miniflux/v2/blob/main/internal/reader/rewrite/) and, for
# moyu.im, https://github.com/DIYgod/RSSHub/issues/14903; read in November 2026, not tried at the hosts.
REFERERS = {
    ".cdninstagram.com": "https://www.instagram.com/",
    ".moyu.im": "https://i.jandan.net/",
    ".sinaimg.cn": "https://weibo.com/",
    "appinn.com": "https://appinn.com/",
    "bjp.org.cn": "https://bjp.org.cn/",
    "cdnfile.sspai.com": "https://sspai.com/",
    "i.pximg.net": "https://www.pixiv.net/",
    "img.hellogithub.com": "https://hellogithub.com/",
    "moyu.im": "https://i.jandan.net/",
    "www.parkablogs.com": "https://www.parkablogs.com/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image; `kind` is its media type, as its first bytes show."""

    body: bytes
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoImage:
    """There is none. Nobody needs to ask again for so long."""

    keep_for: timedelta


@dataclass(frozen=True, slots=True)
class Busy:
    """Too many wait already, or too much was fetched lately; nothing is known of the image."""


class Shelf(Protocol):
    """Where what was learnt is kept, and looked for first."""

    def get(self, url: str) -> Image | NoImage | None:
        """What is known of an address; None if nothing is, or not any more."""

    def put(self, url: str, learnt: Image | NoImage) -> None:
        """Keep what was learnt."""


def image_limits(sources: FetchSettings) -> FetchSettings:
    """What a client that fetches images keeps to, from what holds for sources."""
    changed = {"max_body": MAX_IMAGE_BYTES, "deadline": DEADLINE, "per_host": AT_ONCE_OF_ONE_HOST}
    return sources.model_copy(update=changed)


class Images:
    """Fetches images for threads, one thread for each image at a time."""

    def __init__(self, client: BlockingClient, shelf: Shelf, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._shelf = shelf
        self._turns = Turns(
            places=PLACES,
            places_of_one=PLACES_OF_ONE_HOST,
            at_once=AT_ONCE,
            at_once_of_one=AT_ONCE_OF_ONE_HOST,
        )
        self._rate = Rate(FETCHES_A_SECOND, FETCHES_AT_ONCE, clock)
        self._together: Together[Image | NoImage] = Together()
        self._silent = Silent(clock)

    def get(self, url: str) -> Image | NoImage | Busy:
        """The image at an address: from the shelf, or waited for, at most DEADLINE."""
        return self._shelf.get(url) or self._learnt(url, time.monotonic() + DEADLINE.total_seconds())

    def _learnt(self, url: str, until: float) -> Image | NoImage | Busy:
        try:
            host = parse(url).host
        except ValueError:
            return NoImage(keep_for=LASTING)
        try:
            with self._turns.place(host):
                return self._together.do(url, lambda: self._learn(url, host, until), until)
        except Full:
            return Busy()

    def _learn(self, url: str, host: str, until: float) -> Image | NoImage:
        """Ask the host, unless that was done between our look at the shelf and now, or it fell silent meanwhile."""
        if known := self._shelf.get(url):
            return known
        with self._turns.turn(host, until):
            if self._silent.now(host):
                return NoImage(keep_for=PASSING)
            self._rate.take()
            learnt = self._fetch(url, host, until - time.monotonic())
        self._shelf.put(url, learnt)
        return learnt

    def _fetch(self, url: str, host: str, seconds: float) -> Image | NoImage:
        referer = referer_for(host)
        headers = {"Referer": referer} if referer else {}
        try:
            body = self._client.get(Request(url=url, headers=headers, accept=ACCEPT), within=seconds).body
        except FetchError as error:
            self._silent.note(host, answered=error.reason not in _SILENCE)
            return NoImage(keep_for=_worth(error))
        self._silent.note(host, answered=True)
        kind = kind_of(body)
        return Image(body=body, kind=kind) if kind else NoImage(keep_for=LASTING)


class Silent:
    """The hosts that did not answer several times in a row: each of their images would cost a thread its whole wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._hosts: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how often in a row, and when last
        self._lock = threading.Lock()

    def note(self, host: str, *, answered: bool) -> None:
        """Whether a host answered at all, with whatever."""
        with self._lock:
            times, _ = self._hosts.pop(host, (0, 0.0))
            if not answered:
                self._hosts[host] = (times + 1, self._clock())
            if len(self._hosts) > MAX_SILENT_HOSTS:
                self._hosts.popitem(last=False)

    def now(self, host: str) -> bool:
        """Whether to leave a host alone at the moment."""
        with self._lock:
            times, at = self._hosts.get(host, (0, 0.0))
        return times >= SILENCES and self._clock() < at + PASSING.total_seconds()


def _worth(error: FetchError) -> timedelta:
    """For how long a failure holds."""
    if error.retry_after is not None:
        return min(error.retry_after, MAX_WAIT)
    return LASTING if error.reason in _LASTING_REASONS else PASSING


def kind_of(body: bytes) -> str | None:
    """The media type of an image by its first bytes; None for anything else."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, at, kind in _MAGIC if body[at : at + len(magic)] == magic), None)


def referer_for(host: str) -> str | None:
    """What a host wants to be told; None for nearly all of them."""
    own = REFERERS.get(host)
    return own or next((wanted for end, wanted in REFERERS.items() if end[0] == "." and host.endswith(end)), None)
