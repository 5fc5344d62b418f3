"""A small site: two sources in two categories, one story in both, and the application that shows it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings, Settings, SiteSettings
from aggregator.dedup.merge import Merger
from aggregator.web import create_app
from feeds.model import Entry
from tests.builders import carry, entry, listed, settings, source_settings, sync

A, B = "https://a.example/feed", "https://b.example/feed"

Client = FlaskClient
Fill = Callable[..., None]


@pytest.fixture
def sources(engine: Engine, now: datetime) -> tuple[int, ...]:
    """Two sources in the database; nothing fetched yet."""
    return sync(engine, now, listed(A, "tech", "tech/python"), listed(B, "新闻"))


@pytest.fixture
def carried(engine: Engine, now: datetime, sources: tuple[int, ...]) -> Fill:
    """Store what source 1 or 2 carried, and merge."""

    def fill(source: int, *entries: Entry) -> None:
        carry(engine, source, now, *entries)
        Merger(DedupSettings(), ()).run(engine, now)

    return fill


@pytest.fixture
def stories(carried: Fill, now: datetime) -> None:
    """Three stories, the newest of them in both categories."""
    shared = {"title": "一个足够长的、两家都刊登的标题", "url": "https://a.example/shared"}
    carried(1, entry("1", published=now - timedelta(days=1)), entry("2", published=now, **shared))
    carried(2, entry("3", published=now - timedelta(days=2)), entry("4", published=now, **shared))


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """What config.yaml says."""
    return settings(
        tmp_path,
        source_settings(A, name="Blog A", categories=("tech", "tech/python"), line=4),
        source_settings(B, name="Blog B", categories=("新闻",), line=7),
        site=SiteSettings(title="My river", url="https://news.example.org"),
    )


@pytest.fixture
def client(engine: Engine, site: Settings, now: datetime) -> FlaskClient:
    """A browser, or a reader, in front of the site."""
    return create_app(site, engine, clock=lambda: now).test_client()


@pytest.fixture
def no_database(engine: Engine, tmp_path: Path) -> Callable[[], None]:
    """Take the database away."""

    def take() -> None:
        engine.dispose()
        for file in tmp_path.glob("test.db*"):
            file.unlink()
        (tmp_path / "test.db").mkdir()

    return take
