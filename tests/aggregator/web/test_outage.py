"""Case O03 for real: a SQLite file that another process has locked, a PostgreSQL that was stopped, and what then.

Feeds of every kind are served as they were last; what was never rendered, and every page, is a 503 that says when to
return, in the language of whoever asked; and with the database there again all is as before, without a restart.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings, Settings
from aggregator.dedup.merge import Merger, story_uuid
from aggregator.store import texts
from aggregator.store.engine import open_engine
from aggregator.web import create_app
from tests.aggregator.web.conftest import A, B
from tests.builders import carry, entry, listed, sync
from tests.postgres import Cluster, binaries

Outage = Callable[[], AbstractContextManager[None]]

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA locking_mode = EXCLUSIVE")
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""

FEEDS = (
    "/feeds/all.atom", "/feeds/tech.rss", "/feeds/tech/python.json", "/feeds/all.atom?limit=1",
    "/feeds/tech.2026-02.1.atom", "/feeds/search.atom?q=Entry", "/feeds/tech.json?q=Entry&limit=2",
    "/feeds/top.rss", "/feeds/top/week.atom",
)  # fmt: skip
PAGES = (
    "/", "/category/tech", "/category/tech?before=3a-1", "/search?q=Entry", "/top", "/top/week",
    f"/story/{story_uuid(A, '1')}", "/status", "/status/source/1",
)  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that these tests may stop: nobody else uses it."""
    own = Cluster(binaries())
    yield own
    own.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated, tmp_path / 'test.db')}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.fresh())


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = open_engine(database, patience_ms=50)
    yield engine
    engine.dispose()


@pytest.fixture
def outage(engine: Engine, request: pytest.FixtureRequest) -> Outage:
    """Takes the database away for as long as a `with` lasts."""
    if engine.dialect.name == "sqlite":
        return lambda: locked(engine)
    return lambda: stopped(request.getfixturevalue("cluster"))


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    engine.dispose()  # a connection that is open keeps others from locking the file
    command = [sys.executable, "-c", LOCK, str(engine.url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        yield
        other.stdin.close()


@contextmanager
def stopped(cluster: Cluster) -> Iterator[None]:
    cluster.stop()
    yield
    cluster.start()


@pytest.fixture
def site_client(engine: Engine, site: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The site with stories of two months and one that two sources carry. A database that comes back is seen at
    once."""
    monkeypatch.setattr("aggregator.publish.renditions.RETRY_SECONDS", 0.0)
    shared = {"title": "A long enough title that both of them have", "url": "https://a.example/shared"}
    sync(engine, now, listed(A, "tech", "tech/python"), listed(B, "新闻"))
    carry(engine, 1, now, entry("1"), entry("old", published=now - timedelta(days=5)), entry("2", **shared))
    carry(engine, 2, now, entry("3", **shared))
    Merger(DedupSettings(), ()).run(engine, now)
    texts.index_all(engine)
    return create_app(site, engine, clock=lambda: now).test_client()


def test_o03_feeds_are_served_as_they_were_last_then_anew(site_client: FlaskClient, outage: Outage) -> None:
    before = {path: site_client.get(path) for path in FEEDS}
    assert {path: answer.status_code for path, answer in before.items()} == dict.fromkeys(FEEDS, 200)
    with outage():
        during = {path: site_client.get(path) for path in FEEDS}
    for path in FEEDS:
        assert (during[path].status_code, during[path].data) == (200, before[path].data), path
        assert during[path].headers["ETag"] == site_client.get(path).headers["ETag"]


def test_o03_a_feed_that_was_never_rendered_is_503_and_not_empty(site_client: FlaskClient, outage: Outage) -> None:
    with outage():
        for path in FEEDS:
            answer = site_client.get(path)
            assert (answer.status_code, answer.content_type) == (503, "text/plain; charset=utf-8"), path
            assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("60", "no-store")
            assert answer.text.startswith("The database cannot be read at the moment.")
    assert {site_client.get(path).status_code for path in FEEDS} == {200}


def test_o03_a_page_is_503_in_our_own_words_and_tells_nothing_of_the_inside(
    site_client: FlaskClient, outage: Outage
) -> None:
    assert {path: site_client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)
    with outage():
        for path in PAGES:
            answer = site_client.get(path)
            assert (answer.status_code, answer.content_type) == (503, "text/html; charset=utf-8"), path
            assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("60", "no-store")
            assert "The database cannot be read at the moment" in answer.text
            assert not any(word in answer.text for word in ("Traceback", "sqlite", "psycopg", "test.db", "SELECT"))
    assert {site_client.get(path).status_code for path in PAGES} == {200}


def test_o03_what_asks_no_database_is_answered(site_client: FlaskClient, outage: Outage) -> None:
    with outage():
        for path in ("/feeds.opml", "/sources.opml", "/feeds/tech.opml", "/static/style.css", "/healthz"):
            assert site_client.get(path).status_code == 200, path
        assert site_client.get("/readyz").status_code == 503
        assert site_client.get("/nowhere").status_code == 404
