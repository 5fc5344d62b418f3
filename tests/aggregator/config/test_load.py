"""Files that can be used, and what they come to."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from aggregator.config.settings import FetchSettings, Settings
from aggregator.config.values import Listen
from feeds.clean.rules import Rules

from .conftest import Read

ALL_THE_SHAPES = """
site:
  title: My river of news
  url: https://news.example.org        # public address: self links, ids, image addresses
  contact: https://example.org/about   # goes into the User-Agent

database: sqlite:///var/aggregator.db  # or postgresql+psycopg://user@host/db
listen: 127.0.0.1:8000

defaults:                              # every source inherits these
  every: auto                          # or 30m, 6h; never under fetch.floor
  images: original                     # original | proxy | "https://images.example/?url={url_encoded}"

categories:
  Technology:                          # a list of sources …
    - https://lwn.net/headlines/rss    # … each an address …
    - url: https://blog.example.org/feed.xml   # … or a mapping
      name: Example blog
      every: 2h
      keep: ["title ~ (?i)python", "tag = release"]   # re2 patterns; drop: likewise
      headers: {Authorization: "${EXAMPLE_TOKEN}"}
      allow_private: true              # this source's own address may be private or loopback
      publish: full                    # full | excerpt | link
      dedup: near                      # near | exact | off
      priority: 10                     # whose text a story shows: highest first
  Technology/Python:                   # a path: also part of Technology
    title: Python                      # … or a mapping with options of its own
    description: All about Python
    limit: 50
    sources:
      - https://planetpython.org/rss20.xml
  新媒体/ZAKER/source:
    - rsshub: /zaker/source/12         # expanded over rsshub.instances, first that answers
      images: proxy

rsshub: {instances: [https://rsshub.app]}
dedup:  {enabled: true, window: 14d, near: true}
fetch:  {floor: 15m, default: 60m, ceiling: 24h, unconditional: 3h, concurrency: 128,
         per_host: 1, deadline: 30s, max_body: 15 MiB}
retention: {stories: 365d}
"""


@pytest.fixture
def everything(read: Read) -> Settings:
    return read(ALL_THE_SHAPES, {"EXAMPLE_TOKEN": "Bearer of good news"})


def test_the_smallest_file_has_every_default(read: Read) -> None:
    settings = read("categories:\n  Technology:\n    - https://lwn.net/headlines/rss\n")
    assert settings.fetch == FetchSettings()
    assert settings.feed_limit == 50
    (source,) = settings.sources
    assert (source.address, source.kind, source.categories) == (
        "https://lwn.net/headlines/rss",
        "feed",
        ("technology",),
    )
    assert (source.every, source.images, source.dedup, source.line) == (None, "original", "near", 3)


def test_the_example_with_all_the_shapes_loads_as_documented(everything: Settings) -> None:
    assert [source.address for source in everything.sources] == [
        "https://lwn.net/headlines/rss",
        "https://blog.example.org/feed.xml",
        "https://planetpython.org/rss20.xml",
        "rsshub:/zaker/source/12",
    ]
    assert [source.categories for source in everything.sources] == [
        ("technology",),
        ("technology",),
        ("technology/python",),
        ("新媒体/zaker/source",),
    ]
    assert everything.sources[3].images == "proxy"
    assert everything.fetch == FetchSettings()
    assert everything.rsshub.instances == ("https://rsshub.app",)
    assert everything.listen == Listen(host="127.0.0.1", port=8000)
    assert everything.warnings == ()


def test_a_mapping_carries_every_option_of_a_source(everything: Settings) -> None:
    source = everything.sources[1]
    assert source.name == "Example blog"
    assert source.every == timedelta(hours=2)
    assert source.rules == Rules(keep=("title ~ (?i)python", "tag = release"), drop=())
    assert source.headers == {"Authorization": "Bearer of good news"}
    assert (source.allow_private, source.publish, source.dedup, source.priority) == (True, "full", "near", 10)


def test_parents_that_are_not_listed_are_there_and_come_first(read: Read) -> None:
    settings = read(
        "categories:\n  新媒体/ZAKER/科技: [https://a.example/f]\n  Technology: []\n  新媒体: {title: 媒体}\n"
    )
    assert [(one.slug, one.path, one.title) for one in settings.categories] == [
        ("新媒体", ("新媒体",), "媒体"),
        ("新媒体/zaker", ("新媒体", "ZAKER"), "ZAKER"),
        ("新媒体/zaker/科技", ("新媒体", "ZAKER", "科技"), "科技"),
        ("technology", ("Technology",), "Technology"),
    ]


def test_a_source_is_one_source_in_all_its_categories(read: Read) -> None:
    settings = read(
        "categories:\n"
        "  A: [https://one.example/f]\n"
        "  B:\n"
        "    - {url: 'https://ONE.example/f#top', every: 2h}\n"
        "  C:\n"
        "    - {url: https://one.example/f, name: One}\n"
    )
    (source,) = settings.sources
    assert source.categories == ("a", "b", "c")
    assert (source.every, source.name, source.line) == (timedelta(hours=2), "One", 2)


def test_a_category_says_how_its_sources_are_merged_and_the_most_careful_counts(read: Read) -> None:
    settings = read(
        "categories:\n"
        "  A: {dedup: exact, sources: [https://one.example/f, {url: https://two.example/f, dedup: near}]}\n"
        "  B: {dedup: off, sources: [https://one.example/f, https://three.example/f]}\n"
        "  C: [https://four.example/f, https://two.example/f]\n"
    )
    assert [source.dedup for source in settings.sources] == ["off", "near", "off", "near"]


def test_defaults_are_inherited_and_a_source_has_the_last_word(read: Read) -> None:
    settings = read(
        "defaults: {every: 30m, images: proxy, publish: link, dedup: off, priority: 3, drop: [title ~ ad]}\n"
        "categories:\n"
        "  A:\n"
        "    - https://one.example/f\n"
        "    - {url: https://two.example/f, every: auto, dedup: exact, priority: 0, drop: []}\n"
    )
    one, two = settings.sources
    assert (one.every, one.images, one.publish, one.dedup, one.priority) == (
        timedelta(minutes=30),
        "proxy",
        "link",
        "off",
        3,
    )
    assert one.rules == Rules(keep=(), drop=("title ~ ad",))
    assert (two.every, two.images, two.dedup, two.priority, two.rules) == (None, "proxy", "exact", 0, Rules())


@pytest.mark.parametrize(
    ("written", "kind", "address"),
    [
        ("https://A.example/Feed#news", "feed", "https://a.example/Feed"),
        ("file:examples/a.xml", "file", "file:examples/a.xml"),
        ("{file: examples/a.xml}", "file", "file:examples/a.xml"),
        ("rsshub:/zaker/source/12", "rsshub", "rsshub:/zaker/source/12"),
        ("{rsshub: /zaker/source/12}", "rsshub", "rsshub:/zaker/source/12"),
        ("{page: HTTPS://A.example/News, item: article}", "page", "page:https://a.example/News"),
        ("json:https://a.example/list", "json", "json:https://a.example/list"),
        ("{sitemap: https://a.example/s.xml, match: /news/}", "sitemap", "sitemap:https://a.example/s.xml"),
        (
            "https://www.youtube.com/channel/UC0123456789012345678901",
            "feed",
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789012345678901",
        ),
    ],
)
def test_each_kind_is_written_as_a_word_or_a_mapping(read: Read, written: str, kind: str, address: str) -> None:
    (source,) = read(f"categories:\n  A:\n    - {written}\n").sources
    assert (source.kind, source.address) == (kind, address)


def test_a_kind_is_told_its_options(read: Read) -> None:
    text = "categories:\n  A:\n    - page: https://a.example/\n      item: li\n      title: h2\n      name: A\n"
    (source,) = read(text).sources
    assert (source.options, source.name) == ({"item": "li", "title": "h2"}, "A")


def test_a_page_and_the_feed_at_one_address_are_two_sources(read: Read) -> None:
    text = "categories:\n  A:\n    - https://a.example/\n    - page: https://a.example/\n      item: li\n"
    assert [source.kind for source in read(text).sources] == ["feed", "page"]


def test_a_source_listed_twice_in_one_category_is_merged_with_a_warning(read: Read) -> None:
    """C09."""
    settings = read("categories:\n  A:\n    - https://a.example/f\n    - https://a.example/f\n")
    assert len(settings.sources) == 1
    (warning,) = settings.warnings
    assert (warning.line, warning.where) == (4, "categories.A[1]")
    assert "line 3" in warning.message


def test_an_interval_above_the_ceiling_is_a_warning(read: Read) -> None:
    (warning,) = read("categories:\n  A:\n    - {url: https://a.example/f, every: 7d}\n").warnings
    assert "every 24h" in warning.message


@pytest.mark.parametrize("folder", ["plain", "a b", "50%", "日本"])
def test_the_database_is_relative_to_the_file(tmp_path: Path, folder: str) -> None:
    from aggregator.config.load import load

    (tmp_path / folder).mkdir()
    file = tmp_path / folder / "config.yaml"
    file.write_text("categories: {A: [https://a.example/f]}\n")
    assert make_url(load(file, {}).database).database == str(tmp_path / folder / "var" / "aggregator.db")


def test_the_public_address_is_made_from_listen_where_it_is_not_given(read: Read) -> None:
    settings = read("listen: 0.0.0.0:9000\ncategories: {A: [https://a.example/f]}\n")
    assert settings.site.url == "http://127.0.0.1:9000"
    assert str(settings.listen) == "0.0.0.0:9000"
    assert str(read('listen: "[::1]:9000"\ncategories: {A: [https://a.example/f]}\n').listen) == "[::1]:9000"


def test_an_empty_category_may_stand_beside_others(read: Read) -> None:
    settings = read("categories:\n  A:\n  B: {title: Bee}\n  C: [https://a.example/f]\n")
    assert [one.slug for one in settings.categories] == ["a", "b", "c"]


def test_a_floor_under_fifteen_minutes_is_for_ones_own_sources(read: Read) -> None:
    """E14."""
    settings = read(
        "fetch: {floor: 1m}\ndefaults: {allow_private: true}\ncategories: {A: [http://127.0.0.1:8080/f, file:a.xml]}\n"
    )
    assert settings.fetch.floor == timedelta(minutes=1)


def test_aliases_stand_for_what_they_name(read: Read) -> None:
    settings = read(
        "categories:\n  A:\n    - &one {url: https://a.example/f, keep: &k [title ~ x]}\n  B:\n    - *one\n"
        "    - {url: https://b.example/f, keep: *k}\n"
    )
    assert [source.rules.keep for source in settings.sources] == [("title ~ x",), ("title ~ x",)]
    assert settings.sources[0].categories == ("a", "b")


def test_the_user_agent_says_where_to_complain(everything: Settings) -> None:
    assert everything.user_agent.startswith("feed-aggregator/")
    assert everything.user_agent.endswith("(+https://example.org/about)")


def test_c13_fifty_thousand_sources_are_loaded(read: Read) -> None:
    listed = "\n".join(f"    - https://host{number % 997}.example/{number}" for number in range(50_000))
    assert len(read(f"categories:\n  A:\n{listed}\n").sources) == 50_000
