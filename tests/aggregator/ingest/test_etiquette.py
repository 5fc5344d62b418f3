"""Manners over time: many polls, restarts and clocks, seen from the publisher's side. The wire itself is in `fetch`."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from aggregator.errors import FetchError
from aggregator.fetch.client import Request, Response
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.outcome import Exchange, Hints, Reason
from aggregator.store.engine import reading
from aggregator.store.schema import sightings as sightings_table
from aggregator.store.schema import sources as sources_table
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeClient, FakeParser, answer, rss
from tests.origin import Origin

A = "https://a.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class World:
    """A database, a clock that only tests move, and a worker that is started anew for every look at what is due."""

    def __init__(self, engine: Engine, tmp_path: Path, now: datetime) -> None:
        self.engine = engine
        self.folder = tmp_path
        self.now = now
        self.client = FakeClient({})
        self.changed = 0
        self.added = 0

    async def poll_due(self, *addresses: str) -> int:
        """Start, poll all that is due, and stop; returns how many requests the publishers saw."""
        before = len(self.client.asked)
        given = settings(self.folder, *(source_settings(address) for address in addresses))
        sync(self.engine, self.now, *(listed(address) for address in addresses))
        async with Worker(self.engine, given, clock=lambda: self.now, watch=self._count) as worker:
            worker._pipeline = Pipeline(
                self.client,  # type: ignore[arg-type]
                FakeParser(),  # type: ignore[arg-type]
                given.fetch,
                instances=(),
                folder=self.folder,
                clock=lambda: self.now,
            )
            await worker.drain()
        return len(self.client.asked) - before

    def _count(self, polled: object) -> None:
        self.changed += polled.counts.changed  # type: ignore[attr-defined]
        self.added += polled.counts.added  # type: ignore[attr-defined]


@pytest.fixture
def world(engine: Engine, tmp_path: Path, now: datetime) -> World:
    return World(engine, tmp_path, now)


def unchanged(request: Request) -> Response:
    return replace(answer(b"", request.url), status=304, exchange=Exchange(status=304), validators=request.validators)


async def test_e12_the_same_bytes_with_the_same_tag_are_no_news(world: World) -> None:
    world.client.answers[A] = answer(rss("1"))
    await world.poll_due(A)
    for _ in range(2):
        polled_at = world.now
        while await world.poll_due(A) == 0:
            world.now += HOUR / 4
        assert world.now - polled_at >= HOUR
    assert (world.added, world.changed) == (1, 0)


async def test_e15_restarting_asks_nobody_again(world: World) -> None:
    world.client.answers[A] = answer(rss("1"))
    assert [await world.poll_due(A) for _ in range(10)] == [1] + [0] * 9


async def test_e16_first_polls_of_many_sources_never_crowd_a_host(world: World) -> None:
    addresses = [f"https://h{number % 20}.example/{number}" for number in range(200)]
    at_once: dict[str, int] = {}
    most: dict[str, int] = {}

    class Counting(FakeClient):
        async def get(self, request: Request) -> Response:
            host = request.url.split("/")[2]
            at_once[host] = at_once.get(host, 0) + 1
            most[host] = max(most.get(host, 0), at_once[host])
            await asyncio.sleep(0)
            at_once[host] -= 1
            return await super().get(request)

    world.client = Counting({address: answer(rss("1"), address) for address in addresses})
    assert await world.poll_due(*addresses) == 200
    assert len(most) == 20
    assert max(most.values()) <= 8  # claimed at once; the client lets one of them at the host at a time


async def test_e18_a_restart_does_not_shorten_a_retry_after(world: World) -> None:
    world.client.answers[A] = FetchError(Reason.RATE_LIMITED, "429", status=429, retry_after=2 * HOUR)
    await world.poll_due(A)
    asked_at = world.now
    for minutes in (1, 60, 119):
        world.now = asked_at + timedelta(minutes=minutes)
        assert await world.poll_due(A) == 0
    world.now = asked_at + timedelta(minutes=133)  # with the jitter, which is upward only
    assert await world.poll_due(A) == 1


async def test_e28_a_feed_that_has_moved_for_good_is_asked_where_it_is(world: World) -> None:
    new = "https://new.example/feed"
    world.client.answers[A] = replace(answer(rss("1"), new), moved_to=new)
    world.client.answers[new] = answer(rss("1"), new)
    for _ in range(6):
        await world.poll_due(A)
        world.now += DAY + HOUR * 3
    asked = [request.url for request in world.client.asked]
    assert asked[:4] == [A] * 4
    assert asked[4:] == [new] * 2
    assert world.added == 1


async def test_e28_a_learnt_address_that_fails_twice_is_forgotten(world: World) -> None:
    new = "https://new.example/feed"
    world.client.answers[A] = replace(answer(rss("1"), new), moved_to=new)
    for _ in range(8):
        await world.poll_due(A)
        world.now += DAY * 2
    asked = [request.url for request in world.client.asked]
    assert asked[4:7] == [new, new, A]


async def test_e41_an_origin_that_only_ever_says_304_is_asked_in_full_once_a_month(world: World) -> None:
    world.client.answers[A] = answer(rss("1"))
    await world.poll_due(A)
    world.client.answers[A] = lambda request: unchanged(request) if request.validators.etag else answer(rss("1", "2"))
    for _ in range(70):
        world.now += DAY + 3 * HOUR
        await world.poll_due(A)
    in_full = [number for number, request in enumerate(world.client.asked) if not request.validators.etag]
    assert in_full[0] == 0
    assert len(in_full) == 3  # the first, and two in 78 days
    assert world.added == 2


async def test_e42_nothing_but_the_feed_is_ever_asked_for(world: World) -> None:
    world.client.answers[A] = answer(rss("1"))
    await world.poll_due(A)
    assert [request.url for request in world.client.asked] == [A]


async def test_n30_a_document_that_changes_in_nothing_but_a_comment_is_no_news(world: World) -> None:
    for number in range(5):
        body = rss("1").replace(b"<channel>", b"<channel><!-- %d -->" % number)
        world.client.answers[A] = answer(body, etag=b'"%d"' % number)
        assert await world.poll_due(A) == 1
        world.now += DAY * 2
    assert (world.added, world.changed) == (1, 0)


async def test_n35_two_workers_at_once_poll_a_source_once(world: World) -> None:
    world.client.answers[A] = answer(rss("1"))
    assert sum(await asyncio.gather(world.poll_due(A), world.poll_due(A))) >= 1
    assert len(world.client.asked) == 1


async def test_e23_what_is_fresh_is_not_asked_for_after_a_304_either(world: World) -> None:
    world.client.answers[A] = answer(rss("1"))
    await world.poll_due(A)
    world.client.answers[A] = lambda request: replace(unchanged(request), hints=Hints(fresh_for=12 * HOUR))
    world.now += DAY * 2
    assert await world.poll_due(A) == 1
    world.now += 11 * HOUR
    assert await world.poll_due(A) == 0


PAGES = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">
<title>A</title><fh:archive/><link rel="self" href="%(own)s"/><link rel="prev-archive" href="%(own)s"/>
<link rel="next" href="%(own)s?page=2"/><link rel="next-archive" href="%(other)s"/><link rel="current" href="/x"/>
<link rel="first" href="/x"/><link rel="last" href="/x"/><entry><id>1</id><title>One</title></entry></feed>"""
NEXT = b'{"version":"https://jsonfeed.org/version/1.1","title":"A","next_url":"%s","items":[{"id":"1"}]}'


@pytest.mark.parametrize("leads_to", ["itself", "another page", "another host", "archives"])
async def test_x18_x19_e35_older_pages_are_not_asked_for(engine: Engine, tmp_path: Path, leads_to: str) -> None:
    with Origin() as origin, Origin() as elsewhere:
        own, other = origin.url("/feed").encode(), elsewhere.url("/feed").encode()
        pages = {"itself": own, "another page": own + b"?page=2", "another host": other}
        body = NEXT % pages[leads_to] if leads_to in pages else PAGES % {b"own": own, b"other": other}
        for one in (origin, elsewhere):
            one.feed("/feed", body)
        source = source_settings("https://x", allow_private=True)
        source = replace(source, address=own.decode(), kind="feed")
        sync(engine, datetime.now(UTC), listed(source.address))
        async with Worker(engine, settings(tmp_path, source)) as worker:
            assert await worker.drain() == 1
        assert [asked.path for asked in origin.requests] == ["/feed"]
        assert elsewhere.requests == []
    assert stored(engine) == ["1"]


async def test_x20_a_feed_without_entries_takes_nothing_away(world: World, engine: Engine) -> None:
    world.client.answers[A] = answer(rss("1", "2"), etag=None)
    await world.poll_due(A)
    for number in range(3):
        world.now += DAY
        world.client.answers[A] = answer(rss() + b" " * number, etag=None)
        assert await world.poll_due(A) == 1
    assert stored(engine) == ["1", "2"]
    with reading(engine) as connection:
        assert connection.scalar(select(sources_table.c.reason)) is None


async def test_x20_a_feed_that_never_had_entries_is_well(world: World, engine: Engine) -> None:
    world.client.answers[A] = answer(rss())
    await world.poll_due(A)
    with reading(engine) as connection:
        assert connection.execute(select(sources_table.c.reason, sources_table.c.failures)).one() == (None, 0)


def stored(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(sightings_table.c.guid).order_by(sightings_table.c.guid)))


async def test_q19_after_hours_of_sleep_each_source_is_polled_once_and_then_spread(world: World) -> None:
    many = tuple(f"https://h{number}.example/feed" for number in range(20))
    world.client.answers = {one: answer(rss("1"), one) for one in many}
    await world.poll_due(*many)
    world.now += 8 * HOUR
    assert (await world.poll_due(*many), await world.poll_due(*many)) == (20, 0)
    with reading(world.engine) as connection:
        coming = set(connection.scalars(select(sources_table.c.next_fetch_at)))
    assert min(coming) >= world.now + HOUR / 4
    assert len(coming) > 10
