"""What only one format says or demands: the traps of feedgen, one by one."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from feeds.model import Entry, Feed, Person, Source
from feeds.render import FORMATS
from tests.feeds.render.samples import ARABIC, BARE, EMPTY_FEED, EVERYTHING, FULL_FEED, LWN, MARKUP, feed_of

NAMESPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def found(name: str, feed: Feed, path: str) -> list[Any]:
    """What the XPath selects in the feed's document."""
    selected = etree.fromstring(FORMATS[name].render(feed)).xpath(path, namespaces=NAMESPACES)
    return list(selected)


def item(entry: Entry) -> dict[str, Any]:
    (only,) = json.loads(FORMATS["json"].render(feed_of(entry)))["items"]
    return dict(only)


def test_an_empty_feed_has_a_date_that_does_not_move() -> None:
    assert found("rss", EMPTY_FEED, "//lastBuildDate/text()") == ["Sat, 01 Jan 2000 00:00:00 +0000"]
    assert found("atom", EMPTY_FEED, "//a:updated/text()") == ["2000-01-01T00:00:00+00:00"]


def test_rss_channel_link_is_the_page_and_not_the_last_link() -> None:
    assert found("rss", FULL_FEED, "/rss/channel/link/text()") == [FULL_FEED.link]


def test_rss_names_every_author_once() -> None:
    assert found("rss", feed_of(EVERYTHING), "//dc:creator/text()") == ["李雷", "Zoë Ångström"]
    assert found("rss", feed_of(EVERYTHING), "//author") == []


def test_rss_guid_is_no_link() -> None:
    assert found("rss", feed_of(BARE), "//guid/@isPermaLink") == ["false"]


def test_rss_describes_an_entry_without_summary_by_its_first_words() -> None:
    entry = replace(BARE, html="<p>First &lt; words</p>")
    assert found("rss", feed_of(entry), "//item/description/text()") == ["First &lt; words"]
    assert found("rss", feed_of(entry), "//content:encoded/text()") == [entry.html]


def test_rss_date_is_the_update_where_the_source_has_no_other() -> None:
    entry = replace(BARE, updated=datetime(2024, 5, 1, tzinfo=UTC))
    assert found("rss", feed_of(entry), "//pubDate/text()") == ["Wed, 01 May 2024 00:00:00 +0000"]


@pytest.mark.parametrize(("image", "times"), [("https://example.org/i.png", 1), ("https://example.org/i.svg", 0)])
def test_rss_image_is_of_a_type_that_rss_allows(image: str, times: int) -> None:
    assert len(found("rss", replace(FULL_FEED, image=image), "//channel/image")) == times


def test_rss_names_a_source_without_an_address_in_dublin_core() -> None:
    assert found("rss", feed_of(MARKUP), "//dc:source/text()") == ["Local file"]
    assert found("rss", feed_of(EVERYTHING), "//source/@url") == ["https://rsshub.app/zaker/source/12"]


def test_rss_writes_plain_text_in_hexadecimal_references() -> None:
    document = FORMATS["rss"].render(feed_of(replace(BARE, title="AT&T <3", html="<p>A &amp; B</p>")))
    assert b"<title>AT&#x26;T &#x3C;3</title>" in document.replace(b"&gt;", b">")
    assert b"&lt;p&gt;A &amp;amp; B&lt;/p&gt;" in document


def test_atom_links_keep_rel_type_and_length() -> None:
    (link,) = found("atom", feed_of(EVERYTHING), "//a:entry/a:link[@rel='enclosure'][1]")
    assert (link.get("type"), link.get("length")) == ("audio/mpeg", "12345678")


def test_atom_names_the_other_places_of_a_story() -> None:
    via = found("atom", feed_of(EVERYTHING), "//a:entry/a:link[@rel='via']/@href")
    assert via == [LWN.link, "https://example.org/also"]


def test_atom_source_says_where_the_text_came_from() -> None:
    (source,) = found("atom", feed_of(ARABIC), "//a:entry/a:source")
    assert source.xpath("a:title/text()", namespaces=NAMESPACES) == ["LWN.net"]
    assert source.xpath("a:link/@href", namespaces=NAMESPACES) == [LWN.url, LWN.link]


@pytest.mark.parametrize(("source", "author"), [(LWN, "LWN.net"), (None, FULL_FEED.title)])
def test_atom_author_falls_back_to_the_source_then_to_the_feed(source: Source | None, author: str) -> None:
    entry = replace(BARE, source=source)
    assert found("atom", feed_of(entry), "//a:entry/a:author/a:name/text()") == [author]


def test_atom_author_without_a_name_is_called_by_the_address() -> None:
    entry = replace(BARE, authors=(Person(email="a@example.org"),))
    assert found("atom", feed_of(entry), "//a:entry/a:author/a:name/text()") == ["a@example.org"]


@pytest.mark.parametrize(
    ("updated", "published", "second"),
    [(2, 1, "2024-01-01T00:00:02"), (None, 1, "2024-01-01T00:00:01"), (None, None, "2024-05-02T09:00:00")],
)
def test_atom_updated_falls_back_to_published_then_to_the_feed(
    updated: int | None, published: int | None, second: str
) -> None:
    moments = [datetime(2024, 1, 1, 0, 0, at, tzinfo=UTC) if at else None for at in (updated, published)]
    entry = replace(BARE, updated=moments[0], published=moments[1])
    assert found("atom", feed_of(entry), "//a:entry/a:updated/text()")[0].startswith(second)


def test_atom_entries_of_one_second_have_different_updated() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    entries = [replace(BARE, guid=f"urn:uuid:{n:08}-0000-5000-8000-000000000000", updated=moment) for n in range(50)]
    updated = found("atom", feed_of(*entries), "//a:entry/a:updated/text()")
    assert len(set(updated)) == 50
    assert found("atom", feed_of(entries[7]), "//a:entry/a:updated/text()") == [updated[7]]


def test_atom_says_that_html_is_html_and_never_cdata() -> None:
    assert found("atom", feed_of(EVERYTHING), "//@type[parent::a:content or parent::a:summary]") == ["html", "html"]
    assert re.search(b"CDATA\\[|type=.CDATA", FORMATS["atom"].render(FULL_FEED)) is None


def test_atom_entry_with_a_title_alone_has_content() -> None:
    assert found("atom", feed_of(replace(BARE, title="a < b")), "//a:content/text()") == ["a &lt; b"]


@pytest.mark.parametrize("name", ["rss", "atom"])
def test_our_categories_are_paths_under_a_scheme_and_tags_under_another(name: str) -> None:
    schemes = found(name, feed_of(EVERYTHING), "//*[local-name()='category']")
    assert [category.get("domain") or category.get("scheme") for category in schemes] == [
        "urn:feed-aggregator:category",
        "urn:feed-aggregator:category",
        "urn:feed-aggregator:tag",
        "urn:feed-aggregator:tag",
    ]


def test_json_has_content_in_every_item() -> None:
    assert item(EVERYTHING)["content_html"] == EVERYTHING.html
    assert item(ARABIC)["content_html"] == ARABIC.summary
    assert item(BARE)["content_text"] == BARE.guid


def test_json_summary_is_plain_text() -> None:
    assert item(EVERYTHING)["summary"] == "摘要 粗体"


def test_json_keeps_what_the_format_has_no_word_for() -> None:
    ours = item(EVERYTHING)["_feed_aggregator"]
    assert ours["categories"] == [["新媒体", "ZAKER", "source"], ["Technology"]]
    assert ours["source"]["title"] == "ZAKER 科技"
    assert [place["title"] for place in ours["via"]] == ["LWN.net", "只有网页", "A file"]


def test_json_leaves_out_what_is_absent() -> None:
    assert sorted(item(BARE)) == ["content_text", "id", "title"]
