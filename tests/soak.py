"""A day in the life of the whole service, among sources of every hostile kind, on a clock that is turned on by hand.

Real are the origin, the client, the reading processes, the writer, the database and the pages; only the time is not.
Each hour says what the process holds by then: memory, files, threads, the write-ahead log (case L05).
"""

import gc
import gzip
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from aggregator import jobs
from aggregator.config.settings import FetchSettings, Settings, SourceSettings
from aggregator.dedup.merge import Merger
from aggregator.ingest.merging import merge_waiting
from aggregator.ingest.worker import Worker
from aggregator.service import setup
from aggregator.store import sources as synced
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.web import create_app
from tests.builders import settings
from tests.origin import Answer, Asked, Origin, Raw, Reply

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, STEP = timedelta(hours=1), timedelta(minutes=15)
ITEMS = 10  # of a document
DEADLINE = timedelta(seconds=1)
AT_ONCE = 16  # at one host, and there is only one
PAGES = ("/feeds/all.atom", "/status", "/status.json", "/metrics", "/readyz")
XML: tuple[tuple[str, str], ...] = (("Content-Type", "application/xml"),)
BOMB = gzip.compress(bytes(20 << 20))
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is held after so many hours: `rss` and `wal` in bytes; `rss` and `files` with those of the readers."""

    hour: int
    polls: int
    rss: int
    files: int
    threads: int
    readers: int
    wal: int


class Clock:
    """What time it is."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def document(name: str, newest: int, *, count: int = ITEMS, text: str = "") -> bytes:
    """A feed whose newest item has this number; there is one an hour."""

    def item(number: int) -> str:
        at, words = format_datetime(START + number * HOUR), f"What {name} has to say of {number}. {text}" * 3
        link = f"http://news.example/{name}/{number}"
        body = f"<title>{name} {number}</title><link>{link}</link><description>{words}</description>"
        return f"<item><guid>{name}-{number}</guid><pubDate>{at}</pubDate>{body}</item>"

    items = "".join(map(item, range(newest, newest - count, -1)))
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


def kinds(clock: Clock, name: str) -> tuple[Callable[[Asked], Reply], ...]:
    """Every way for a source to be; half of them well."""
    dice = random.Random(name)

    def every(hours: int) -> Callable[[Asked], Reply]:
        def reply(asked: Asked) -> Reply:
            newest = int((clock.now - START) / HOUR) // hours
            etag = f'"{newest}"'
            if asked.header("If-None-Match") == etag:
                return Answer(304, b"", [("ETag", etag)])
            return Answer(200, document(name, newest), [*XML, ("ETag", etag)])

        return reply

    def fixed(body: bytes, status: int = 200, *more: tuple[str, str]) -> Callable[[Asked], Reply]:
        return lambda _: Answer(status, body, [*XML, *more])

    def raw(*pieces: bytes, pause: float = 0.0, end: str = "close") -> Callable[[Asked], Reply]:
        return lambda _: Raw(pieces, pause, end)  # type: ignore[arg-type]

    whole, head = document(name, 1), b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    packed = gzip.compress(whole)
    return (
        every(1), every(2), every(3), every(6), every(12), every(24),
        fixed(whole), fixed(document(name, 1)),
        lambda _: Answer(200, document(name, 1, text=str(dice.random())), XML),  # edited each time
        lambda _: Answer(200, document(f"{name}{dice.random()}", 1, count=60), XML),  # all new each time
        fixed(document(name, 3000, count=1500)),
        fixed(document(name, 1).replace(b"-", b"")),
        fixed(b"<!doctype html><html><body>This domain is for sale</body></html>"),
        fixed(b""), fixed(b"not here", 404), fixed(b"ill", 500), fixed(b"over", 410), fixed(b"no", 403),
        fixed(b"", 302, ("Location", "?again")), fixed(b"", 301, ("Location", "http://[::1")),
        fixed(BOMB, 200, ("Content-Encoding", "gzip")),
        fixed(packed[: len(packed) // 2], 200, ("Content-Encoding", "gzip")),
        fixed(f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><rss><channel><title>&l9;</title></channel></rss>'.encode()),
        fixed(b"<rss><channel>" + b"<item>" * 20_000),
        lambda _: Answer(200, dice.randbytes(5000), XML),
        raw(head + whole[:500]), raw(head + whole[:500], end="reset"), raw(b"", end="reset"),
        raw(b"HTP/9 \0 nonsense\r\n\r\n"),
        raw(head, b"<rss>", pause=1.5), raw(*[head, *[b"<"] * 8], pause=0.25),
    )  # fmt: skip


async def live(folder: Path, *, sources: int, hours: int, seconds: float = 600.0) -> AsyncIterator[Held]:
    """Live so many hours, and say after each what is held; after so many real seconds no other hour is begun.

    Half of the sources are well.
    """
    clock, until = Clock(), time.monotonic() + seconds
    with Origin() as origin:
        given = _settings(folder, origin, sources, clock)
        engine = open_engine(given.database)
        upgrade(engine)
        with writing(engine) as connection:
            synced.sync(connection, setup.listed(given), setup.slugs(given), START)
        client, merger, polls = create_app(given, engine, clock=clock).test_client(), Merger(given.dedup, ()), 0
        async with Worker(engine, given, clock=clock) as worker:
            for hour in range(1, hours + 1):
                if time.monotonic() > until:
                    break
                for _ in range(HOUR // STEP):
                    clock.now += STEP
                    polls += await worker.drain()
                    await merge_waiting(worker, merger, engine, clock)
                    assert all(client.get(page).status_code == 200 for page in PAGES)
                for step in jobs.tidying(given, clock()):
                    with writing(engine) as connection:
                        step(connection)
                origin.requests.clear()
                yield _held(hour, polls, Path(str(engine.url.database)))
                _kill_a_reader()
        engine.dispose()


def _settings(folder: Path, origin: Origin, sources: int, clock: Clock) -> Settings:
    listed = []
    for number in range(sources):
        path, ways = f"/{number}.xml", kinds(clock, f"source{number}") if number % 2 else ()
        origin.script(path, ways[number // 2 % len(ways)] if ways else kinds(clock, f"well{number}")[number // 2 % 6])
        listed.append(
            SourceSettings(address=origin.url(path), kind="feed", allow_private=True, categories=(f"c{number % 7}",))
        )
    fetch = FetchSettings(per_host=AT_ONCE, concurrency=AT_ONCE, deadline=DEADLINE)
    return settings(folder, *listed, fetch=fetch)


def _held(hour: int, polls: int, database: Path) -> Held:
    gc.collect()
    wal, us, readers = Path(f"{database}-wal"), os.getpid(), _readers()
    return Held(
        hour=hour,
        polls=polls,
        rss=sum(_resident(pid) for pid in (us, *readers)),
        files=sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in (us, *readers)),
        threads=len(os.listdir("/proc/self/task")),
        readers=len(readers),
        wal=wal.stat().st_size if wal.exists() else 0,
    )


def _readers() -> list[int]:
    """The reading processes; a server that other tests have started is none of ours."""
    children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in children if b"aggregator.ingest.child" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _kill_a_reader() -> None:
    for pid in _readers()[:1]:
        os.kill(pid, signal.SIGKILL)
