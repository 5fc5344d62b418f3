"""What most publishers carry, as a page and as a feed."""

from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Engine, update

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.store.engine import writing
from aggregator.store.schema import sources
from aggregator.web import create_app
from tests.builders import carry, entry, listed, settings, sync

NAMES = "abcdef"
TITLES = {
    "bridge": "The bridge is closed for repairs until the end of May",
    "train": "新一代高速列车完成首次载客试运行，时速达到四百公里",
    "old": "An older story that everybody carried some days ago already",
}


@pytest.fixture
def client(engine: Engine, tmp_path: Path, now: datetime) -> FlaskClient:
    """Six sources of five publishers: a and b belong to one."""
    sync(engine, now, *(listed(f"https://{name}.example/feed", "news") for name in NAMES))
    with writing(engine) as connection:
        connection.execute(update(sources).where(sources.c.id <= 2).values(link="https://www.ab.example/"))
    for story, carriers, ago in (("bridge", "abc", 1), ("train", "cdef", 2), ("old", NAMES, 60)):
        for name in carriers:
            said = {
                "title": TITLES[story],
                "published": now - timedelta(hours=ago),
                "url": f"https://x.example/{story}",
            }
            carry(engine, NAMES.index(name) + 1, now, entry(f"{name}/{story}", **said))
    carry(engine, 1, now, entry("alone", title="Nobody else has this one story of ours", url="https://x.example/alone"))
    Merger(DedupSettings(), ()).run(engine, now)
    return create_app(settings(tmp_path), engine, clock=lambda: now).test_client()


def titles(client: FlaskClient, path: str) -> list[str]:
    return [node.text() for node in LexborHTMLParser(client.get(path).text).css(".story h3")]


def test_stories_stand_by_the_number_of_their_publishers(client: FlaskClient) -> None:
    assert titles(client, "/top") == [TITLES["train"], TITLES["bridge"]]
    assert "4 publishers" in client.get("/top").text
    assert "2 publishers" in client.get("/top").text


def test_the_week_has_what_the_day_has_no_more(client: FlaskClient) -> None:
    assert titles(client, "/top/week") == [TITLES["train"], TITLES["old"], TITLES["bridge"]]
    assert 'href="/top/week"' in client.get("/top").text


@pytest.mark.parametrize("format_", ["atom", "rss", "json"])
@pytest.mark.parametrize("slug", ["top", "top/week"])
def test_the_feeds_have_the_same(client: FlaskClient, slug: str, format_: str) -> None:
    answer = client.get(f"/feeds/{slug}.{format_}")
    assert answer.status_code == 200
    assert answer.text.index(TITLES["train"]) < answer.text.index(TITLES["bridge"])
    assert client.get(f"/feeds/{slug}.{format_}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_format_that_there_is_not(client: FlaskClient) -> None:
    assert client.get("/feeds/top.xml").status_code == 404


def test_a_story_that_the_window_has_left_is_gone(engine: Engine, tmp_path: Path, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"), listed("https://b.example/feed"))
    for number in (1, 2):
        carry(engine, number, now, entry(str(number), title=TITLES["bridge"], url="https://x.example/1"))
    Merger(DedupSettings(), ()).run(engine, now)
    later = now + timedelta(hours=25)
    client = create_app(settings(tmp_path), engine, clock=lambda: later).test_client()
    assert titles(client, "/top") == []
    feed = ElementTree.fromstring(client.get("/feeds/top.atom").data)
    assert feed.findall("{http://www.w3.org/2005/Atom}entry") == []
