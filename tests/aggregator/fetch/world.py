"""A pretended internet on loopback: names have public addresses, and the sockets to them end at origins of ours.

Nothing in it can reach a real host: a socket for an address that is not in the world refuses to connect. It counts
what was looked up and every socket that was asked for, so a test can say that there was none.
"""

import socket
from collections.abc import Sequence
from typing import Any

from tests.origin import Origin


class World:
    """What a client is given in place of DNS and sockets.

    names    host → its addresses; a host that is not there does not exist
    origins  address → who answers there, on any port
    """

    def __init__(self, names: dict[str, Sequence[str]], origins: dict[str, Origin]) -> None:
        self.names = names
        self.origins = origins
        self.looked_up: list[str] = []
        self.sockets = 0
        self.connected: list[tuple[str, int]] = []

    async def lookup(self, host: str, port: int) -> Sequence[str]:
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "no such host in this world")
        return self.names[host]

    def open_socket(self, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int) -> socket.socket:
        self.sockets += 1
        return Detour(self, family, kind)


class Detour(socket.socket):
    """A socket that ends at an origin of the world, wherever it is told to go."""

    def __init__(self, world: World, family: socket.AddressFamily, kind: socket.SocketKind) -> None:
        super().__init__(family, kind)
        self._world = world

    def connect(self, address: Any) -> None:
        host, port = address[:2]
        self._world.connected.append((host, port))
        origin = self._world.origins.get(host)
        if origin is None:
            raise ConnectionRefusedError(f"nobody is at {host} in this world")
        super().connect(("127.0.0.1", origin.port))
