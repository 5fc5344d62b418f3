"""Real documents, damaged on purpose, through what the reading process does: nothing may raise, hang or grow.

    python -m benchmarks.fuzz [--seed N] [--count N] [--seconds N] [--only NUMBER]

A document is made of the seed and its number alone, so that what was found can be had again with `--only`. Each goes
through `ingest.child.answer`, with the message on both sides, under an alarm of CPU time; a fault is whatever is no
answer, and is printed with how to make it again. Exit code 1 if there was one. Without ../shared/corpus the documents
of tests/data are all there is. The tests run a few hundred.
"""

import argparse
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec

from aggregator.ingest.child import Answer, Document, Read, answer
from feeds.clean.rules import Rules
from tests.corpus import CORPUS

CPU_SECONDS = 5.0  # for one document; the real process is killed after 10
ROUNDS = 4  # mutations of one document at most
LONGEST = 2**20  # bytes; longer ones are for the tests of limits
DATA = Path(__file__).parents[1] / "tests" / "data" / "feeds"

Mutation = Callable[[random.Random, bytes], bytes]

_TAG = re.compile(rb"</?([a-zA-Z][\w:.-]*)[^<>]*>")
_ENCODINGS = ("utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "gb18030", "shift_jis", "utf-7", "koi8-r")
_DECLARED = (b"utf-7", b"zlib", b"idna", b"utf-16", b"gb2312", b"x" * 50, b"")
_SPLINTERS = (
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml ", b"?>", b"<!DOCTYPE rss [", b"]>", b"<!ENTITY a 'b'>", b"&a;",
    b"&#xD800;", b"&#0;", b"&", b"<", b">", b'"', b"'", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80",
    b"</item>", b"<item>", b"<entry>", b"</channel>", b"</rss>", b"</feed>", b"<feed>", b" xml:base='http://[::1'",
    b" xmlns='x'", b"<a:b>", b"{", b"[", b'":', b"1e999", b"-1", b"99999999999999999999", b"0000-00-00T00:00:00Z",
    b"Tue, 99 Foo 99999 99:99:99 +9999", b"http://[", b"//", b"data:image/png;base64,", b"\xf0\x9f\x98\x80",
    b"\xe2\x80\xae",
)  # fmt: skip


def _flip(rng: random.Random, body: bytes) -> bytes:
    damaged = bytearray(body)
    for _ in range(rng.randint(1, 20)):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def _cut(rng: random.Random, body: bytes) -> bytes:
    start, end = _span(rng, body)
    return body[:start] + body[end:]


def _end_early(rng: random.Random, body: bytes) -> bytes:
    return body[: rng.randrange(len(body))]


def _repeat(rng: random.Random, body: bytes) -> bytes:
    start, end = _span(rng, body)
    return body[:end] + body[start:end] * rng.choice((1, 2, 10, 300)) + body[end:]


def _move(rng: random.Random, body: bytes) -> bytes:
    start, end = _span(rng, body)
    rest = body[:start] + body[end:]
    at = rng.randint(0, len(rest))
    return rest[:at] + body[start:end] + rest[at:]


def _splinter(rng: random.Random, body: bytes) -> bytes:
    for _ in range(rng.randint(1, 8)):
        at = rng.randint(0, len(body))
        body = body[:at] + rng.choice(_SPLINTERS) * rng.choice((1, 1, 1, 2, 2000)) + body[at:]
    return body


def _swap_tags(rng: random.Random, body: bytes) -> bytes:
    tags = list(_TAG.finditer(body))
    if len(tags) < 2:
        return body
    one, two = sorted(rng.sample(tags, 2), key=lambda tag: tag.start())
    return body[: one.start()] + two[0] + body[one.end() : two.start()] + one[0] + body[two.end() :]


def _rename(rng: random.Random, body: bytes) -> bytes:
    names = sorted({tag[1] for tag in _TAG.finditer(body)})
    if not names:
        return body
    return body.replace(rng.choice(names), rng.choice([*names, b"x:y", b"item", b"content", b"link", b"a" * 3000]))


def _attribute(rng: random.Random, body: bytes) -> bytes:
    tags = list(_TAG.finditer(body))
    if not tags:
        return body
    at = rng.choice(tags).end() - 1
    value = rng.choice((b"x" * 300_000, b"&amp;" * 20_000, b"'" * 500, b"\n" * 5000))
    many = b" ".join(b"a%d='%d'" % (number, number) for number in range(rng.choice((10, 3000))))
    return (
        body[:at]
        + rng.choice((b' href="' + value + b'"', b" " + many, b" xml:lang='" + value, b" type=base64"))
        + body[at:]
    )


def _nest(rng: random.Random, body: bytes) -> bytes:
    start, end = _span(rng, body)
    depth, name = rng.choice((10, 600, 6000)), rng.choice((b"div", b"b", b"item", b"entry", b"table", b"x:y"))
    opening, closing = rng.choice(((b"<%s>", b"</%s>"), (b"&lt;%s&gt;", b"&lt;/%s&gt;"), (b"<%s>", b"")))
    closed = (closing % name if closing else b"") * depth
    return body[:start] + opening % name * depth + body[start:end] + closed + body[end:]


def _encode(rng: random.Random, body: bytes) -> bytes:
    if rng.random() < 0.5:
        return re.sub(rb"encoding=[\"'][^\"']*", b'encoding="' + rng.choice(_DECLARED), body, count=1)
    return body.decode("utf-8", "replace").encode(rng.choice(_ENCODINGS), "replace")


MUTATIONS: Sequence[Mutation] = (
    _flip, _cut, _end_early, _repeat, _move, _splinter, _swap_tags, _rename, _attribute, _nest, _encode,
)  # fmt: skip


def _span(rng: random.Random, body: bytes) -> tuple[int, int]:
    start = rng.randrange(len(body))
    return start, min(len(body), start + int(rng.expovariate(1 / 400)) + 1)


def seeds() -> list[Path]:
    """The documents to begin with, in an order that does not change."""
    folders = (DATA, *([CORPUS / "files"] if CORPUS.is_dir() else []))
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if 0 < path.stat().st_size <= LONGEST]


def mutant(paths: Sequence[Path], seed: int, number: int) -> bytes:
    """The document of that number: one of the files, damaged; now and then two of them, joined."""
    rng = random.Random(f"{seed} {number}")
    body = rng.choice(paths).read_bytes()
    if rng.random() < 0.1:
        other = rng.choice(paths).read_bytes()
        body = body[: rng.randint(0, len(body))] + other[rng.randint(0, len(other)) :]
    for _ in range(rng.randint(1, ROUNDS)):
        body = rng.choice(MUTATIONS)(rng, body or b" ")[: 4 * LONGEST]
    return body


def fault_of(body: bytes) -> str | None:
    """What is wrong with how a document was answered, as a traceback; None if nothing is."""
    question = Document(body=body, content_type="application/xml", url="https://a.example/feed", rules=Rules())
    try:
        with alarm(CPU_SECONDS):
            asked = msgspec.msgpack.decode(msgspec.msgpack.encode(question), type=Document)
            said: Answer = msgspec.msgpack.decode(msgspec.msgpack.encode(answer(asked)), type=Answer)
    except BaseException as error:  # what is no answer is what is looked for, whatever it is
        if isinstance(error, KeyboardInterrupt):
            raise
        return traceback.format_exc()
    if isinstance(said, Read) and len(said.feed.entries) != len(said.originals):
        return "there are not as many originals as entries"
    return None


class Hung(BaseException):
    """A document took more CPU than it may; no `except Exception` on the way may swallow that."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raises Hung after so much CPU time, as soon as Python code runs again."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def main() -> None:
    """Damage, read, and print what went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--count", type=int, default=1000)
    arguments.add_argument("--seconds", type=float, default=600.0, help="of CPU, all together")
    arguments.add_argument("--only", type=int)
    options = arguments.parse_args()
    paths = seeds()
    numbers = range(options.count) if options.only is None else [options.only]
    faults, slowest, done = Counter[str](), (0.0, -1), 0
    for number in numbers:
        if time.process_time() > options.seconds:
            break
        body = mutant(paths, options.seed, number)
        started = time.process_time()
        fault = fault_of(body)
        slowest = max(slowest, (time.process_time() - started, number))
        done += 1
        if fault:
            faults[fault.strip().splitlines()[-1][:100]] += 1
            print(f"--seed {options.seed} --only {number} ({len(body)} bytes)\n{fault}", flush=True)
    print(
        f"seed {options.seed}: {done} documents of {len(paths)} files, {sum(faults.values())} faults, "
        f"{time.process_time():.0f} s CPU; the slowest, number {slowest[1]}, took {slowest[0]:.2f} s"
    )
    for what, count in faults.most_common():
        print(f"{count:6}  {what}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
