"""Sources that are no feeds, all the way: a page, an API, a sitemap and a route, over a loopback origin, to feeds in a
reader; and what people are told when a page is rebuilt."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from tests.origin import Origin
from tests.test_journey import aggregator, item, read, rss

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>市政新闻</title></head><body><ul>
<li class="n"><a href="/2026/library.html">
<img src="/loading.gif" data-original="/library.jpg"><h3>新图书馆开放</h3></a>
<p>今天上午开放。</p><span class="d">2026年11月20日 10:30</span></li>
<li class="n"><h3><a href="metro.html">地铁延长线</a></h3><p>明年动工。</p><span class="d">2026-11-19</span></li>
</ul></body></html>"""
API = {"data": {"list": [{"id": 7, "title": "From an API", "body": "<p>x</p>", "at": 1795170600, "cover": "/c.jpg"}]}}
SITEMAP = """<?xml version="1.0"?><urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>/news/2026/a-story</loc><n:news><n:publication_date>2026-11-20</n:publication_date><n:title>قصة</n:title></n:news></url>
<url><loc>/about</loc></url></urlset>"""


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        origin.feed("/news/", PAGE.encode(), content_type="text/html")
        origin.feed("/api", json.dumps(API).encode(), content_type="application/json")
        origin.feed("/sitemap.xml", SITEMAP.encode(), content_type="text/xml")
        origin.feed("/hub/zaker/12", rss("Route", item("r1")))
        yield origin


@pytest.fixture
def config(tmp_path: Path, origin: Origin) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(f"""
fetch: {{per_host: 4}}
defaults: {{allow_private: true}}
rsshub: {{instances: ["{origin.url("/hub")}"]}}
categories:
  新闻/City:
    - page: {origin.url("/news/")}
      item: li.n
      date: .d
    - json: {origin.url("/api")}
      items: data.list[]
      link: https://b.example/p/{{id}}
      date: at
      image: cover
    - sitemap: {origin.url("/sitemap.xml")}
      match: /news/
    - rsshub: /zaker/12
""")
    return file


def test_what_is_no_feed_becomes_one(config: Path, origin: Origin) -> None:
    assert "4 polls: 4 updated, 0 unchanged, 0 failed; 5 new items" in aggregator(config, "ingest", "--once")
    expected = {
        "新图书馆开放": (origin.url("/2026/library.html"), (2026, 11, 20, 10, 30)),
        "地铁延长线": (origin.url("/news/metro.html"), (2026, 11, 19, 0, 0)),
        "From an API": ("https://b.example/p/7", (2026, 11, 20, 10, 30)),
        "قصة": (origin.url("/news/2026/a-story"), (2026, 11, 20, 0, 0)),
        "Entry r1": ("https://a.example/r1", (2026, 3, 2, 10, 0)),
    }
    for slug, ending in (("新闻", "atom"), ("新闻/city", "rss")):
        entries = read(config, f"/feeds/{slug}.{ending}").entries
        assert {one.title: (one.link, one.published_parsed[:5]) for one in entries} == expected
        images = {one.title: one.media_thumbnail[0]["url"] for one in entries if "media_thumbnail" in one}
        assert images == {"新图书馆开放": origin.url("/library.jpg"), "From an API": origin.url("/c.jpg")}


def test_a_second_poll_adds_nothing_though_the_page_is_another(config: Path, origin: Origin) -> None:
    aggregator(config, "ingest", "--once")
    before = read(config, "/feeds/all.rss").entries
    origin.feed("/news/", PAGE.replace("</ul>", "<!-- 12:01 --></ul>").encode(), content_type="text/html")
    assert "4 polls: 1 updated, 3 unchanged, 0 failed; 0 new items" in aggregator(config, "ingest", "--once", "--force")
    assert read(config, "/feeds/all.rss").entries == before


def test_a_page_that_was_rebuilt_fails_in_words_and_its_stories_stay(config: Path, origin: Origin) -> None:
    aggregator(config, "ingest", "--once")
    origin.feed("/news/", PAGE.replace('class="n"', 'class="news-item"').encode(), content_type="text/html")
    summary = aggregator(config, "ingest", "--source", origin.url("/news/"), "--force")
    assert "1 poll: 0 updated, 0 unchanged, 1 failed" in summary
    (page,) = json.loads(aggregator(config, "status", origin.url("/news/"), "--json"))["sources"]
    assert (page["state"], page["failures"], page["reason"]) == ("ok", 1, "not_a_feed")  # once is no alarm
    assert page["detail"] == "`item: li.n` finds nothing on the page titled '市政新闻'; the page may have changed"
    assert len(read(config, "/feeds/all.rss").entries) == 5


def test_parse_shows_what_the_selectors_find(config: Path, origin: Origin) -> None:
    for address in (origin.url("/news/"), f"page:{origin.url('/news/')}"):
        said = aggregator(config, "parse", address)
        assert "2 entries" in said
        for fact in ("新图书馆开放", "20 Nov 2026, 10:30", origin.url("/library.jpg"), "今天上午开放。"):
            assert fact in said


def test_parse_of_a_page_that_is_no_source_says_how_it_can_be_one(config: Path, origin: Origin) -> None:
    origin.feed("/blog/", b'<html><link rel=alternate type="application/atom+xml" href=feed.atom>', content_type=None)
    origin.feed("/plain/", b"<html><title>Plain</title><p>x", content_type="text/html")
    config.write_text(
        f"defaults: {{allow_private: true}}\ncategories: {{A: ['{origin.url('/blog/')}', '{origin.url('/plain/')}']}}\n"
    )
    assert f"its feeds are\n  {origin.url('/blog/feed.atom')}" in fails(config, origin.url("/blog/"))
    said = fails(config, origin.url("/plain/"))
    assert "an HTML page titled 'Plain', not a feed, and it names none" in said
    assert "`page:` and `item:`" in said
    assert "as a `page`; how to read it must be said there" in fails(config, f"page:{origin.url('/news/')}")


def fails(config: Path, address: str) -> str:
    result = CliRunner().invoke(cli, ["--config", str(config), "parse", address])
    assert result.exit_code == 2, result.output
    return result.output
