"""What it costs to read documents: 1,000 made feeds of 30 items, in full, unchanged, and with one new item each.

    python -m benchmarks.reading [--feeds N] [--profile]

Prints milliseconds of CPU a feed for all that happens between the bytes and the values that are stored: digest,
decoding, trimming, parsing, cleaning, what comes back from the reading process, fingerprints. Beside them, in the same
run: feedparser alone (sanitiser and resolver off, as we use it) and lxml alone (a tree of every document).
Targets: one new item 2.5 ms, unchanged bytes 0.2 ms.
"""

import argparse
import cProfile
import io
import pstats
import time
from collections.abc import Callable

import feedparser
import msgspec
from lxml import etree
from xxhash import xxh3_128_digest

from aggregator.ingest.child import Answer, Document, Read, read
from benchmarks.documents import ITEMS, document
from feeds.clean.rules import Rules

Memories = dict[int, tuple[bytes, bytes]]
ROUNDS = 3
CHUNK = 100  # feeds that are made before the clock runs


def poll(number: int, body: bytes, memories: Memories) -> int:
    """One poll as the pipeline does it, the process boundary included; returns how many entries were new."""
    digest = xxh3_128_digest(body)
    known, memory = memories.get(number, (b"", b""))
    if digest == known:
        return 0
    asked = Document(
        body=body,
        content_type="application/xml",
        url=f"https://site{number}.example/feed",
        rules=Rules(),
        memory=memory,
    )
    packed = msgspec.msgpack.encode(read(msgspec.msgpack.decode(msgspec.msgpack.encode(asked), type=Document)))
    answer: Answer = msgspec.msgpack.decode(packed, type=Answer)
    assert isinstance(answer, Read)
    memories[number] = (digest, answer.memory)
    return len(answer.feed.entries)


def bare_feedparser(body: bytes) -> int:
    """What feedparser alone takes."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    return len(parsed["entries"])


def bare_lxml(body: bytes) -> int:
    """What a tree takes."""
    return len(etree.fromstring(body).xpath("//*[local-name()='item' or local-name()='entry']"))


def measure(feeds: int, newest: int, act: Callable[[int, bytes], int]) -> tuple[float, int]:
    """(CPU milliseconds a feed, entries), over all feeds; making them is not counted."""
    spent, entries = 0.0, 0
    for first in range(0, feeds, CHUNK):
        numbers = range(first, min(first + CHUNK, feeds))
        bodies = [document(number, newest) for number in numbers]
        started = time.process_time()
        entries += sum(act(number, body) for number, body in zip(numbers, bodies, strict=True))
        spent += time.process_time() - started
    return spent * 1000 / feeds, entries


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    feeds: int = options.feeds
    memories: Memories = {}

    def ours(number: int, body: bytes) -> int:
        return poll(number, body, memories)

    def say(what: str, cost: float, entries: int) -> None:
        print(f"{what:34} {cost:8.3f} ms CPU a feed   {entries:6} entries")

    size = sum(len(document(number)) for number in range(10)) / 10_000
    print(f"{feeds} feeds of {ITEMS} items, {size:.0f} KB each; the best of {ROUNDS} rounds but for the full reading")
    say("full", *measure(feeds, ITEMS, ours))
    say("unchanged bytes", *min(measure(feeds, ITEMS, ours) for _ in range(ROUNDS)))
    profile = cProfile.Profile()
    if options.profile:
        profile.enable()
    say("one new item each", *min(measure(feeds, ITEMS + 1 + round_, ours) for round_ in range(ROUNDS)))
    profile.disable()
    few = max(feeds // 10, 1)
    say(f"feedparser alone ({few} feeds)", *measure(few, ITEMS, lambda _, body: bare_feedparser(body)))
    say("lxml alone", *measure(feeds, ITEMS, lambda _, body: bare_lxml(body)))
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
