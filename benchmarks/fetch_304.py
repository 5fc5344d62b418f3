"""What it costs to learn that nothing is new: 1,000 conditional GETs, all answered 304, from an origin on loopback.

    python -m benchmarks.fetch_304 [--profile] [--peers]

Prints milliseconds of this process's CPU for each poll through the whole fetch path (address, host's turn, guard,
request, answer, validators, hints); the origin runs in a process of its own. `--peers` adds aiohttp's own session,
bare. The target is 0.35 ms.
"""

import argparse
import asyncio
import cProfile
import multiprocessing
import pstats
import time
from collections.abc import Awaitable, Callable, Iterator
from multiprocessing.connection import Connection

import aiohttp

from aggregator.config.settings import FetchSettings
from aggregator.fetch.client import Client, Request, Response
from tests.origin import Origin

FEEDS = 1000
AT_ONCE = 16
ROUNDS = 5
BODY = b"<rss version='2.0'><channel><title>t</title></channel></rss>"

Poll = Callable[[int], Awaitable[object]]


def serve(pipe: Connection) -> None:
    """The origin: tell its port, and end when told."""
    with Origin() as origin:
        for number in range(FEEDS):
            origin.feed(f"/{number}.xml", BODY, etag=f'"{number}"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
        pipe.send(origin.url())
        pipe.recv()


async def measure(poll: Poll) -> float:
    """The CPU milliseconds of one poll, in the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        numbers = iter(range(FEEDS))
        started = time.process_time()
        await asyncio.gather(*(poll_each(poll, numbers) for _ in range(AT_ONCE)))
        best = min(best, time.process_time() - started)
    return best * 1000 / FEEDS


async def poll_each(poll: Poll, numbers: Iterator[int]) -> None:
    """Poll what is next until nothing is left; several do so at once."""
    for number in numbers:
        await poll(number)


async def ours(url: str, profile: cProfile.Profile | None) -> float:
    """Our client, polls of feeds that it has fetched before."""
    async with Client(FetchSettings(per_host=AT_ONCE), "benchmark/1") as client:

        async def get(number: int, known: Response | None = None) -> Response:
            request = Request(url=f"{url}{number}.xml", allow_private=True)
            if known is not None:
                request = Request(url=request.url, allow_private=True, validators=known.validators)
            return await client.get(request)

        first = [await get(number) for number in range(FEEDS)]

        async def poll(number: int) -> None:
            assert (await get(number, first[number])).status == 304

        if profile is not None:
            profile.enable()
        return await measure(poll)


async def session(url: str) -> float:
    """aiohttp's session doing the same, with nothing around it."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as client:

        async def poll(number: int) -> None:
            async with client.get(f"{url}{number}.xml", headers={"If-None-Match": f'"{number}"'}) as answer:
                assert answer.status == 304

        return await measure(poll)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,))
    server.start()
    url = here.recv()
    profile = cProfile.Profile() if options.profile else None
    print(f"ours: {asyncio.run(ours(url, profile)):.3f} ms CPU a poll")
    if options.peers:
        print(f"aiohttp's session, bare: {asyncio.run(session(url)):.3f} ms CPU a poll")
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    here.send(None)
    server.join()


if __name__ == "__main__":
    main()
