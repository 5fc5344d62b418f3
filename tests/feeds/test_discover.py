"""From a page to its feeds: pages as the makers of sites write them, with what only looks like a feed beside."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.discover import MOST, feeds_of

A = "https://a.example"
RSS, ATOM, JSON = "application/rss+xml", "application/atom+xml", "application/feed+json"
CHANNEL = "UCabcdefghijklmnopqrstuv"
VIDEOS = f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"


def link(href: str, media: str = RSS, title: str = "", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{media}" title="{title}" href="{href}">'


def urls(head: str, url: str = f"{A}/") -> list[str]:
    page = f"<!DOCTYPE html><html><head>{head}</head><body></body></html>"
    return [one.url for one in feeds_of(page.encode(), "text/html", url)]


WORDPRESS = (
    link("/comments/feed/", title="Blog &raquo; Comments Feed")
    + link("/feed/", title="Blog &raquo; Feed")
    + link("/2026/11/a-post/feed/", title="Blog &raquo; A post Comments Feed")
    + link("/wp-json/oembed/1.0/embed?url=x&format=xml", "text/xml+oembed")
    + link("/wp-json/oembed/1.0/embed?url=x", "application/json+oembed")
    + link("/wp-json/wp/v2/posts/7", "application/json", "JSON")
    + '<link rel="EditURI" type="application/rsd+xml" href="/xmlrpc.php?rsd">'
    + '<link rel="https://api.w.org/" href="/wp-json/">'
)
BLOGGER = (
    link("/feeds/posts/default", ATOM, "Blog - Atom")
    + link("/feeds/posts/default?alt=rss", RSS, "Blog - RSS")
    + '<link rel="service.post" type="application/atom+xml" href="https://draft.example/feeds/1/posts/default">'
    + link("/feeds/9/comments/default", ATOM, "A post - Comments")
)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (WORDPRESS, ["/feed/", "/comments/feed/", "/2026/11/a-post/feed/"]),
        (BLOGGER, ["/feeds/posts/default", "/feeds/posts/default?alt=rss", "/feeds/9/comments/default"]),
        (link(f"{A}/rss/", title="Ghost blog"), ["/rss/"]),
        (link("/index.xml", title="Hugo") + link("/index.json", "application/json"), ["/index.xml", "/index.json"]),
        (link("/feed", title="Substack") + '<link rel="preload" as="style" href="/feed.css">', ["/feed"]),
        (link("/latest.rss", title="Discourse") + link("/categories.rss"), ["/latest.rss", "/categories.rss"]),
        (link("/feed.json", JSON) + link("/feed.xml"), ["/feed.json", "/feed.xml"]),
        (link("/data.json", "application/json") + link("/sitemap.xml", "text/xml"), []),
        (link("/search.xml", "application/opensearchdescription+xml", rel="search"), []),
        ('<LINK REL="Alternate" TYPE="Application/RSS+XML; charset=utf-8" HREF="/RSS">', ["/RSS"]),
        ('<link rel="feed alternate" type=application/atom+xml href=/atom>', ["/atom"]),
        ("<link rel=alternate href=/rss.xml><link rel=alternate hreflang=fr href=/fr/>", ["/rss.xml"]),
        ('<link rel="alternate stylesheet" type="text/xml" href="/feed.xml">', []),
        (link("/feed") + link("/feed", title="again") + link(f"{A}/feed"), ["/feed"]),
        (link("javascript:alert(1)") + link("") + link("data:text/xml,x"), []),
        (link("https://me:pw@a.example/feed"), ["/feed"]),
    ],
    ids=range(16),
)
def test_what_pages_announce(head: str, found: list[str]) -> None:
    assert [one.removeprefix(A) for one in urls(head)] == found


def test_relative_addresses_follow_the_base() -> None:
    head = '<base href="https://b.example/blog/">' + link("feed.xml") + link("/rss")
    assert urls(head, f"{A}/x/") == ["https://b.example/blog/feed.xml", "https://b.example/rss"]


def test_a_page_is_not_its_own_feed() -> None:
    assert urls(link("/feed/"), f"{A}/feed/") == []


@pytest.mark.parametrize(
    "href",
    [
        "/feed.xml",
        "feed",
        "/rss",
        "/atom.xml",
        "/feeds/all.atom.xml",
        "/blog/index.xml",
        "/?feed=rss2",
        "/news.rss",
        "/feed_rss_created.xml",
        "/rss2.php",
        "/feeds/",
        "https://feeds.example/a",
        "/en/rss.xml?lang=ar",
    ],
)
def test_a_link_for_people_is_taken_where_nothing_is_announced(href: str) -> None:
    page = f'<p><a href="/about">About</a> <a href="/feedback.php">Say</a> <a href="{href}">اشترك</a></p>'
    (one,) = feeds_of(page.encode(), None, f"{A}/")
    assert one.title == "اشترك"
    assert urls(link("/other.xml") + page) == [f"{A}/other.xml"]


@pytest.mark.parametrize(
    "href", ["/feedback", "/feed-the-cat", "/rss-readers", "/atomic.html", "mailto:feed@a.example", "/oembed?type=rss"]
)
def test_a_link_that_only_sounds_like_a_feed_is_none(href: str) -> None:
    assert feeds_of(f'<a href="{href}">x</a>'.encode(), None, f"{A}/") == ()


@pytest.mark.parametrize(
    ("url", "head", "found"),
    [
        (
            "https://www.youtube.com/@somebody",
            f'<link rel="canonical" href="https://www.youtube.com/channel/{CHANNEL}">',
            [VIDEOS],
        ),
        ("https://www.youtube.com/c/somebody", f'<script>var x = {{"externalId":"{CHANNEL}"}}</script>', [VIDEOS]),
        (f"https://www.youtube.com/channel/{CHANNEL}", link(VIDEOS), [VIDEOS]),
        ("https://www.youtube.com/@somebody", "", []),
        (
            "https://github.com/owner/project",
            link("/owner/project/commits/main.atom", ATOM, "Recent Commits"),
            ["https://github.com/owner/project/releases.atom", "https://github.com/owner/project/commits/main.atom"],
        ),
        (
            "https://social.example/@somebody",
            link("/@somebody.rss") + link("/users/somebody", "application/activity+json"),
            ["https://social.example/@somebody.rss"],
        ),
        (
            "https://medium.com/@somebody",
            link("https://medium.com/feed/@somebody"),
            ["https://medium.com/feed/@somebody"],
        ),
        ("https://notyoutube.com/@a.b@c", f'<script>"externalId":"{CHANNEL}"</script>', []),
    ],
)
def test_pages_of_known_sites(url: str, head: str, found: list[str]) -> None:
    assert urls(head, url) == found


def test_types_and_titles_are_told() -> None:
    page = link("/a", ATOM, " All \n posts ") + link("/b", JSON) + link("/c.xml", "text/xml") + link("/rss", "")
    found = feeds_of((page + link("/feed.xml", "text/xml")).encode(), None, f"{A}/")
    assert [(one.type, one.title) for one in found] == [("atom", "All posts"), ("json", ""), ("", ""), ("rss", "")]


def test_x12_a_page_of_a_hundred_thousand_feeds_is_cut_short() -> None:
    head = "".join(link(f"/{number}/feed") for number in range(20_000))
    assert len(urls(head)) == MOST


@pytest.mark.parametrize("body", [b"", b"<div>" * 100_000, b"\x89PNG\r\n", b"{}"])
def test_what_is_no_page_has_no_feeds(body: bytes) -> None:
    assert feeds_of(body, None, f"{A}/") == ()


@given(
    st.binary(max_size=200), st.sampled_from([f"{A}/", "", "https://www.youtube.com/@x", "http://[::1", "file.html"])
)
def test_any_bytes_at_any_address_give_addresses_of_the_web(body: bytes, url: str) -> None:
    found = feeds_of(b'<a href="/feed.xml' + body + b'"><link rel=alternate type=text/xml href=rss' + body, None, url)
    assert {urlsplit(one.url).scheme for one in found} <= {"http", "https"}
