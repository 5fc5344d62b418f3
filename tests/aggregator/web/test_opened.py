"""A feed in a browser is a page; for everybody else it is the feed."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from aggregator.config.settings import AccessSettings, Settings
from aggregator.web import create_app

OPENED = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}
FEEDS = ["/feeds/tech.atom", "/feeds/tech.rss", "/feeds/tech.json", "/feeds/新闻.atom", "/feeds/all.atom?limit=2"]


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.usefixtures("stories")
def test_who_opens_a_feed_in_a_browser_reads_its_stories(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers=OPENED)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "一个足够长的" in answer.text
    assert "as a page to read" in answer.text


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36"},
        {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Dest": "script"},
    ],
)
@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.usefixtures("stories")
def test_whatever_else_asks_gets_the_feed(client: FlaskClient, path: str, said: dict[str, str]) -> None:
    answer = client.get(path, headers=said)
    assert (answer.status_code, answer.data) == (200, client.get(path).data)
    assert not answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.usefixtures("stories")
def test_no_cache_can_give_the_one_for_the_other(client: FlaskClient, path: str) -> None:
    page, feed = client.get(path, headers=OPENED), client.get(path)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "Sec-Fetch-Dest" in page.headers["Vary"]
    assert page.headers["Vary"] == feed.headers["Vary"]
    assert page.headers["ETag"] != feed.headers["ETag"]
    held = client.get(path, headers={**OPENED, "If-None-Match": feed.headers["ETag"]})
    assert held.status_code == 200
    again = client.get(path, headers={"If-None-Match": feed.headers["ETag"]})
    assert (again.status_code, again.headers["Vary"]) == (304, feed.headers["Vary"])


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/feeds/top.atom", "/top"),
        ("/feeds/top/week.rss", "/top/week"),
        ("/feeds/search.atom?q=%2F%2Fevil.example", "/search?q=%2F%2Fevil.example"),
        ("/feeds/tech.atom?q=新闻", "/search?q=%E6%96%B0%E9%97%BB"),
    ],
)
@pytest.mark.usefixtures("stories")
def test_o27_what_has_a_page_leads_there_and_nowhere_else(client: FlaskClient, path: str, page: str) -> None:
    answer = client.get(path, headers=OPENED)
    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("path", ["/feeds/nowhere.atom", "/feeds/tech.exe", "/feeds/tech.opml", "/feeds/"])
@pytest.mark.usefixtures("stories")
def test_what_is_no_feed_is_answered_as_ever(client: FlaskClient, path: str) -> None:
    opened, asked = client.get(path, headers=OPENED), client.get(path)
    assert (opened.status_code, opened.data) == (asked.status_code, asked.data)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE"])
@pytest.mark.usefixtures("stories")
def test_o24_what_does_not_read_is_refused_in_a_browser_too(client: FlaskClient, method: str) -> None:
    assert client.open("/feeds/tech.atom", method=method, headers=OPENED).status_code == 405


@pytest.mark.usefixtures("stories")
def test_a_feed_is_not_shown_to_who_may_not_read(engine: Engine, site: Settings) -> None:
    locked = Settings(
        file=site.file, sources=site.sources, categories=site.categories, access=AccessSettings(token="x" * 20)
    )
    answer = create_app(locked, engine).test_client().get("/feeds/tech.atom", headers=OPENED)
    assert answer.status_code == 401
    assert "一个足够长的" not in answer.text
