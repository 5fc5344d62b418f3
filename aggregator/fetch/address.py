"""One strict reader of addresses, so that no two parts can disagree about which host is meant.

Stricter than browsers and than urllib: what two parsers could read differently (a backslash, a blank, a second `@`)
is refused, not repaired. The path and the query are sent byte for byte as they are written; only what is not ASCII is
percent-encoded. Whether the host may be contacted is not decided here but in `guard`.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, unquote_to_bytes, urljoin

from aggregator.fetch.hostname import as_ip, canonical_ipv6, canonical_name

MAX_CHARACTERS = 8000  # what servers accept in a request line (RFC 9112 §3)
PORTS = {"http": 80, "https": 443}

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]|%00")
_PARTS = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a request goes.

    url     how we call it: without user name, password and fragment; the host in its one canonical form
    host    lower-case ASCII, or an IP address in its canonical form, IPv6 without brackets
    ip      the same as a value, if it is one; None if it is a name
    target  path and query, as they are written into the request line
    authorization  the value of the header that user name and password make; b"" if there are none
    """

    url: str
    scheme: str
    host: str
    ip: IPv4Address | IPv6Address | None
    port: int
    target: str
    authorization: bytes = b""

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        return _authority(self.scheme, self.host, self.port)

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two addresses must share for one to see the other's credentials (RFC 6454)."""
        return self.scheme, self.host, self.port

    @property
    def place(self) -> tuple[str, int]:
        """The host and the port."""
        return self.host, self.port


@lru_cache(maxsize=4096)  # a source's address is read at every poll; it takes 20 µs
def parse(text: str) -> Address:
    """Read an absolute http or https address. ValueError says what is wrong; it never quotes a password."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"the address is longer than {MAX_CHARACTERS} characters")
    if found := _FORBIDDEN.search(text):
        raise ValueError(f"{found.group()!r} in an address means different things to different programs")
    match = _PARTS.match(text)
    if match is None:
        raise ValueError("the address does not start with http:// or https:// and a host")
    scheme, authority, target = match[1].lower(), match[2], _ascii(match[3])
    userinfo, at, place = authority.rpartition("@")
    if "@" in userinfo:
        raise ValueError("the address has more than one @ before its path")
    host, port = _place(place, PORTS[scheme])
    target = target if target.startswith("/") else f"/{target}"
    return Address(
        url=f"{scheme}://{_authority(scheme, host, port)}{target}",
        scheme=scheme,
        host=host,
        ip=as_ip(host),
        port=port,
        target=target,
        authorization=_authorization(userinfo) if at else b"",
    )


def resolve(base: Address, location: str) -> Address:
    """Where a Location header leads, seen from `base` (RFC 3986 §5). ValueError says what is wrong with it."""
    if not location or location.startswith("#"):
        raise ValueError("it names no place")
    if _FORBIDDEN.search(location):
        raise ValueError(f"{location[:80]!r} has a character that does not belong into an address")
    if _SCHEME.match(location):
        target = parse(location)
    elif location.startswith("//"):
        target = parse(f"{base.scheme}:{location}")
    elif location.startswith("/"):
        target = parse(f"{base.scheme}://{base.authority}{location}")
    else:
        target = parse(urljoin(base.url, location))
    if target.authorization:
        raise ValueError("it carries a user name")
    return target


def _authority(scheme: str, host: str, port: int) -> str:
    written = f"[{host}]" if ":" in host else host
    return written if port == PORTS[scheme] else f"{written}:{port}"


def _ascii(text: str) -> str:
    """Percent-encode what is not ASCII. Bytes that were no UTF-8 arrive as lone surrogates, and are refused."""
    if text.isascii():
        return text
    try:
        return quote(text, safe="".join(map(chr, range(0x21, 0x7F))))
    except UnicodeEncodeError as error:
        raise ValueError("the address has bytes that are not UTF-8") from error


@lru_cache(maxsize=4096)  # a host has many sources, and is most of those 20 µs
def _place(place: str, default: int) -> tuple[str, int]:
    if place.startswith("["):
        literal, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("the IPv6 address is not closed by ]")
        host, colon, port = canonical_ipv6(literal), rest[:1], rest[1:]
    else:
        name, colon, port = place.partition(":")
        host = canonical_name(name)
    return host, _port(port) if colon else default


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise ValueError(f"{text[:20]!r} is no port")
    return int(text)


def _authorization(userinfo: str) -> bytes:
    user, _, password = userinfo.partition(":")
    return b"Basic " + b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password))
