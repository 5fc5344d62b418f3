"""Where readers get images from: each source's policy, applied when a story is published and never stored.

    original    as the publisher has them
    a template  behind a prefix: `https://images.example/?url={url_encoded}`, `https://cors.example/?{url}`
    proxy       through our own `/image/<signature>/<address>`, where hotlink protection cannot refuse the reader

Works on sanitised HTML, where every attribute stands in double quotes. An address is signed when it is served, so a
feed's author cannot make the proxy fetch anything that is not in a story.
"""

import hashlib
import hmac
import os
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

from aggregator.config.settings import Settings, SourceSettings
from feeds.clean import srcset

ORIGINAL = "original"
PROXY = "proxy"
KEY_BYTES = 32
KEY_FILE = "image-proxy.key"  # in var/ beside config.yaml

_TAG = re.compile(r'<(img|source|video)\b((?:[^>"]|"[^"]*")*)>', re.IGNORECASE)
_ATTRIBUTE = re.compile(r'\b(src|srcset|poster)="([^"]*)"', re.IGNORECASE)
_IMAGES = {("img", "src"), ("img", "srcset"), ("source", "srcset"), ("video", "poster")}


class ImagePolicy:
    """Rewrites the addresses of images as each source's `images` says."""

    def __init__(self, settings: Settings) -> None:
        self._base = str(settings.site.url).rstrip("/")
        self._signer = Signer(load_key(settings)) if any(s.images == PROXY for s in settings.sources) else None

    def apply(self, html: str, source: SourceSettings | None) -> str:
        """The HTML with every image where the source's policy puts it."""
        if source is None or source.images == ORIGINAL or "<" not in html:
            return html
        return _TAG.sub(lambda tag: _rewrite(tag, lambda url: self.address(url, source)), html)

    def address(self, url: str, source: SourceSettings | None) -> str:
        """One image's address under the source's policy; what is there already, or is no http address, stays."""
        if source is None or source.images == ORIGINAL or not url.startswith(("http://", "https://")):
            return url
        if source.images != PROXY:
            return _fill(source.images, url)
        assert self._signer is not None
        return url if url.startswith(f"{self._base}/image/") else f"{self._base}/image/{self._signer.path(url)}"


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
    before = re.split(r"\{(?:url|url_encoded|host_path)\}", template)[0]
    if url.startswith(before):
        return url  # it is behind the prefix already
    parts = urlsplit(url)
    host_path = f"{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    filled = template.replace("{url_encoded}", quote(url, safe=""))
    return filled.replace("{host_path}", host_path).replace("{url}", url)


class Signer:
    """Makes and checks `<signature>/<address>`: HMAC-SHA256 over the address, both in unpadded base64url."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def path(self, url: str) -> str:
        """What stands behind `/image/` for an address."""
        return f"{self._signature(url)}/{_encode(url.encode())}"

    def url(self, signature: str, address: str) -> str | None:
        """The address that was signed; None if the signature is not ours, or anything was altered."""
        try:
            url = urlsafe_b64decode(address + "=" * (-len(address) % 4)).decode()
        except (Base64Error, ValueError):
            return None
        if _encode(url.encode()) != address:
            return None  # another spelling of the same bytes
        return url if hmac.compare_digest(signature.encode(), self._signature(url).encode()) else None

    def _signature(self, url: str) -> str:
        return _encode(hmac.new(self._key, url.encode(), hashlib.sha256).digest())


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def load_key(settings: Settings) -> bytes:
    """The key that addresses are signed with: read from its file, or made there, readable by us alone."""
    path = settings.file.parent / "var" / KEY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(KEY_BYTES)
        file.write(key)
    return key


def _read_key(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise ValueError(f"{path} is no key: delete it, and a new one is made")
    return key
