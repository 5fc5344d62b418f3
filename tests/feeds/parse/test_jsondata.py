"""JSON as a source: what expressions find, what is found without them, and what is said where they find nothing."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import EmptyDocument, FeedError, NotAFeed, Truncated, Unreadable
from feeds.model import Entry, Feed
from feeds.parse import claims, jsondata

URL = "https://api.example.org/v1/list"


def read(document: Any, **options: str) -> Feed:
    body = document if isinstance(document, str) else json.dumps(document)
    return jsondata.read(body.encode(), content_type="application/json", url=URL, options=options)


def entry(item: Any, **options: str) -> Entry:
    (one,) = read([item], **options).entries
    return one


def test_an_api_with_an_envelope_becomes_a_feed() -> None:
    document = {
        "code": 0,
        "data": {
            "total": 2,
            "list": [
                {"post_id": 71, "subject": "新图书馆开放", "body": {"html": "<p>今天</p>"}, "cover": {"src": "/1.jpg"},
                 "ctime": 1795170600, "writer": {"name": "王小明"}, "topics": [{"name": "城市"}, {"name": "文化"}]},
                {"post_id": 72, "subject": "مكتبة", "body": None, "ctime": 1795170600123, "writer": None, "topics": []},
            ],
        },
    }  # fmt: skip
    options = {"items": "data.list[]", "id": "post_id", "title": "subject", "text": "body.html", "image": "cover.src"}
    options |= {"link": "https://example.org/p/{post_id}", "date": "ctime", "author": "writer", "tags": "topics[].name"}
    feed = read(document, **options)
    one, two = feed.entries
    assert (one.guid, one.title, one.url) == ("71", "新图书馆开放", "https://example.org/p/71")
    assert (one.html, one.image, one.tags) == ("<p>今天</p>", "https://api.example.org/1.jpg", ("城市", "文化"))
    assert one.published == two.published == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert [author.name for author in one.authors] == ["王小明"]
    assert (two.title, two.html, two.image, two.authors, two.tags) == ("مكتبة", "", None, (), ())
    assert "`text: body.html` fits nothing in 1 of 2 items" in feed.problems


WORDPRESS = {
    "id": 7,
    "date": "2026-11-20T12:30:00",
    "date_gmt": "2026-11-20T10:30:00",
    "link": "https://a.example/7",
    "title": {"rendered": "It&#8217;s here"},
    "content": {"rendered": "<p>x</p>", "protected": False},
}
GITHUB = {
    "id": 7,
    "url": "https://api.example/repos/7",
    "html_url": "https://a.example/7",
    "name": "It’s here",
    "body": "<p>x</p>",
    "published_at": "2026-11-20T10:30:00Z",
    "user": {"login": "ann", "id": 3},
}


@pytest.mark.parametrize("item", [WORDPRESS, GITHUB])
def test_well_known_apis_need_no_options(item: dict[str, Any]) -> None:
    one = entry(item)
    assert (one.guid, one.title, one.url, one.html) == ("7", "It’s here", "https://a.example/7", "<p>x</p>")
    assert one.published == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [1795170600, 1795170600.25, 1795170600123, 1795170600123.5, "1795170600", 1795170600123456, 1795170600123456789,
     "2026-11-20T10:30:00Z", "Fri, 20 Nov 2026 10:30:00 GMT", "2026年11月20日 10:30"],
)  # fmt: skip
def test_dates_in_several_dialects(date: object) -> None:
    assert entry({"title": "T", "date": date}).published == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("date", [0, -1, None, "", "soon", 10**30, True, [], {}, 17, float("inf")])
def test_better_no_date_than_a_wrong_one(date: object) -> None:
    assert entry({"title": "T", "date": date}).published is None


def test_a_date_in_a_format_of_its_own() -> None:
    options = {"date": "d", "date_format": "%d/%m/%Y"}
    assert entry({"title": "T", "d": "11/12/2026"}, **options).published == datetime(2026, 12, 11, tzinfo=UTC)
    assert read([{"title": "T", "d": "2026"}], **options).problems == (
        "`date_format: %d/%m/%Y` fits nothing in 1 of 1 items",
    )


@pytest.mark.parametrize(
    ("identity", "guid"),
    [(7, "7"), (0, "0"), ("abc", "abc"), (1.5, "1.5"), (10**39 + 1, str(10**39 + 1)), (None, "https://a.example/x"),
     ("", "https://a.example/x"), ([1], "https://a.example/x"), (True, "https://a.example/x"), (" 7 ", "7")],
)  # fmt: skip
def test_x18_what_an_item_is_known_by(identity: object, guid: str) -> None:
    assert entry({"id": identity, "title": "T", "url": "https://a.example/x"}).guid == guid


def test_long_numbers_that_begin_alike_are_different_ids() -> None:
    assert len(read([{"id": 10**39 + number, "title": "T"} for number in range(3)]).entries) == 3


@pytest.mark.parametrize(
    ("link", "item", "url"),
    [
        ("https://a.example/p/{id}", {"id": 7}, "https://a.example/p/7"),
        ("/p/{id}?l={a.b}", {"id": "新 x/y", "a": {"b": "z"}}, "https://api.example.org/p/%E6%96%B0%20x/y?l=z"),
        ("https://a.example/{slug || id}", {"id": 7}, "https://a.example/7"),
        ("https://a.example/{slug}", {"id": 7}, None),
        ("links[0]", {"links": [{"href": "/x"}]}, "https://api.example.org/x"),
        ("links", {"links": ["https://a.example/x", "/y"]}, "https://a.example/x"),
        ("link", {"link": "javascript:alert(1)"}, None),
        ("link", {"link": 7}, None),
        ('"the-link"', {"the-link": "/x"}, "https://api.example.org/x"),
    ],
)
def test_links_and_templates(link: str, item: dict[str, Any], url: str | None) -> None:
    assert entry(item | {"title": "T"}, link=link).url == url


@pytest.mark.parametrize(
    ("author", "names"),
    [("Ann", ["Ann"]), ({"name": "Ann"}, ["Ann"]), ({"login": "ann"}, ["ann"]), (["A", {"name": "明"}], ["A", "明"]),
     (None, []), (7, ["7"]), ([None, {}, []], []), ({"name": {"first": "Ann"}}, [])],
)  # fmt: skip
def test_authors_in_every_shape(author: object, names: list[str]) -> None:
    assert [one.name for one in entry({"title": "T", "author": author}).authors] == names


@pytest.mark.parametrize(
    ("tags", "found"),
    [(["a", "b", "a"], ("a", "b")), ("a, b", ("a", "b")), ([{"name": "a"}, {"label": "b"}], ("a", "b")), (None, ()),
     ([1, None, ["x"]], ("1",)), ({"a": 1}, ())],
)  # fmt: skip
def test_tags_in_every_shape(tags: object, found: tuple[str, ...]) -> None:
    assert entry({"title": "T", "tags": tags}).tags == found


def test_text_is_html_or_plain() -> None:
    assert entry({"text": "a < b\n\nc"}).html == "<p>a &lt; b</p><p>c</p>"
    assert entry({"text": "<p>a</p>"}).html == "<p>a</p>"
    assert entry("just words", text="@").html == "just words"


@pytest.mark.parametrize(
    ("body", "error", "said"),
    [
        ("", EmptyDocument, "empty"),
        (" \n", EmptyDocument, "empty"),
        ("<!DOCTYPE html><html>", NotAFeed, "a page or an XML document, not JSON"),
        ("hello", Unreadable, "broken JSON"),
        ('{"a": 1,}', Unreadable, "broken JSON"),
        ('{"list": []} x', Unreadable, "broken JSON"),
        ('{"a": 1}', NotAFeed, "the document is an object with 'a'; `items` must lead to a list"),
        ("7", NotAFeed, "the value 7"),
        ("null", NotAFeed, "nothing"),
        ("[1]", NotAFeed, "there is one item, but not with a title, a link or a text; the first is the value 1"),
        ("[{}, {}]", NotAFeed, "there are 2 items, but none"),
        ("[" * 10_000 + "]" * 10_000, Unreadable, "nested too deeply"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, Unreadable, "nested too deeply"),
    ],
)
def test_x18_what_is_no_list_is_said_to_be_what_it_is(body: str, error: type[FeedError], said: str) -> None:
    with pytest.raises(error) as caught:
        read(body)
    assert said in str(caught.value)


def test_an_expression_that_leads_nowhere_names_the_lists_that_there_are() -> None:
    document = {"status": "ok", "data": {"posts": [{"id": 1}], "a-b": [{}], "empty": []}, "ads": [{"x": 1}]}
    with pytest.raises(NotAFeed) as caught:
        read(document, items="data.list")
    assert "`items: data.list` leads to nothing, not to a list" in str(caught.value)
    assert 'lists that it has: `ads`, `data.posts`, `data."a-b"`' in str(caught.value)
    assert read(document, items='data."a-b"[] | [?id]').entries == ()


@pytest.mark.parametrize("items", ["[::0]", "length(`7`)", "sort_by(@, &a)", "max_by(@, &a)", "sum(@)", "to_number(@)"])
def test_an_expression_that_cannot_be_applied_is_an_error(items: str) -> None:
    with pytest.raises(NotAFeed, match="items: "):
        read([{"a": None}, {"a": 1}], items=items)


def test_literals_in_backticks_are_understood() -> None:
    assert len(read([{"title": "A", "kind": "news"}, {"title": "B"}], items="[?kind == `news`]").entries) == 1


def test_an_expression_that_cannot_be_applied_to_one_item_is_a_problem() -> None:
    feed = read([{"title": "T", "n": "x"}], date="sum(n)", image="n[::0]")
    assert [one.title for one in feed.entries] == ["T"]
    assert len(feed.problems) == 2


def test_what_an_option_leads_to_and_cannot_be_text_is_a_problem() -> None:
    feed = read([{"t": {"deep": {"er": 1}}, "url": "/x"}], title="t")
    assert feed.problems == ("`title: t` fits nothing in 1 of 1 items",)


def test_n05_a_document_cut_at_any_byte_is_truncated() -> None:
    whole = '[{"title": "a\\"\\u00e9 新", "n": [1, -2.5, true, null]}, {"b": {}}]'
    for length in range(1, len(whole)):
        with pytest.raises(Truncated):
            read(whole[:length])


def test_x18_odd_numbers_and_keys_that_stand_twice() -> None:
    body = f'[{{"id": {"9" * 5000}, "title": "first", "title": "T", "a": NaN, "b": 1e999, "date": -Infinity}}]'
    one = read(body, author="b").entries[0]
    assert (one.title, one.published, one.authors, len(one.guid)) == ("T", None, (), claims.MAX_GUID)


def test_halves_of_characters_and_control_characters_do_no_harm() -> None:
    one = read('[{"id": "\\ud800x", "title": "T\\u0000\\ud83d", "url": "/\\udc00"}]').entries[0]
    assert (one.guid, one.title) == ("x", "T")
    assert one.url is not None
    one.url.encode()


def test_items_that_come_again_are_taken_once_and_bad_ones_harm_nobody() -> None:
    feed = read([{"id": 1, "title": "A"}, None, 7, [], {"id": 1, "title": "B"}, {"id": 2, "title": "C"}])
    assert [one.title for one in feed.entries] == ["A", "C"]


def test_x12_a_hundred_thousand_items_are_cut_short() -> None:
    feed = read([{"id": number, "title": "T"} for number in range(100_000)])
    assert len(feed.entries) == claims.MAX_ENTRIES
    assert "100000 items, of which the first 2000 were read" in feed.problems[0]


def test_an_empty_list_is_a_feed_without_entries() -> None:
    assert read([]).entries == ()


NAMES = st.sampled_from(["title", "url", "name", "id", "tags", "author", "date", "href"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("javascript:x"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.sampled_from([{}, {"items": "[]"}, {"title": "@", "link": "/{id}"}, {"date_format": "%Y-%m-%d"}]))
def test_any_json_is_a_feed_or_a_feed_error_and_every_address_is_of_the_web(
    value: Any, options: dict[str, str]
) -> None:
    with suppress(FeedError):
        for one in read(json.dumps(value), **options).entries:
            assert one.guid
            assert {urlsplit(url).scheme for url in (one.url, one.image) if url} <= {"http", "https"}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_feed_or_a_feed_error(body: bytes) -> None:
    with suppress(FeedError):
        jsondata.read(body, content_type=None, url=URL, options={})


ITEMS = st.lists(
    st.fixed_dictionaries({"title": st.sampled_from("abc")}, optional={"id": st.integers(0, 9)}), min_size=1
)


@given(ITEMS, st.randoms())
def test_guids_do_not_depend_on_the_order(items: list[dict[str, Any]], random: Random) -> None:
    shuffled = items.copy()
    random.shuffle(shuffled)
    assert {one.guid for one in read(items).entries} == {one.guid for one in read(shuffled).entries}
