"""The one form of a host: what is written in many ways is compared, judged and sent in one.

127.1, 0x7f.1, 0177.0.0.1, 2130706433 and ①②⑦.0.0.1 are all 127.0.0.1 to the C library or to browsers, and so here,
before anybody asks whether it may be contacted.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

import idna

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


def canonical_ipv6(literal: str) -> str:
    """The one form of what stands between brackets. ValueError if it is no IPv6 address, or has a zone."""
    if "%" in literal:
        raise ValueError("an address with a zone is one of this machine's own networks")
    return IPv6Address(literal).compressed


def canonical_name(name: str) -> str:
    """IDNA for names (UTS 46), four decimal numbers for every spelling of an IPv4 address; otherwise ValueError."""
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError(f"{name[:80]!r} is no host name: {error}") from error
    name = name.lower()
    labels = name.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(labels)
    if len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(f"{name[:80]!r} is no host name")
    return name


def _ipv4(labels: list[str]) -> str:
    """Read 127.1, 0x7f.1, 0177.0.0.1 and 2130706433 as the C library and browsers do (WHATWG URL §3.5)."""
    if len(labels) > 4 or not all(map(_NUMBER.fullmatch, labels)):
        raise ValueError("an IPv4 address has four numbers")
    try:
        *front, last = map(_number, labels)
    except ValueError as error:
        raise ValueError("an IPv4 address has numbers that are not numbers") from error
    if any(number > 255 for number in front) or last >= 256 ** (4 - len(front)):
        raise ValueError("an IPv4 address has a number that is too large")
    return str(IPv4Address(last + sum(number << 8 * (3 - index) for index, number in enumerate(front))))


def _number(text: str) -> int:
    if len(text) > 16:
        raise ValueError("too long")
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


@lru_cache(maxsize=4096)  # 3 µs, for each source of a host
def as_ip(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a canonical host is; None if it is a name."""
    if ":" in host:
        return IPv6Address(host)
    return IPv4Address(host) if host.rpartition(".")[2].isdigit() else None
