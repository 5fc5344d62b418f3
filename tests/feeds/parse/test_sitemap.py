"""Sitemaps as sources: plain, with news and images, packed, broken, hostile."""

import gzip
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import EmptyDocument, FeedError, NotAFeed, Truncated, Unreadable
from feeds.model import Entry, Feed
from feeds.parse import claims, sitemap

URL = "https://a.example/sitemap.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urlset(*pages: str, spaces: str = SPACES) -> bytes:
    urls = "\n".join(f"<url>{page}</url>" for page in pages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made -->\n<urlset {spaces}>{urls}</urlset>\n'.encode()


def read(body: bytes, **options: str) -> Feed:
    return sitemap.read(body, content_type="application/xml", url=URL, options=options)


def entry(page: str, **other: str) -> Entry:
    (one,) = read(urlset(page, **other)).entries
    return one


def loc(path: str) -> str:
    return f"<loc>https://a.example{path}</loc>"


NEWS = (
    "<news:news><news:publication><news:name>市报</news:name><news:language>zh-cn</news:language></news:publication>"
    "<news:publication_date>2026-11-20T10:30:00+08:00</news:publication_date>"
    "<news:title>新图书馆 &amp;amp; 开放</news:title>"
    "<news:keywords>城市, 文化</news:keywords></news:news>"
)
IMAGE = (
    "<image:image><image:loc>/1.jpg</image:loc></image:image><image:image><image:loc>/2.jpg</image:loc></image:image>"
)


def test_a_plain_sitemap_lists_pages() -> None:
    one = entry(loc("/news/new-library_opens.html") + "<lastmod>2026-11-20</lastmod><priority>0.5</priority>")
    assert (one.title, one.guid) == ("New library opens", one.url)
    assert one.url == "https://a.example/news/new-library_opens.html"
    assert (one.published, one.updated) == (datetime(2026, 11, 20, tzinfo=UTC), None)


def test_a_news_sitemap_tells_titles_dates_and_keywords() -> None:
    feed = read(urlset(loc("/1") + "<lastmod>2026-11-21</lastmod>" + NEWS + IMAGE))
    (one,) = feed.entries
    assert (feed.title, feed.language) == ("市报", "zh-cn")
    assert (one.title, one.tags, one.language) == ("新图书馆 & 开放", ("城市", "文化"), "zh-cn")
    assert (one.image, one.published) == ("https://a.example/1.jpg", datetime(2026, 11, 20, 2, 30, tzinfo=UTC))


def test_a_lastmod_that_changes_makes_no_other_entry() -> None:
    before, after = (loc("/1") + f"<lastmod>{date}</lastmod>" for date in ("2026-11-21", "2026-11-22"))
    assert entry(before + NEWS) == entry(after + NEWS)
    assert entry(before).guid == entry(after).guid


@pytest.mark.parametrize(
    "spaces",
    ["", 'xmlns="http://www.google.com/schemas/sitemap/0.84"', SPACES.replace("http:", "https:"), 'xmlns:news="x"'],
)
def test_namespaces_that_are_wrong_or_never_declared_do_not_matter(spaces: str) -> None:
    feed = read(urlset(loc("/1") + NEWS + IMAGE, spaces=spaces))
    assert [(one.title, one.image) for one in feed.entries] == [("新图书馆 & 开放", "https://a.example/1.jpg")]
    assert feed.title == "市报"


def test_a_prefix_for_the_sitemap_itself() -> None:
    body = (
        b'<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>/a-b</s:loc></s:url></s:urlset>'
    )
    assert read(body).entries[0].url == "https://a.example/a-b"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("/x", "https://a.example/x"),
        (" \n https://a.example/x \n", "https://a.example/x"),
        ("https://a.example/?a=1&amp;b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/?a=1&b=2&copy=3", "https://a.example/?a=1&b=2&copy=3"),
        ("<![CDATA[https://a.example/?a=1&b=2]]>", "https://a.example/?a=1&b=2"),
        ("https://a.example/新闻", "https://a.example/新闻"),
    ],
)
def test_addresses_however_they_are_written(written: str, url: str) -> None:
    assert entry(f"<loc>{written}</loc>").url == url


def test_addresses_that_cannot_be_followed_are_one_problem() -> None:
    feed = read(urlset(loc("/a"), "<loc>javascript:x</loc>", "<lastmod>2026</lastmod>", loc("/a")))
    assert len(feed.entries) == 1
    assert feed.problems == ("2 pages have no address that can be followed; the first 'javascript:x'",)
    with pytest.raises(Unreadable, match="none of the 1"):
        read(urlset("<loc>mailto:x@y</loc>"))


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/news/new-library-opens", "New library opens"),
        ("/2026/11/20/new-library-opens/", "New library opens"),
        ("/news/new-library-opens/1234567", "New library opens"),
        ("/news/12345", "news/12345"),
        ("/news/12345.html", "news/12345.html"),
        ("/about", "About"),
        ("/about/index.html", "About"),
        ("/wiki/%E6%96%B0%E9%97%BB", "新闻"),
        ("/%D9%85%D9%83%D8%AA%D8%A8%D8%A9-%D8%AC%D8%AF%D9%8A%D8%AF%D8%A9", "مكتبة جديدة"),
        ("/", "a.example"),
        ("", "a.example"),
        ("/?p=7", "a.example"),
    ],
)
def test_a_title_is_made_of_the_address(path: str, title: str) -> None:
    assert sitemap.title_from(f"https://a.example{path}") == title


def test_only_the_addresses_that_match() -> None:
    body = urlset(loc("/news/2026/a"), loc("/about"), "<loc>/news/2026/b</loc>")
    found = read(body, match="/news/20[0-9]{2}/").entries
    assert [one.url for one in found] == ["https://a.example/news/2026/a", "https://a.example/news/2026/b"]
    assert read(body, match="/blog/").problems == ("`match: /blog/` fits none of the 3 addresses",)


def test_of_more_than_we_take_the_newest_are_read() -> None:
    pages = [loc(f"/p/{number}") + f"<lastmod>{2000 + number // 4000}-01-01</lastmod>" for number in range(50_000)]
    feed = read(urlset(*pages))
    assert len(feed.entries) == claims.MAX_ENTRIES
    assert min(one.published for one in feed.entries if one.published).year == 2012
    assert feed.problems == ("50000 pages, of which the newest 2000 were read",)


@pytest.mark.parametrize("pack", [gzip.compress, lambda body: gzip.compress(body[:300]) + gzip.compress(body[300:])])
def test_a_packed_sitemap_is_unpacked(pack: object) -> None:
    assert len(read(pack(urlset(loc("/a"), loc("/b")))).entries) == 2  # type: ignore[operator]


def test_n03_a_packed_sitemap_cut_at_any_byte_is_refused() -> None:
    packed = gzip.compress(urlset(*(loc(f"/{number}") for number in range(50))))
    for length in range(2, len(packed)):
        with pytest.raises((Truncated, Unreadable)):
            read(packed[:length])
    with pytest.raises(Unreadable, match="broken gzip"):
        read(b"\x1f\x8b" + b"x" * 100)


def test_n07_a_packed_bomb_is_refused() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"<url>" * 2**18) for _ in range(20)) + packer.flush()
    with pytest.raises(Unreadable, match="more than"):
        read(bomb)


def test_n05_a_document_cut_at_any_byte_is_truncated() -> None:
    whole = urlset(loc("/a") + NEWS, loc("/b")).decode().rstrip()
    for length in range(whole.index("<urlset") + 8, len(whole)):
        with pytest.raises(Truncated):
            read(whole[:length].encode())


def test_other_encodings_are_read() -> None:
    text = urlset(loc("/a") + NEWS).decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert read(text.encode("utf-16")).entries[0].title == "新图书馆 & 开放"
    assert read(b"\xef\xbb\xbf" + urlset(loc("/a") + NEWS)).entries[0].title == "新图书馆 & 开放"


INDEX = b"<sitemapindex><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml.gz</loc></sitemap></sitemapindex>"


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        (b" ", EmptyDocument, "empty"),
        (INDEX, NotAFeed, "an index of 2 sitemaps; write one of those that it names instead: https://a.example/a.xml"),
        (b'<rss version="2.0"></rss>', NotAFeed, "a feed, not a sitemap; write `url:`"),
        (b"<!DOCTYPE html><html><title>Gone</title></html>", NotAFeed, "an HTML page titled 'Gone', not a sitemap"),
        (b"<!DOCTYPE html><html><pre><urlset></urlset></pre></html>", NotAFeed, "an HTML page, not a sitemap"),
        (b"{}", NotAFeed, "JSON, not a sitemap"),
        (b"https://a.example/", NotAFeed, "text, not a sitemap"),
    ],
)
def test_what_is_no_sitemap_is_said_to_be_what_it_is(body: bytes, error: type[FeedError], said: str) -> None:
    with pytest.raises(error) as caught:
        read(body)
    assert said in str(caught.value)


def test_an_index_of_many_names_some() -> None:
    body = b"<sitemapindex>" + b"<sitemap><loc>/a.xml</loc></sitemap>" * 500 + b"</sitemapindex>"
    with pytest.raises(NotAFeed, match=r"an index of 500 sitemaps.* and 490 more$"):
        read(body)


@pytest.mark.parametrize(
    "declared", ['[<!ENTITY x "/b">]', '[<!ENTITY x SYSTEM "file:///etc/hostname">]', 'SYSTEM "x"']
)
def test_x12_entities_that_are_declared_mean_nothing(declared: str) -> None:
    body = f"<?xml version='1.0'?><!DOCTYPE urlset {declared}><urlset><url><loc>/a?&x;=1</loc></url></urlset>"
    assert read(body.encode()).entries[0].url == "https://a.example/a?&x;=1"


def test_an_empty_sitemap_is_a_feed_without_entries() -> None:
    assert read(urlset()).entries == ()
    assert read(b"<urlset/>").entries == ()


def test_x12_nesting_and_attributes_without_end_do_no_harm() -> None:
    for inside in (
        "<![CDATA[" * 50_000,
        "<url>" * 50_000,
        "<url " + " ".join(f"a{number}=''" for number in range(50_000)) + "/>",
    ):
        with suppress(FeedError):
            assert read(f"<urlset>{inside}</urlset>".encode()).entries == ()


PIECES = [
    "<url>",
    "</url>",
    "<loc>",
    "</loc>",
    "/a",
    "javascript:x",
    "&",
    "<news:news>",
    "<news:title>",
    "<!--",
    "<x:y/>",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=50))
def test_any_sitemap_is_a_feed_or_a_feed_error_and_every_address_is_of_the_web(inside: str) -> None:
    with suppress(FeedError):
        for one in read(f"<urlset>{inside}</urlset>".encode(errors="replace")).entries:
            assert one.title
            assert urlsplit(one.url or "").scheme in ("http", "https")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_feed_or_a_feed_error(body: bytes) -> None:
    for start in (b"", b"\x1f\x8b\x08\x00", b"<urlset>"):
        with suppress(FeedError):
            read(start + body)
