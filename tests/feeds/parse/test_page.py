"""Pages as sources: what selectors find, what is found without them, and what is said where they find nothing."""

from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import EmptyDocument, FeedError, NotAFeed
from feeds.model import Entry, Feed
from feeds.parse import claims, page

URL = "https://a.example/news/"


def read(html: str, **options: str) -> Feed:
    return page.read(html.encode(), content_type="text/html; charset=utf-8", url=URL, options={"item": "li"} | options)


def entry(item: str, **options: str) -> Entry:
    (one,) = read(f"<ul><li>{item}</li></ul>", **options).entries
    return one


NEWS = """<!DOCTYPE html><html lang="zh-Hans"><head><title>市政新闻</title>
<meta name="description" content="本市要闻"><meta property="og:image" content="/logo.png"></head><body><ul>
<li class="n"><a href="/2026/1.html"><img src="/loading.gif" data-original="/img/1.jpg"><h3>新图书馆开放</h3></a>
<p>今天上午开放。</p><span class="d">发布时间：2026年11月20日 10:30</span><span class="by">王小明</span></li>
<li class="n"><h3><a href="2026/2.html">地铁延长线</a></h3><p>明年动工。</p><span class="d">2026-11-19</span></li>
</ul></body></html>"""


def test_a_list_of_news_becomes_a_feed() -> None:
    feed = read(NEWS, item="li.n", date=".d", author=".by")
    assert (feed.title, feed.language, feed.description) == ("市政新闻", "zh-Hans", "本市要闻")
    assert (feed.link, feed.image) == (URL, "https://a.example/logo.png")
    one, two = feed.entries
    assert (one.title, one.url, one.guid) == ("新图书馆开放", "https://a.example/2026/1.html", one.url)
    assert (one.html, one.image) == ("<p>今天上午开放。</p>", "https://a.example/img/1.jpg")
    assert one.published == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert [author.name for author in one.authors] == ["王小明"]
    assert (two.url, two.published) == ("https://a.example/news/2026/2.html", datetime(2026, 11, 19, tzinfo=UTC))
    assert feed.problems == ("`author: .by` fits nothing in 1 of 2 items",)


@pytest.mark.parametrize(
    ("item", "title", "url"),
    [
        ("<h2><a href=/a>مكتبة جديدة</a></h2><p>نص</p>", "مكتبة جديدة", "https://a.example/a"),
        ("<h2>Heading</h2> text <a href=a>Read more</a>", "Heading", "https://a.example/news/a"),
        ("<a href=/a><div><h3>Inside</h3></div></a>", "Inside", "https://a.example/a"),
        ("<a href=/tag>Tag</a><a href=/a><span><h3>Inside</h3></span></a>", "Inside", "https://a.example/a"),
        ("<a href=/a>Only a link</a>", "Only a link", "https://a.example/a"),
        ("<a href=/a title='Said'><img src=/b.jpg></a>", "Said", "https://a.example/a"),
        ("<a href=/a><img src=/b.jpg alt='Shown'></a>", "Shown", "https://a.example/a"),
        ("<a href=/a aria-label='Spoken'></a>", "Spoken", "https://a.example/a"),
        ("<h2>No link</h2>", "No link", None),
        ("<h2>Script</h2><a href='javascript:open(1)'>open</a>", "Script", None),
        ("<h2>Script</h2><a href='#'>open</a>", "Script", None),
        ("<h2 id=v2>Version 2</h2>", "Version 2", f"{URL}#v2"),
        ("<h2><a href='#v2'>Version 2</a></h2>", "Version 2", f"{URL}#v2"),
        ("<h2><a href='https://me:pw@b.example/x'>T</a></h2>", "T", "https://b.example/x"),
        ("<div itemprop=headline>Headline</div><a href=/a>x</a>", "Headline", "https://a.example/a"),
    ],
)
def test_title_and_link_are_found_where_pages_have_them(item: str, title: str, url: str | None) -> None:
    one = entry(item)
    assert (one.title, one.url) == (title, url)


def test_a_link_around_the_whole_item_is_its_link() -> None:
    inside = "<div class=card><h3>T</h3></div>"
    for html in (f"<a href=/a>{inside}</a>", f"<a href=/a><div>{inside}</div></a>"):
        (one,) = read(html, item=".card").entries
        assert one.url == "https://a.example/a"
    (one,) = read("<a class=card href=/a><h3>T</h3><p>x</p></a>", item="a.card", link="a").entries
    assert (one.title, one.url) == ("T", "https://a.example/a")


def test_options_say_otherwise() -> None:
    item = (
        "<h2>Section</h2><b class=t>Title</b><a href=/x>x</a><i class=l><a href=/y>y</a></i><div><p>in</p> text</div>"
    )
    one = entry(item, title=".t", link=".l", text="div, p")
    assert (one.title, one.url, one.html) == ("Title", "https://a.example/y", "<div><p>in</p> text</div>")


def test_an_option_looks_inside_of_the_item_before_it_takes_the_item_itself() -> None:
    (one,) = read("<div class=i>x <div>Title</div><a href=/a>a</a></div>", item=".i", title="div").entries
    assert one.title == "Title"


def test_relative_addresses_follow_the_base() -> None:
    one = read("<base href='https://b.example/x/'><li><a href=a>T</a><img src=i.png><p><a href=c>c</a></p>").entries[0]
    assert (one.url, one.image) == ("https://b.example/x/a", "https://b.example/x/i.png")
    assert one.html == '<p><a href="https://b.example/x/c">c</a></p>'


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("<img src=/a.jpg>", "/a.jpg"),
        ("<img src=/a.jpg data-src=/b.jpg class=lazyload>", "/b.jpg"),
        ("<img src='data:image/gif;base64,R0' data-lazy-src=/b.jpg>", "/b.jpg"),
        ("<img src=/blank.gif zoomfile=/b.jpg>", "/b.jpg"),
        ("<img src=/spacer.gif><img src=/b.jpg>", "/b.jpg"),
        ("<img srcset='/small.jpg 300w, /large.jpg 900w'>", "/large.jpg"),
        ("<img src='' data-srcset='/a,b.jpg 2x'>", "/a,b.jpg"),
        ("<picture><source srcset=/c.webp><img src=/c.jpg></picture>", "/c.jpg"),
    ],
)
def test_the_picture_is_the_one_that_people_see(image: str, url: str) -> None:
    assert entry(f"<a href=/x>T</a>{image}").image == f"https://a.example{url}"


@pytest.mark.parametrize(
    ("markup", "url"),
    [
        ("<div class=i style=\"color: red; background-image: url('/b.jpg')\"></div>", "/b.jpg"),
        ('<div class=i style="background: #fff url(/b.jpg) no-repeat"></div>', "/b.jpg"),
        ("<a class=i href=/full.jpg><img src=/thumb.jpg></a>", "/full.jpg"),
        ("<figure class=i><img src=/b.jpg></figure>", "/b.jpg"),
        ("<meta class=i itemprop=image content=/b.jpg>", "/b.jpg"),
        ("<div class=i data-bg=/b.jpg></div>", "/b.jpg"),
    ],
)
def test_what_the_image_option_finds_need_not_be_an_image(markup: str, url: str) -> None:
    assert entry(f"<a href=/x>T</a>{markup}", image=".i").image == f"https://a.example{url}"


@pytest.mark.parametrize("image", ["<img>", "<img src='javascript:x'>", "<img src='data:image/png;base64,A'>"])
def test_h03_what_is_no_picture_is_none(image: str) -> None:
    assert entry(f"<a href=/x>T</a>{image}").image is None


@pytest.mark.parametrize(
    "date",
    [
        "<time datetime='2026-11-20T00:00:00Z'>yesterday</time>",
        "<time>20 November 2026</time>",
        "<time datetime='soon'>2026.11.20</time>",
        "<time>gone</time><time>2026-11-20</time>",
        "<meta itemprop=datePublished content=2026-11-20>",
        "<time>发布时间：2026-11-20</time>",
        "<time>来源：市政府 2026年11月20日 浏览：35</time>",
        "<time>Posted on November 20, 2026 | 5 min read</time>",
        "<time>Published: 20 Nov 2026 · News</time>",
        "<time>By Ann Smith • 20 Nov 2026</time>",
        "<time>٢٠٢٦-١١-٢٠</time>",
        "<time>Freitag, 20. November 2026</time>",
    ],
)
def test_dates_in_several_dialects(date: str) -> None:
    assert entry(f"<a href=/x>T</a>{date}").published == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("date", ["3 hours ago", "11/12/2026", "", "2026", "call 2026-555-1234", "31.02.2026"])
def test_better_no_date_than_a_wrong_one(date: str) -> None:
    assert entry(f"<a href=/x>T</a><time>{date}</time>").published in (None, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_date_in_a_format_of_its_own() -> None:
    dated = {"date": "b", "date_format": "%d/%m/%Y"}
    one = entry("<a href=/x>T</a><b>Posted on 11/12/2026 | x</b>", **dated)
    assert one.published == datetime(2026, 12, 11, tzinfo=UTC)
    feed = read("<li><a href=/x>T</a><b>2026-12-11</b>", **dated)
    assert feed.entries[0].published is None
    assert feed.problems == ("`date_format: %d/%m/%Y` fits nothing in 1 of 1 items",)


def test_items_in_items_and_links_that_come_again_are_taken_once() -> None:
    inner = "<li><a href=/b>B</a></li><li><a href=/a>A again</a></li>"
    feed = read(f"<li><a href=/a>A</a><ul>{inner}</ul></li><li><a href=/b>B</a></li>")
    assert [(one.title, one.url) for one in feed.entries] == [
        ("A", "https://a.example/a"),
        ("B", "https://a.example/b"),
    ]


def test_an_empty_box_among_the_items_is_stepped_over() -> None:
    feed = read("<li><a href=/a>A</a><li><div class=ad></div><li><a href=/b>B</a>")
    assert [one.title for one in feed.entries] == ["A", "B"]


def test_x17_what_has_no_link_is_known_by_its_title_though_its_text_is_mended() -> None:
    before, after = (read(f"<li><h2>Version 2</h2><p>{text}</p>").entries[0] for text in ("A tpyo", "A typo"))
    assert (before.guid, before.html == after.html) == (after.guid, False)
    same = read("<li><h2>Notice</h2><p>One</p></li><li><h2>Notice</h2><p>Two</p></li>").entries
    assert len({one.guid for one in same}) == 2


ITEMS = st.lists(
    st.sampled_from(["<h2>A</h2>", "<h2>A</h2><p>x", "<a href=/a>T</a>", "<h2>B</h2><a href=/b>x</a>", "<h2>C</h2>"]),
    unique=True,
    min_size=1,
)


@given(ITEMS, st.randoms())
def test_guids_do_not_depend_on_the_order(items: list[str], random: Random) -> None:
    shuffled = items.copy()
    random.shuffle(shuffled)

    def guids(items: list[str]) -> set[tuple[str, str]]:
        return {(one.guid, one.html) for one in read("".join(f"<li>{item}</li>" for item in items)).entries}

    assert guids(items) == guids(shuffled)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<title>Relaunch</title><p>x", "`item: li` finds nothing on the page titled 'Relaunch'; the page may have"),
        ("<p>x", "`item: li` finds nothing on a page without a title"),
        ("<ul><li>x</li></ul>", "`item: li` finds 1 element on a page without a title, but none with a title or"),
        ("<ul><li></li><li></li></ul>", "`item: li` finds 2 elements"),
        ('<?xml version="1.0"?><rss version="2.0"></rss>', "this is a feed, not a page; write `url:`"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'></feed>", "this is a feed, not a page; write `url:`"),
        ("<urlset><url/></urlset>", "this is a sitemap, not a page; write `sitemap:`"),
        ('\ufeff {"a": 1}', "this is JSON, not a page; write `json:`"),
    ],
)
def test_n06_selectors_that_find_nothing_are_an_error_that_says_what_to_do(body: str, said: str) -> None:
    with pytest.raises(NotAFeed) as caught:
        read(body)
    assert said in str(caught.value)


def test_an_empty_page_is_an_error() -> None:
    with pytest.raises(EmptyDocument):
        read("")


def test_a_selector_that_fits_only_some_is_a_problem_not_an_error() -> None:
    feed = read("<li><h3>A</h3><a href=/a>a</a><li><a href=/b>B</a>", title="h3", image="img.big")
    assert [one.title for one in feed.entries] == ["A", ""]
    assert feed.problems == (
        "`title: h3` fits nothing in 1 of 2 items",
        "`image: img.big` fits nothing in 2 of 2 items",
    )


def test_x12_a_hundred_thousand_items_are_cut_short() -> None:
    feed = read("".join(f"<li><a href=/{number}>T</a></li>" for number in range(60_000)))
    assert len(feed.entries) == claims.MAX_ENTRIES
    assert "of which the first 2000 were read" in feed.problems[0]


def test_x12_items_that_all_hold_the_whole_page_are_read_until_it_is_too_much() -> None:
    feed = read("<div class=i><h2>x</h2>" * 200 + "<p>text" * 100_000, item=".i")
    assert len(feed.entries) == 1
    assert "the items stand in each other" in feed.problems[0]


def test_x12_no_text_is_longer_than_what_can_be_shown() -> None:
    one = entry("<h2>T</h2>" + "<p>some text</p>" * 50_000)
    assert one.html.count("<p>") <= page.MAX_FOUND + 1


PIECES = """<li>|</li>|<a href='|//b.example/x'|#x'>|javascript:x'>|<h2>|</h2>|<img src=|data:x |/i.png>|<time>
|2026-11-20|<base href=//c>|<p>|\x00|\ud7ff|<b id=1>"""
HTML = st.lists(st.sampled_from(PIECES.split("|")), max_size=30).map("".join)
EVERY_OPTION = {name: option.default or option.example for name, option in page.OPTIONS.items()}


@given(HTML | st.text(max_size=100), st.sampled_from([{"item": "li"}, {"item": "*"}, EVERY_OPTION | {"item": "a"}]))
def test_any_page_is_a_feed_or_a_feed_error_and_every_address_is_of_the_web(html: str, options: dict[str, str]) -> None:
    with suppress(FeedError):
        feed = page.read(html.encode(errors="replace"), content_type=None, url=URL, options=options)
        for one in feed.entries:
            assert one.guid
            assert one.title or one.url
            assert {urlsplit(url).scheme for url in (one.url, one.image) if url} <= {"http", "https"}


@given(st.binary(max_size=300))
def test_any_bytes_are_a_feed_or_a_feed_error(body: bytes) -> None:
    with suppress(FeedError):
        page.read(body, content_type=None, url=URL, options={"item": "*"})
