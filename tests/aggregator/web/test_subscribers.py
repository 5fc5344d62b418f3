"""What a subscriber goes through who reads with feedparser: nothing twice, nothing lost, nothing sent for nothing.

`benchmarks.readers` does the same with newsboat, `reader` and rss2email.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import feedparser
import pytest
from flask.testing import FlaskClient
from lxml import etree
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings, Settings, SiteSettings
from aggregator.dedup.merge import Merger
from aggregator.store import claims
from aggregator.store.engine import writing
from aggregator.web import create_app
from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.model import Enclosure, Entry, Feed, Person
from tests.aggregator.web.conftest import A, B, Fill
from tests.builders import carry, entry, failed, record, source_settings

ATOM = "{http://www.w3.org/2005/Atom}"
XML = pytest.mark.parametrize("format_", ["atom", "rss"])
Held = dict[str, str]
Subscriber = Callable[[str], Held]


@pytest.fixture
def subscriber(client: FlaskClient) -> Subscriber:
    """Reads a feed again and again, keeping entries by their ids, as readers do: id → title."""
    held: dict[str, Held] = {}
    tags: dict[str, str] = {}

    def read(format_: str) -> Held:
        answer = client.get(f"/feeds/all.{format_}", headers={"If-None-Match": tags.get(format_, '""')})
        if answer.status_code == 200:
            tags[format_] = answer.headers["ETag"]
            entries = feedparser.parse(BytesIO(answer.data)).entries
            held[format_] = held.get(format_, {}) | {one.id: one.title for one in entries}
        return held[format_]

    return read


def story(guid: str, now: datetime, **changes: object) -> Entry:
    return entry(guid, title=f"A story that is long enough, {guid}", published=now - timedelta(hours=1), **changes)


@XML
def test_a_subscriber_sees_titles_dates_authors_and_enclosures(
    client: FlaskClient, carried: Fill, now: datetime, format_: str
) -> None:
    sound = Enclosure(url="https://cdn.example/1.mp3", type="audio/mpeg", length=1000, duration=60.0)
    carried(1, story("1", now, authors=(Person(name="Zoë"),), enclosures=(sound,)))
    (seen,) = feedparser.parse(BytesIO(client.get(f"/feeds/all.{format_}").data)).entries
    assert (seen.title, seen.author, seen.published_parsed[:5]) == (
        "A story that is long enough, 1", "Zoë", (2026, 3, 1, 11, 0),
    )  # fmt: skip
    assert [(file.href, file.type, file.length) for file in seen.enclosures] == [(sound.url, "audio/mpeg", "1000")]


@XML
def test_an_edit_changes_an_entry_and_adds_none(
    subscriber: Subscriber, carried: Fill, now: datetime, format_: str
) -> None:
    carried(1, story("1", now), story("2", now))
    before = subscriber(format_)
    carried(1, entry("1", title="Another title", published=now))
    after = subscriber(format_)
    assert after.keys() == before.keys()
    assert sorted(after.values()) == ["A story that is long enough, 2", "Another title"]


@XML
def test_another_lead_adds_no_entry(
    subscriber: Subscriber, carried: Fill, engine: Engine, now: datetime, format_: str
) -> None:
    carried(1, story("1", now))
    before = subscriber(format_)
    carry(engine, 2, now, story("1", now, html="<p>Text of another</p>"))
    Merger(DedupSettings(), (source_settings(B, priority=10),)).run(engine, now)
    assert subscriber(format_) == before


@XML
def test_who_has_everything_is_sent_nothing(client: FlaskClient, carried: Fill, now: datetime, format_: str) -> None:
    carried(1, story("1", now))
    got = client.get(f"/feeds/all.{format_}")
    for held in ({"If-None-Match": got.headers["ETag"]}, {"If-Modified-Since": got.headers["Last-Modified"]}):
        assert client.get(f"/feeds/all.{format_}", headers=held).status_code == 304


def test_o04_what_is_stored_stays_published_while_every_source_fails(
    client: FlaskClient, carried: Fill, engine: Engine, now: datetime
) -> None:
    carried(1, story("1", now))
    with writing(engine) as connection:
        taken = claims.claim_due(connection, now=now, limit=10, lease=timedelta(minutes=5), per_host=1)
    assert len(taken) == 2
    for claim in taken:
        record(engine, claim, failed(), now, now + timedelta(days=2))
    assert len(feedparser.parse(BytesIO(client.get("/feeds/tech.atom").data)).entries) == 1


def test_o28_an_entry_names_its_source_its_author_and_an_identity_of_its_own(
    client: FlaskClient, carried: Fill, now: datetime
) -> None:
    carried(1, *(story(str(number), now) for number in range(9)))
    atom, rss = (etree.fromstring(client.get(f"/feeds/all.{name}").data) for name in ("atom", "rss"))
    assert len({one.text for one in atom.iter(f"{ATOM}id") if one.getparent().tag == f"{ATOM}entry"}) == 9
    assert {one.get("isPermaLink") for one in rss.iter("guid")} == {"false"}
    assert {one.get("url") for one in rss.iter("source")} == {A}
    for found in atom.iter(f"{ATOM}entry"):
        assert found.findtext(f"{ATOM}author/{ATOM}name") == "Blog A"
        assert found.find(f"{ATOM}source/{ATOM}link[@rel='self']").get("href") == A
        assert found.findtext(f"{ATOM}source/{ATOM}title") == "Blog A"


@XML
def test_o29_relative_links_are_absolute(client: FlaskClient, carried: Fill, now: datetime, format_: str) -> None:
    written = Feed(entries=(story("1", now, html='<p><a href="../b">b</a> <img src="/c.png"></p>'),))
    carried(1, *clean(written, base=A, rules=Rules()).entries)
    (seen,) = feedparser.parse(BytesIO(client.get(f"/feeds/all.{format_}").data)).entries
    assert 'href="https://a.example/b"' in seen.content[0].value
    assert 'src="https://a.example/c.png"' in seen.content[0].value


@pytest.mark.parametrize("path", ["/rss/feeds/all.atom", "/feeds/all.atom"])
def test_o20_below_a_path_feeds_are_found_and_name_themselves_there(
    engine: Engine, site: Settings, carried: Fill, now: datetime, path: str
) -> None:
    carried(1, story("1", now))
    below = replace(site, site=SiteSettings(title="T", url="https://example.org/rss/"))
    answer = create_app(below, engine).test_client().get(path)
    parsed = feedparser.parse(BytesIO(answer.data))
    assert {link.rel: link.href for link in parsed.feed.links} == {
        "self": "https://example.org/rss/feeds/all.atom",
        "alternate": "https://example.org/rss/",
    }
