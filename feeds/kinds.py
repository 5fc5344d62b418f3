"""KINDS: every way a source can be named in config.yaml. A new kind is one row here.

A row turns what people write into the source's *address*, its identity in the database: two spellings of one address
are one source, and it says nothing about how the address is reached today. `locate` says that: the places to try, in
order. Whether a place may be fetched at all is the fetcher's question.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

_BLANK = re.compile(r"[\x00-\x20\x7f\xa0\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to name a source.

    address   what is written in config.yaml → the identity of the source; ValueError says what is wrong
    locate    identity, RSSHub instances → where to look, in this order; URLs, or for `file` the path as it was written
    """

    name: str
    address: Callable[[str], str]
    locate: Callable[[str, Sequence[str]], tuple[str, ...]]


def _feed_address(written: str) -> str:
    """As it is written, but the scheme and the host in lower case and no fragment: no server ever sees that."""
    url = written.strip()
    if _BLANK.search(url):
        raise ValueError(f"{url!r} has a blank or a line end inside; write it as %20, or remove it")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"{url!r} does not start with http:// or https://")
    if not host or port == 0:
        raise ValueError(f"{url!r} names no host")
    if "@" in parts.netloc:
        raise ValueError("a user name or password in an address would be shown to everyone; use `headers` instead")
    rest = url.partition("#")[0][len(parts.scheme) + 3 + len(parts.netloc) :]
    return f"{parts.scheme}://{parts.netloc.lower()}{rest}"


def _rsshub_address(written: str) -> str:
    route = re.sub(r"^rsshub:(//)?", "", written.strip()).partition("#")[0]
    if "://" in route:
        raise ValueError(f"{route!r} is a whole address; write the route alone, such as /zaker/source/12")
    route = "/" + route.strip("/")
    if route == "/" or "\\" in route or "//" in route or _BLANK.search(route) or ".." in route.split("/"):
        raise ValueError(f"{written!r} is no RSSHub route; write it as in RSSHub's documentation: /zaker/source/12")
    return f"rsshub:{route}"


def _rsshub_places(address: str, instances: Sequence[str]) -> tuple[str, ...]:
    route = address.removeprefix("rsshub:")
    return tuple(instance.rstrip("/") + route for instance in instances)


def _file_address(written: str) -> str:
    path = re.sub(r"^file:(//(localhost)?(?=/))?", "", written.strip())
    if not path or "\0" in path:
        raise ValueError("a `file:` source needs a path, such as file:examples/a.xml")
    if path.startswith("//"):
        raise ValueError(f"{written!r} names a file on another machine; only local paths can be read")
    return f"file:{path}"


def _path(address: str, instances: Sequence[str]) -> tuple[str, ...]:
    return (address.removeprefix("file:"),)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(name="feed", address=_feed_address, locate=lambda address, instances: (address,)),
            Kind(name="rsshub", address=_rsshub_address, locate=_rsshub_places),
            Kind(name="file", address=_file_address, locate=_path),
        )
    }
)
