"""What is published of a story: the right text, the right names, and always the same."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from aggregator.config.settings import PublishSettings
from aggregator.publish.selection import (
    Catalogue,
    common_language,
    excerpt,
    feed_address,
    page_address,
    published_entry,
    published_feed,
    rhythm_of,
)
from aggregator.store.views import SeenAt, Story
from feeds.model import Source
from tests.builders import settings, source_settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A, B = "https://a.example/feed", "https://b.example/feed"


def seen_at(address: str, **changes: object) -> SeenAt:
    fields: dict[str, object] = {
        "sighting_id": 1, "title": "", "link": "https://a.example/", "url": "https://a.example/1", "reason": "founder",
    }  # fmt: skip
    return SeenAt(address=address, **(fields | changes))  # type: ignore[arg-type]


def story(**changes: object) -> Story:
    fields: dict[str, object] = {
        "id": 1, "uuid": UUID(int=5), "published": NOW, "updated": NOW, "title": "A story", "url": "https://a.example/1",
        "html": "<p>The whole text</p>", "summary": "", "authors": (), "tags": ("tag",), "enclosures": (),
        "image": None, "language": None, "slugs": ("all", "tech", "tech/python"), "lead": seen_at(A), "others": (),
    }  # fmt: skip
    return Story(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(settings(tmp_path, source_settings(A, name="Blog A", categories=("tech", "tech/python"))))


def test_an_entry_carries_its_identity_paths_and_source(catalogue: Catalogue) -> None:
    entry = published_entry(catalogue, story())
    assert entry.guid == f"urn:uuid:{UUID(int=5)}"
    assert entry.categories == (("tech",), ("tech", "python"))
    assert entry.source == Source(title="Blog A", url=A, link="https://a.example/")


def test_a_source_is_called_as_the_file_says_else_as_it_says_else_where_it_is(catalogue: Catalogue) -> None:
    assert catalogue.source_name(seen_at(A, title="Its own title")) == "Blog A"
    assert catalogue.source_name(seen_at(B, title="Its own title")) == "Its own title"
    assert catalogue.source_name(seen_at(B)) == "b.example/feed"


def test_the_others_are_named_with_their_address_escaped(catalogue: Catalogue) -> None:
    other = seen_at(B, title="B & <b>", url='https://b.example/?a="1"&b=2')
    entry = published_entry(catalogue, story(others=(other,)))
    link = '<a href="https://b.example/?a=&quot;1&quot;&amp;b=2">B &amp; &lt;b&gt;</a>'
    assert entry.html.endswith(f"<p>Also in: {link}</p>")
    assert [via.title for via in entry.via] == ["B & <b>"]


def test_also_in_can_be_turned_off(tmp_path: Path) -> None:
    catalogue = Catalogue(settings(tmp_path, publish=PublishSettings(also_in=False)))
    assert published_entry(catalogue, story(others=(seen_at(B),))).html == "<p>The whole text</p>"


@pytest.mark.parametrize(
    ("publish", "html"), [("full", "<p>The whole text</p>"), ("excerpt", "<p>The whole text</p>"), ("link", "")]
)
def test_a_source_says_how_much_of_its_text_is_published(tmp_path: Path, publish: str, html: str) -> None:
    catalogue = Catalogue(settings(tmp_path, source_settings(A, publish=publish)))
    assert published_entry(catalogue, story()).html == html


def test_an_excerpt_is_cut_at_a_word() -> None:
    assert excerpt(story(html="<p>one two three</p>"), 9) == "one two…"
    assert excerpt(story(html="<p>没有空格的文字</p>"), 5) == "没有空格…"


def test_a_file_source_has_no_public_address(catalogue: Catalogue) -> None:
    source = published_entry(catalogue, story(lead=seen_at("file:secret/path.xml"))).source
    assert source is not None
    assert source.url is None


def test_a_secret_in_an_address_is_never_published(tmp_path: Path) -> None:
    secret = source_settings("https://a.example/feed?token=hunter2", written="https://a.example/feed?token=${TOKEN}")
    catalogue = Catalogue(settings(tmp_path, secret))
    assert "hunter2" not in repr(published_entry(catalogue, story(lead=seen_at(secret.address))))


def test_a_feed_is_as_new_as_its_newest_story(catalogue: Catalogue) -> None:
    category = catalogue.category("tech")
    assert category is not None
    later = NOW.replace(hour=5)
    feed = published_feed(catalogue, category, (story(), story(updated=later)), url="u", changed_at=NOW.replace(hour=9))
    assert (feed.updated, len(feed.entries)) == (later, 2)


def test_an_empty_feed_is_as_new_as_its_last_change(catalogue: Catalogue) -> None:
    category = catalogue.category("all")
    assert category is not None
    assert published_feed(catalogue, category, (), url="u", changed_at=NOW).updated == NOW


def test_addresses_are_absolute_and_escaped(catalogue: Catalogue) -> None:
    category = catalogue.category("tech/python")
    assert category is not None
    assert page_address(catalogue, category) == "http://127.0.0.1:8000/category/tech/python"
    assert feed_address(catalogue, "新闻", "atom") == "http://127.0.0.1:8000/feeds/%E6%96%B0%E9%97%BB.atom"


@pytest.mark.parametrize(
    ("apart", "said"), [(1, 15), (15, 15), (50, 30), (75, 60), (300, 240), (24 * 60, 1440), (90 * 24 * 60, 1440)]
)
def test_a_feed_says_how_often_something_new_comes_in_round_figures(apart: int, said: int) -> None:
    stories = [story(published=NOW - number * timedelta(minutes=apart)) for number in range(50)]
    assert rhythm_of(stories).interval == timedelta(minutes=said)


def test_one_story_has_no_rhythm() -> None:
    assert rhythm_of([story()]).interval is None


@pytest.mark.parametrize(
    ("languages", "common"),
    [
        (["en", "en"], "en"),
        (["en-GB", "en-GB"], "en-GB"),
        (["en-GB", "en-US"], "en"),
        (["en", "zh"], None),
        (["en", None], None),
        ([None], None),
        ([], None),
    ],
)
def test_a_feed_is_in_the_language_of_all_its_stories(languages: list[str | None], common: str | None) -> None:
    assert common_language([story(language=language) for language in languages]) == common
