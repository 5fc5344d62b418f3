"""Addresses on pages: from `site.url` alone."""

from pathlib import Path

import pytest

from aggregator.config.settings import Settings, SiteSettings
from aggregator.web.links import Links


def links(url: str) -> Links:
    return Links(Settings(file=Path("c"), sources=(), categories=(), site=SiteSettings(url=url)))


@pytest.mark.parametrize(
    ("url", "home", "feed"),
    [
        ("http://127.0.0.1:8000", "/", "/feeds/a/b.atom"),
        ("https://example.org/", "/", "/feeds/a/b.atom"),
        ("https://example.org/rss/", "/rss/", "/rss/feeds/a/b.atom"),
        ("https://example.org//evil.example", "/evil.example/", "/evil.example/feeds/a/b.atom"),
    ],
)
def test_o20_o27_links_begin_at_the_root_of_this_host(url: str, home: str, feed: str) -> None:
    assert (links(url).home, links(url).feed("a/b", "atom")) == (home, feed)


def test_a_whole_address_has_the_host_and_the_path_once() -> None:
    site = links("https://example.org/rss")
    assert site.whole(site.feed("新闻", "rss")) == "https://example.org/rss/feeds/%E6%96%B0%E9%97%BB.rss"
