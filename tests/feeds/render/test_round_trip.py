"""What readers get out of our documents: through feedparser, and by the schemas of the formats."""

import html
from calendar import timegm
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import feedparser
import pytest

from feeds import parse
from feeds.model import Feed
from feeds.render import FORMATS
from tests.feeds.render.samples import BARE_FEED, EMPTY_FEED, EVERYTHING, FULL_FEED
from tests.validity import faults

FEEDS = pytest.mark.parametrize("feed", [FULL_FEED, EMPTY_FEED, BARE_FEED], ids=["full", "empty", "bare"])
XML = pytest.mark.parametrize("name", ["rss", "atom"])


def read(name: str, feed: Feed = FULL_FEED) -> Any:
    parsed = feedparser.parse(BytesIO(FORMATS[name].render(feed)), sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo
    return parsed


def seen_title(entry: Any) -> str:
    shown: str = entry.title
    return html.unescape(shown) if entry.title_detail.type == "text/html" else shown


def seen_date(parsed: Any) -> datetime | None:
    return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None


@XML
def test_o06_ids_titles_links_and_dates_survive_feedparser(name: str) -> None:
    linked = [entry for entry in FULL_FEED.entries if entry.url]  # feedparser takes the id for a link that is missing
    seen = [
        (entry.id, seen_title(entry), entry.link, seen_date(entry.published_parsed))
        for entry in read(name).entries[: len(linked)]
    ]
    assert seen == [(entry.guid, entry.title, entry.url, entry.published) for entry in linked]


@XML
def test_o06_updated_survives_feedparser(name: str) -> None:
    assert seen_date(read(name).entries[0].updated_parsed) == EVERYTHING.updated


@XML
def test_a_reader_sees_the_feed_as_it_is(name: str) -> None:
    seen = read(name).feed
    assert (seen.title, seen.link, seen.language) == (FULL_FEED.title, FULL_FEED.link, FULL_FEED.language)
    assert seen_date(seen.updated_parsed) == FULL_FEED.updated
    assert [link.href for link in seen.links if link.rel == "self"] == [FULL_FEED.url]
    assert seen.generator == "feed-aggregator"


@XML
def test_a_reader_sees_text_authors_tags_and_media(name: str) -> None:
    seen = read(name).entries[0]
    assert seen.content[0].value == EVERYTHING.html
    assert seen.summary == EVERYTHING.summary
    assert [author.name for author in seen.authors] == ["李雷", "Zoë Ångström"]
    assert [tag.term for tag in seen.tags] == ["新媒体/ZAKER/source", "Technology", "手机", "R&D"]
    assert seen.media_thumbnail == [{"url": EVERYTHING.image}]
    assert {"url": EVERYTHING.image, "medium": "image"} in seen.media_content


def test_atom_gives_a_reader_every_enclosure() -> None:
    seen = read("atom").entries[0].enclosures
    assert [found.href for found in seen] == [enclosure.url for enclosure in EVERYTHING.enclosures]
    assert (seen[0].type, seen[0].length) == ("audio/mpeg", "12345678")


def test_rss_gives_a_reader_one_enclosure_and_all_of_them_as_media() -> None:
    seen = read("rss").entries[0]
    assert [found.href for found in seen.enclosures] == [EVERYTHING.enclosures[0].url]
    media = [found["url"] for found in seen.media_content]
    assert media == [EVERYTHING.image, *(enclosure.url for enclosure in EVERYTHING.enclosures)]


@XML
def test_how_long_a_recording_lasts_is_said_before_it_is_attached(name: str) -> None:
    document = FORMATS[name].render(FULL_FEED)
    attached = b"<enclosure " if name == "rss" else b'<link rel="enclosure"'
    assert 0 < document.find(b' duration="3723"') < document.index(attached)
    assert "3723" in [one.get("duration") for one in read(name).entries[0].media_content]


@pytest.mark.parametrize("name", FORMATS)
def test_another_aggregator_learns_how_long_a_recording_lasts(name: str) -> None:
    seen = parse.read(FORMATS[name].render(FULL_FEED)).entries[0].enclosures[0]
    assert (seen.url, seen.duration) == ("https://cdn.example.org/a.mp3", 3723)


@FEEDS
@pytest.mark.parametrize("name", FORMATS)
def test_o05_every_format_follows_its_grammar_and_the_validator_s_rules(name: str, feed: Feed) -> None:
    assert faults(name, FORMATS[name].render(feed)) == []
