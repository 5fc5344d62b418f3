"""The page of a search and its feed: what is found, marked, paged, never a failure, never anybody's markup."""

from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.store import texts
from aggregator.web import create_app
from tests.aggregator.web.conftest import Client, Fill
from tests.builders import entry

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def filled(engine: Engine, carried: Fill, now: datetime) -> None:
    html = "<p>Ein <b>Text</b> &lt;script&gt;alert(1)&lt;/script&gt; über <i>Needles</i> und Heu</p>"
    carried(1, entry("1", title="Needles & <pins>", html=html, published=now))
    carried(1, *(entry(f"n{n}", title=f"Haystack {n}", published=now - timedelta(hours=n)) for n in range(45)))
    carried(
        2, entry("2", title="新一代高铁首发", html="<p>完成载客试运行</p>", url="https://b.example/2", published=now)
    )
    texts.index_all(engine)


def body(client: Client, query: str, **more: str) -> LexborHTMLParser:
    answer = client.get("/search", query_string={"q": query, **more})
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def titles(page: LexborHTMLParser) -> list[str]:
    return [node.text() for node in page.css(".story h3")]


def test_a_search_shows_what_is_found_with_marks_and_nobodys_markup(client: Client, filled: None) -> None:
    page = body(client, "needles")
    assert titles(page) == ["Needles & <pins>"]
    assert page.css(".story mark")[0].text() == "Needles"
    assert "<script" not in (page.html or "")
    assert "<script>alert(1)</script>" in page.css(".excerpt")[0].text()


@pytest.mark.parametrize("query", ["高铁", "铁首", "载客", "首发 试运行"])
def test_chinese_of_two_characters_is_found(client: Client, filled: None, query: str) -> None:
    assert titles(body(client, query)) == ["新一代高铁首发"]


def test_a_search_has_pages(client: Client, filled: None) -> None:
    first, third = body(client, "haystack"), body(client, "haystack", page="3")
    assert [len(titles(page)) for page in (first, third)] == [20, 5]
    assert first.css(".pager a")[0].attributes["href"] == "/search?q=haystack&page=2"
    assert "45 stories" in first.css(".lede")[0].text()
    assert titles(body(client, "haystack", page="9999")) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "*",
        '"',
        "'",
        "%",
        "<style>",
        "a" * 10_000,
        "猫" * 3_000,
        "NEAR(",
        "title:",
        "\x00",
        "\ufffe",
        "a OR",
        "😀",
    ],
)
def test_whatever_is_asked_is_a_page_and_a_feed(client: Client, filled: None, query: str) -> None:
    assert titles(body(client, query, page="nonsense")) == []
    answer = client.get("/feeds/search.atom", query_string={"q": query})
    assert answer.status_code == 200
    assert ElementTree.fromstring(answer.data).findall(f"{ATOM}entry") == []


def test_bytes_that_are_no_text_are_answered(client: Client, filled: None) -> None:
    for query in ("%ff%fe", "%ed%a0%80", "%00"):
        assert client.get(f"/search?q={query}").status_code == 200
        assert client.get(f"/feeds/search.rss?q={query}").status_code == 200


def test_the_form_needs_no_script_and_may_be_sent_to_us_alone(client: Client) -> None:
    answer = client.get("/search")
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    form = LexborHTMLParser(answer.text).css_first("form")
    assert form is not None
    assert form.attributes["action"] == "/search"


def test_the_feed_of_a_search_has_the_newest_and_a_tag(client: Client, filled: None) -> None:
    answer = client.get("/feeds/search.atom?q=haystack&limit=3")
    feed = ElementTree.fromstring(answer.data)
    assert [one.findtext(f"{ATOM}title") for one in feed.findall(f"{ATOM}entry")] == [f"Haystack {n}" for n in range(3)]
    assert all(str(one.findtext(f"{ATOM}id")).startswith("urn:uuid:") for one in feed.findall(f"{ATOM}entry"))
    again = client.get("/feeds/search.atom?q=haystack&limit=3", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert answer.data == client.get("/feeds/search.atom?limit=3&q=%20haystack%20").data


@pytest.mark.parametrize("format_", ["atom", "rss", "json"])
def test_the_feed_of_a_search_is_in_every_format_and_well_formed(client: Client, filled: None, format_: str) -> None:
    answer = client.get(f"/feeds/search.{format_}", query_string={"q": '<pins> & "needles"'})
    assert (answer.status_code, b"urn:uuid:" in answer.data) == (200, True)


def test_a_category_can_be_searched_as_a_feed(client: Client, filled: None) -> None:
    assert b"Haystack 0" in client.get("/feeds/tech.atom?q=haystack").data
    assert b"Haystack 0" not in client.get("/feeds/新闻.atom?q=haystack").data
    assert client.get("/feeds/nowhere.atom?q=haystack").status_code == 404


def test_a_feed_of_nothing_looked_for_says_what_to_say(client: Client) -> None:
    answer = client.get("/feeds/search.atom")
    assert (answer.status_code, "?q=" in answer.text) == (400, True)


def test_a_text_that_may_not_be_shown_is_not_shown(engine: Engine, site: Settings, filled: None) -> None:
    sources = tuple(replace(source, publish="link") for source in site.sources)
    client = create_app(replace(site, sources=sources), engine).test_client()
    page = body(client, "heu")
    assert titles(page) == ["Needles & <pins>"]
    assert "Heu" not in (page.css_first("main").html or "")  # type: ignore[union-attr]
