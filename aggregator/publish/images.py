"""Where readers get images from: each source's policy, applied when a story is published and never stored.

    original    as the publisher has them
    a template  behind a prefix: `https://images.example/?url={url_encoded}`, `https://cors.example/?{url}`
    proxy       through our own `/image/<signature>/<address>`, where hotlink protection cannot refuse the reader

Works on sanitised HTML, where every attribute stands in double quotes. An address is signed when it is served, so a
feed's author cannot make the proxy fetch anything that is not in a story. What a policy did can be undone (`original`),
so that addresses are compared as the publishers wrote them.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape, unescape
from urllib.parse import quote, unquote

from aggregator.config.settings import Settings, SourceSettings
from aggregator.publish.keys import load_keys
from feeds.clean import srcset
from feeds.model import Enclosure
from feeds.render.values import media_type

ORIGINAL = "original"
PROXY = "proxy"

_WEB = ("http://", "https://")
_TAG = re.compile(r'<(img|source|video)\b((?:[^>"]++|"[^"]*+")*+)>', re.IGNORECASE)
# Every attribute, so that `src="` within the text of another one is not taken for one.
_ATTRIBUTE = re.compile(r'([^\s"=/>]++)="([^"]*+)"')
_IMAGES = {("img", "src"), ("img", "srcset"), ("source", "srcset"), ("video", "poster")}
_PLACEHOLDER = re.compile(r"\{(url|url_encoded|host_path)\}")
_PARAMETER = re.compile(r"[^&#]+")  # all of an encoded address, and of one that was encoded less strictly than ours


def uses_proxy(settings: Settings) -> bool:
    """Whether any source's images go through us; where none does, there is no proxy and no key."""
    return any(source.images == PROXY for source in settings.sources)


class ImagePolicy:
    """Rewrites the addresses of images as each source's `images` says.

    raises  KeyFileError, when it is made: where a source's policy is `proxy`
    """

    def __init__(self, settings: Settings) -> None:
        self._ours = f"{str(settings.site.url).rstrip('/')}/image/"
        self._signer = Signer(load_keys(settings)) if uses_proxy(settings) else None

    def apply(self, html: str, source: SourceSettings | None) -> str:
        """The HTML with every image where the source's policy puts it; the same again if it is handed in again."""
        if source is None or source.images == ORIGINAL or "<" not in html:
            return html
        return _TAG.sub(lambda tag: _rewrite(tag, lambda url: self.address(url, source)), html)

    def address(self, url: str, source: SourceSettings | None) -> str:
        """One image's address under the source's policy; what is there already, or is no http address, stays."""
        if source is None or source.images == ORIGINAL or not url.startswith(_WEB):
            return url
        if source.images != PROXY:
            return url if _within(source.images, url) else _fill(source.images, url)
        assert self._signer is not None
        return url if url.startswith(self._ours) else self._ours + self._signer.path(url)

    def enclosure(self, file: Enclosure, source: SourceSettings | None) -> Enclosure:
        """An enclosure; an image's address follows the policy, sound and film stay where they are."""
        if not media_type(file.type, file.url).startswith("image/"):
            return file
        return replace(file, url=self.address(file.url, source))

    def original(self, url: str, source: SourceSettings | None) -> str:
        """The address that an image had before the source's policy, ours or the publisher's own, was applied.

        Exactly, but for `{host_path}`, which forgets `http:` and a fragment: neither tells images apart.
        """
        if source is None or source.images == ORIGINAL:
            return url
        if source.images != PROXY:
            return _within(source.images, url) or url
        assert self._signer is not None
        signature, _, address = url.removeprefix(self._ours).partition("/")
        return (self._signer.url(signature, address) or url) if url.startswith(self._ours) else url


def _rewrite(tag: re.Match[str], move: Callable[[str], str]) -> str:
    name = tag[1].lower()

    def attribute(found: re.Match[str]) -> str:
        kind = found[1].lower()
        if (name, kind) not in _IMAGES:
            return found[0]
        value = unescape(found[2])
        moved = _move_set(value, move) if kind == "srcset" else move(value)
        return f'{found[1]}="{escape(moved)}"'

    return f"<{tag[1]}{_ATTRIBUTE.sub(attribute, tag[2])}>"


def _move_set(written: str, move: Callable[[str], str]) -> str:
    return srcset.write(tuple(replace(one, url=move(one.url)) for one in srcset.parse(written)))


def _fill(template: str, url: str) -> str:
    spellings = {"url": url, "url_encoded": quote(url, safe=""), "host_path": _host_path(url)}
    return _PLACEHOLDER.sub(lambda found: spellings[found[1]], template)


def _host_path(url: str) -> str:
    return url.partition("://")[2].partition("#")[0]


def _within(template: str, url: str) -> str | None:
    """The address that a template was filled with; None if `url` is not made of it."""
    before, kind, after = _PLACEHOLDER.split(template)
    if not url.startswith(before):
        return None
    rest, complete = url.removeprefix(before).removesuffix(after), url.endswith(after)
    if kind == "url_encoded":  # the publisher may have asked the same proxy for another size: `after` need not agree
        found = _PARAMETER.match(rest)
        inner = unquote(found[0]) if found else ""
    elif complete:
        inner = rest if kind == "url" else f"https://{rest}"
    else:
        return None
    return inner if inner.startswith(_WEB) else None


class Signer:
    """Makes and checks `<signature>/<address>`: HMAC-SHA256 over the address, both in unpadded base64url.

    keys  newest first, at least one: the first signs, all of them verify
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def path(self, url: str) -> str:
        """What stands behind `/image/` for an address."""
        return f"{_signature(self._keys[0], url)}/{_encode(url.encode())}"

    def url(self, signature: str, address: str) -> str | None:
        """The address that was signed; None if the signature is not ours, or anything was altered."""
        try:
            url = urlsafe_b64decode(address + "=" * (-len(address) % 4)).decode()
            given = signature.encode("ascii")
        except (Base64Error, ValueError):
            return None
        if _encode(url.encode()) != address:
            return None  # another spelling of the same bytes
        ours = any(hmac.compare_digest(given, _signature(key, url).encode()) for key in self._keys)
        return url if ours else None


def _signature(key: bytes, url: str) -> str:
    return _encode(hmac.new(key, url.encode(), hashlib.sha256).digest())


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
