"""Which hosts, addresses and ports may be contacted: no private network, for anyone but a source that says so.

The judgement falls on the very IP address that a socket is opened for (`socket_factory`, the choke point: nothing
connects without it), after a name was refused as a whole if any of its addresses is blocked (`Resolver`). Which
addresses those are, `networks` knows.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.fetch.address import Address
from aggregator.fetch.networks import refusal

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str | int, ...]]
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
OpenSocket = Callable[[socket.AddressFamily, socket.SocketKind, int], socket.socket]

_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
_LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})

# The Fetch standard's bad ports (https://fetch.spec.whatwg.org/#port-blocking), then databases, caches and daemons that
# take commands from whoever connects.
_BAD_PORTS = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109}
    | {110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530}
    | {531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190}
    | {5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
    | {445, 1433, 1521, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5900, 5984, 6379, 9042, 9200, 9300, 10250, 11211}
    | {27017}
)


class Blocked(OSError):
    """An address must not be contacted. An OSError, for aiohttp carries those out of a connection unharmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What the connections of one pool are judged by.

    private      whether they may lead into private networks; then only for addresses that the user wrote himself
    open_socket  makes a socket; replaced by tests, which count
    """

    private: bool = False
    open_socket: OpenSocket = socket.socket

    def judge(self, address: Address) -> None:
        """Refuse what can be refused by how it is written: before anything is looked up. Raises Blocked."""
        if address.port in _BAD_PORTS:
            raise Blocked(f"port {address.port} belongs to another service")
        if address.ip is not None:
            self._judge_ip(address.ip)
            return
        name = address.host.removesuffix(".")
        local = name in _LOCAL_NAMES or name.endswith(".localhost")
        if name in _METADATA_NAMES or (local and not self.private):
            raise Blocked(f"{name} is a name inside this machine or its network")

    def judge_all(self, host: str, ips: Sequence[str]) -> None:
        """Refuse a name of which any address is blocked. Raises Blocked."""
        for ip in ips:
            why = refusal(ip_address(ip), private=self.private)
            if why:
                raise Blocked(f"{host} leads to {ip}: {why}")

    def socket_factory(self, info: AddressInfo) -> socket.socket:
        """A socket for exactly this address, or Blocked: nothing is connected without passing here."""
        family, kind, protocol, _, place = info
        self._judge_ip(ip_address(str(place[0])))
        return self.open_socket(socket.AddressFamily(family), socket.SocketKind(kind), protocol)

    def _judge_ip(self, ip: IPv4Address | IPv6Address) -> None:
        why = refusal(ip, private=self.private)
        if why:
            raise Blocked(why)


class Resolver(AbstractResolver):
    """Looks up a name once a connection and lets aiohttp connect to those addresses only, or to none."""

    def __init__(self, guard: Guard, lookup: Lookup) -> None:
        self._guard = guard
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        ips = await self._lookup(host, port)
        if not ips:
            raise OSError(f"{host} has no address")
        self._guard.judge_all(host, ips)
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for ip in ips
        ]

    async def close(self) -> None:
        """Nothing to close: the lookup belongs to whoever gave it."""


class SystemLookup:
    """The names that this machine knows, asked in threads of their own: a name server that never answers must not
    hold up whatever else the event loop runs in threads."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The IP addresses of a host, in the order in which they should be tried. OSError if there are none."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        )
        return tuple(dict.fromkeys(str(place[0]) for *_, place in found))

    def close(self) -> None:
        """Let go of the threads; one that still waits ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
