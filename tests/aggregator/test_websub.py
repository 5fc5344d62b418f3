"""What a hub hears of us: every change of every feed, once, however often we are restarted and whatever it answers."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import Engine

from aggregator import websub
from aggregator.config.settings import DedupSettings, Settings, SiteSettings
from aggregator.dedup.merge import Merger
from aggregator.ingest.worker import Worker
from aggregator.jobs import schedule
from aggregator.publish.renditions import Renditions
from aggregator.websub import AFTER_A_FAILURE, EVERY, Publisher
from feeds.render import FORMATS
from tests.builders import carry, entry, listed, settings, source_settings, sync
from tests.origin import Answer, Origin
from tests.postgres import on_both as on_both

A, B = "https://a.example/feed", "https://b.example/feed"
SITE = "https://news.example.org"
MINUTE = timedelta(minutes=1)
TECH = [f"{SITE}/feeds/{slug}.{format_}" for slug in ("all", "tech") for format_ in ("atom", "json", "rss")]


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class HubOfTests:
    """A hub on loopback, and what it was told of."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.says(204)

    def says(self, status: int, *headers: tuple[str, str]) -> None:
        self.origin.answer("/", Answer(status, b"", headers))

    def heard(self) -> list[str]:
        """The topics, sorted, since this was last asked."""
        asked, self.origin.requests[:] = list(self.origin.requests), []
        return sorted(topic for one in asked for topic in parse_qs(one.body.decode())["hub.url"])


@pytest.fixture
def hub() -> Iterator[HubOfTests]:
    with Origin() as origin:
        yield HubOfTests(origin)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def site(tmp_path: Path, hub: HubOfTests) -> Settings:
    sources = source_settings(A, categories=("tech",)), source_settings(B, categories=("news",))
    return settings(tmp_path, *sources, site=SiteSettings(url=SITE, hub=hub.origin.url()))


@pytest.fixture
def merged(engine: Engine, clock: Clock) -> Callable[[str], None]:
    """Carry an entry of A, and merge."""
    sync(engine, clock(), listed(A, "tech"), listed(B, "news"))

    def carried(guid: str) -> None:
        carry(engine, 1, clock(), entry(guid))
        Merger(DedupSettings(), ()).run(engine, clock())

    return carried


@pytest.fixture
def publish(engine: Engine, site: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A minute passes, and a process of ours looks."""
    monkeypatch.setattr(websub, "SETTLING_SECONDS", 0.0)
    publisher = Publisher(engine, site, clock, call=asyncio.to_thread, stopping=lambda: False)

    def look() -> None:
        clock.now += EVERY
        asyncio.run(publisher.publish())

    return look


def test_every_format_of_every_category_that_changed_is_told_of_once(
    publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests
) -> None:
    merged("1")
    publish()
    assert hub.heard() == TECH
    publish()
    assert hub.heard() == []
    merged("2")
    publish()
    assert hub.heard() == TECH


def test_what_is_told_of_is_what_a_feed_says_of_itself(
    engine: Engine, site: Settings, publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests
) -> None:
    merged("1")
    publish()
    renditions = Renditions(engine, site)
    for topic in hub.heard():
        slug, _, format_ = topic.rpartition("/")[2].partition(".")
        feed = renditions.get(slug, format_)
        assert feed is not None
        for address in (topic, hub.origin.url()):
            assert f'"{address}"'.encode() in feed.body


def test_two_changes_within_a_minute_are_told_of_as_one(
    engine: Engine, site: Settings, publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests,
    clock: Clock,
) -> None:  # fmt: skip
    merged("1")
    publish()
    hub.heard()
    merged("2")
    asyncio.run(Publisher(engine, site, clock, call=asyncio.to_thread, stopping=lambda: False).publish())
    assert hub.heard() == []
    merged("3")
    publish()
    assert hub.heard() == TECH


def test_another_process_and_a_restart_know_what_was_told(
    engine: Engine, site: Settings, publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests,
    clock: Clock,
) -> None:  # fmt: skip
    merged("1")
    publish()
    hub.heard()
    clock.now += 2 * MINUTE
    asyncio.run(Publisher(engine, site, clock, call=asyncio.to_thread, stopping=lambda: False).publish())
    assert hub.heard() == []


def test_a_hub_that_fails_is_logged_left_alone_and_told_again(
    publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests, clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    merged("1")
    hub.says(500)
    with caplog.at_level(logging.WARNING):
        publish()
    assert (len(hub.heard()), [one.message for one in caplog.records]) == (1, ["the hub failed"])
    hub.says(204)
    publish()
    assert hub.heard() == []
    clock.now += AFTER_A_FAILURE
    publish()
    assert hub.heard() == TECH


def test_a_hub_says_how_long_it_wants_to_be_left_alone(
    publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests, clock: Clock
) -> None:
    merged("1")
    hub.says(429, ("Retry-After", "7200"))
    publish()
    hub.heard()
    clock.now += 118 * MINUTE
    publish()
    assert hub.heard() == []
    clock.now += 2 * MINUTE
    publish()
    assert len(hub.heard()) == 1


def test_a_worker_that_is_to_end_tells_nothing_more(
    engine: Engine, site: Settings, publish: Callable[[], None], merged: Callable[[str], None], hub: HubOfTests,
    clock: Clock,
) -> None:  # fmt: skip
    merged("1")
    asyncio.run(Publisher(engine, site, clock, call=asyncio.to_thread, stopping=lambda: True).publish())
    assert hub.heard() == []
    clock.now += EVERY
    publish()
    assert hub.heard() == TECH


def test_only_the_feed_of_the_usual_length_names_the_hub(
    engine: Engine, site: Settings, merged: Callable[[str], None], hub: HubOfTests
) -> None:
    merged("1")
    renditions = Renditions(engine, site)
    named = {limit: hub.origin.url() in str(renditions.get("tech", "atom", limit)) for limit in (None, 50, 7)}
    assert named == {None: True, 50: True, 7: False}


@pytest.mark.parametrize("named", [True, False])
async def test_the_job_is_there_where_a_hub_is_named(
    engine: Engine, site: Settings, tmp_path: Path, clock: Clock, named: bool
) -> None:
    site = site if named else settings(tmp_path)
    async with Worker(engine, site, clock=clock) as worker:
        jobs = [job.name for job in schedule(worker, engine, site, clock).get_jobs()]
    assert ("publish" in jobs) is named


def test_every_published_format_is_a_topic() -> None:
    assert {topic.rpartition(".")[2] for topic in TECH} == set(FORMATS)
