"""What an image through the proxy costs: 1,000 requests for one that is kept, and the first fetch of 200.

    python -m benchmarks.images [--profile]

Prints milliseconds of this process's CPU for each request through the whole application (WSGI in, body out): an image
of 100 KB from the disk cache, a 304, a signature that is not ours; and for the first fetch of an image through the
guarded client, from an origin on loopback that runs in a process of its own, its storing included.
"""

import argparse
import cProfile
import multiprocessing
import pstats
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aggregator.fetch import images
from aggregator.fetch.blocking import BlockingClient
from aggregator.fetch.client import Client
from aggregator.publish.images import Signer
from aggregator.publish.keys import load_keys
from aggregator.store.engine import open_engine, upgrade
from aggregator.web import create_app
from tests.aggregator.fetch.world import World
from tests.builders import settings, source_settings
from tests.origin import Origin

REQUESTS = 1000
IMAGES = 200
ROUNDS = 5
BODY = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400
IP = "93.184.216.34"

Ask = Callable[..., int]


def serve(pipe: Connection) -> None:
    """The origin: tell its port, and end when told."""
    with Origin() as origin:
        origin.feed("/image.png", BODY, content_type="image/png")
        pipe.send(origin.port)
        pipe.recv()


def asking(app: Any) -> Ask:
    """A function that asks the application for a path, reads all of the answer, and returns its status."""

    def ask(path: str, held: str | None = None) -> int:
        said: list[str] = []

        def start_response(status: str, headers: Sequence[tuple[str, str]], exc_info: object = None) -> None:
            said.append(status)

        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.version": (1, 0),
        }
        if held:
            environ["HTTP_IF_NONE_MATCH"] = held
        body = app.wsgi_app(environ, start_response)
        for _ in body:
            pass
        body.close()
        return int(said[0][:3])

    return ask


def cost(ask: Callable[[int], int], requests: int, rounds: int, status: int) -> float:
    """The CPU milliseconds of one request, in the best of some rounds."""
    best = float("inf")
    for round_ in range(rounds):
        started = time.process_time()
        for number in range(requests):
            assert ask(round_ * requests + number) == status
        best = min(best, time.process_time() - started)
    return best * 1000 / requests


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true", help="profile the kept image")
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    server.start()
    origin = Origin(port=here.recv())  # only its port is used: the world sends us there
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), World({"i.example": (IP,)}, {IP: origin}), options.profile)
    here.send(None)
    server.join()


def measure(folder: Path, world: World, profiled: bool) -> None:
    """All of it, in a folder that is thrown away."""
    images.FETCHES_AT_ONCE = 10**9
    site = settings(folder, source_settings("https://a.example/feed", images="proxy"))
    engine = open_engine(site.database)
    upgrade(engine)
    limits = images.image_limits(site.fetch)
    client = BlockingClient(Client(limits, "benchmark/1", lookup=world.lookup, open_socket=world.open_socket))
    ask = asking(create_app(site, engine, image_client=client))
    signer = Signer(load_keys(site))
    url = "http://i.example/image.png"
    path = f"/image/{signer.path(url)}"
    first = [f"/image/{signer.path(f'{url}?{number}')}" for number in range(IMAGES * 3)]
    print(f"first fetch: {cost(lambda number: ask(first[number]), IMAGES, 3, 200):.2f} ms CPU")
    ask(path)
    profile = cProfile.Profile()
    if profiled:
        profile.enable()
    print(f"kept, {len(BODY) // 1000} KB: {cost(lambda _: ask(path), REQUESTS, ROUNDS, 200):.3f} ms CPU")
    profile.disable()
    print(f"304: {cost(lambda _: ask(path, '*'), REQUESTS, ROUNDS, 304):.3f} ms CPU")
    wrong = path.replace("/image/", "/image/A")
    print(f"not signed by us: {cost(lambda _: ask(wrong), REQUESTS, ROUNDS, 403):.3f} ms CPU")
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    client.close()
    engine.dispose()


if __name__ == "__main__":
    main()
