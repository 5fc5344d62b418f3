"""Which IP addresses are the public internet, which are private, and where nobody may be sent: tables, and a question.

The tables are our own: `ipaddress.is_global` of CPython 3.11 calls 192.0.0.8, 192.88.99.1, 224.0.0.1, fec0::1 and
64:ff9b::a9fe:a9fe global. An IPv4 address inside an IPv6 one is taken out and judged.
"""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# IANA IPv4 Special-Purpose Address Registry (RFC 6890 and what it was updated by), and multicast (RFC 5771). What
# `allow_private` opens stands apart.
_PRIVATE_V4 = tuple(map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_BLOCKED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "169.254.0.0/16",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# All of IPv6 but 2000::/3 is something else than the public internet (RFC 4291 §2.4). Of that: 2001::/23 protocols,
# Teredo among them; 2001:db8:: and 3fff:: documentation (RFC 9637); 2002:: 6to4, which hides an IPv4 address.
_PUBLIC_V6 = IPv6Network("2000::/3")
_PRIVATE_V6 = tuple(map(IPv6Network, ("::1/128", "fc00::/7")))
_BLOCKED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are where the packet really goes

# Where clouds hand out credentials: refused even to a source with `allow_private`. The rest is in 169.254/16.
_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure, a public address
            "fd00:ec2::254",  # AWS
            "fd00:ec2::23",  # AWS EKS
            "fd20:ce::254",  # Google
            "fd00:42::42",  # Scaleway
        ),
    )
)


@lru_cache(maxsize=4096)
def refusal(ip: IPv4Address | IPv6Address, *, private: bool = False) -> str | None:
    """Why an IP address must not be contacted; None if it may be.

    private  whether addresses of private networks and of this machine are meant to be reached
    """
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return refusal(ip.ipv4_mapped, private=private)
        if ip in _NAT64:
            return refusal(IPv4Address(int(ip) & 0xFFFFFFFF))
    if ip in _METADATA:
        return f"{ip} is where a cloud keeps credentials"
    if isinstance(ip, IPv4Address):
        inside, blocked = _within(ip, _PRIVATE_V4), _within(ip, _BLOCKED_V4)
    else:
        inside = ip.scope_id is None and _within(ip, _PRIVATE_V6)
        blocked = not inside and (ip not in _PUBLIC_V6 or _within(ip, _BLOCKED_V6))
    if inside and not private:
        return f"{ip} is in a private network"
    return f"{ip} is not on the public internet" if blocked else None


def _within(ip: IPv4Address | IPv6Address, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    return any(ip in network for network in networks)
