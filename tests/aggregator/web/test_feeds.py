"""Published feeds over HTTP: the right bytes, the right words when there are none, and nothing reflected."""

import json
from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from aggregator.config.settings import Settings
from aggregator.web import create_app
from feeds import opml
from tests.aggregator.web.conftest import A, Fill
from tests.builders import entry, settings, source_settings

ALL = "/feeds/all.atom"


@pytest.mark.parametrize(
    ("format_", "content_type"),
    [
        ("rss", "application/rss+xml; charset=utf-8"),
        ("atom", "application/atom+xml; charset=utf-8"),
        ("json", "application/feed+json; charset=utf-8"),
    ],
)
@pytest.mark.usefixtures("stories")
def test_o15_o16_every_format_says_what_it_is_and_how_long_it_keeps(
    client: FlaskClient, format_: str, content_type: str
) -> None:
    answer = client.get(f"/feeds/all.{format_}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
    assert answer.headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"


@pytest.mark.usefixtures("stories")
def test_slugs_hold_slashes_and_letters_of_every_script(client: FlaskClient) -> None:
    for slug, count in (("tech", 2), ("tech/python", 2), ("新闻", 2), ("%E6%96%B0%E9%97%BB", 2), ("all", 3)):
        assert len(feedparser.parse(client.get(f"/feeds/{slug}.atom").data).entries) == count


@pytest.mark.usefixtures("stories")
def test_limit_asks_for_fewer(client: FlaskClient) -> None:
    assert len(json.loads(client.get("/feeds/all.json?limit=1").data)["items"]) == 1


@pytest.mark.parametrize("limit", ["", "0", "501", "-1", "+5", "1e2", " 5", "٣", "5.0", "0005", "9" * 5000, "<b>"])
@pytest.mark.usefixtures("stories")
def test_a_limit_that_is_none_is_refused_in_plain_text(client: FlaskClient, limit: str) -> None:
    answer = client.get(ALL, query_string={"limit": limit})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.text == "`limit` must be a number from 1 to 500.\n"


HOSTILE = [
    "/feeds/../../config.yaml", "/feeds/%2e%2e/%2e%2e/config.yaml", "/feeds/a%00.rss", "/feeds/..%5c..%5cconfig.yaml",
    "/feeds//all.atom", "/feeds/" + "a" * 10_000 + ".rss", "/feeds/<script>alert(1)</script>.rss", "/feeds/.rss",
    "/feeds/all", "/feeds/all.", "/feeds/all.pdf", "/feeds/all.atom/", "/feeds/%ff%fe.atom", "/feeds/ALL.atom",
]  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path[:40])
@pytest.mark.usefixtures("stories")
def test_o18_an_unknown_feed_is_404_in_plain_text_and_reflects_nothing(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert not any(word in answer.text for word in ("config", "script", "aaaa", "pdf", "\0"))
    assert "Location" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
@pytest.mark.usefixtures("stories")
def test_o24_other_methods_are_405(client: FlaskClient, method: str) -> None:
    answer = client.open(ALL, method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.usefixtures("stories")
def test_o24_a_method_override_is_ignored(client: FlaskClient) -> None:
    assert client.get(ALL, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 200
    assert client.post(ALL, headers={"X-HTTP-Method-Override": "GET"}).status_code == 405


@pytest.mark.usefixtures("stories")
def test_o17_a_range_is_ignored_and_not_advertised(client: FlaskClient) -> None:
    answer = client.get(ALL, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.data) == (200, client.get(ALL).data)
    assert "Accept-Ranges" not in answer.headers


@pytest.mark.usefixtures("stories")
def test_o19_no_header_of_the_request_gets_into_a_feed(client: FlaskClient) -> None:
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    for path in (ALL, "/", "/category/tech", "/status"):
        assert b"evil" not in client.get(path, headers=evil).data
    assert b"https://news.example.org/feeds/all.atom" in client.get(ALL, headers=evil).data


@pytest.mark.usefixtures("stories")
def test_o03_without_the_database_the_last_good_feed_is_served(
    client: FlaskClient, no_database: Callable[[], None]
) -> None:
    before = client.get(ALL)
    no_database()
    assert client.get(ALL).data == before.data


@pytest.mark.usefixtures("stories")
def test_o03_without_the_database_what_was_never_rendered_is_503(
    client: FlaskClient, no_database: Callable[[], None]
) -> None:
    no_database()
    answer = client.get(ALL)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_bug_of_ours_is_500_in_plain_text_without_a_trace(
    engine: Engine, site: Settings, monkeypatch: pytest.MonkeyPatch, carried: Fill
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    carried(1, entry("1"))
    monkeypatch.setattr("aggregator.publish.renditions.Renditions.get", broken)
    answer = create_app(site, engine).test_client().get(ALL)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert "secret" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("sources")
def test_every_published_feed_can_be_subscribed_to_at_once(client: FlaskClient) -> None:
    answer = client.get("/feeds.opml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/x-opml; charset=utf-8")
    outline = opml.read(answer.data)
    assert outline.title == "My river"
    assert [(one.title, one.path, one.url.partition("/feeds/")[2]) for one in outline.subscriptions] == [
        ("My river", (), "all.atom"),
        ("Tech", (), "tech.atom"),
        ("新闻", (), "%E6%96%B0%E9%97%BB.atom"),
        ("Tech/Python", ("tech",), "tech/python.atom"),
    ]
    assert client.get("/feeds/all.opml").data == answer.data


@pytest.mark.usefixtures("sources")
def test_a_category_s_list_has_it_and_all_below_it(client: FlaskClient) -> None:
    outline = opml.read(client.get("/feeds/tech.opml").data)
    assert outline.title == "Tech · My river"
    assert [one.url for one in outline.subscriptions] == [
        "https://news.example.org/feeds/tech.atom",
        "https://news.example.org/feeds/tech/python.atom",
    ]
    assert outline.subscriptions[0].link == "https://news.example.org/category/tech"
    assert client.get("/feeds/nothing.opml").status_code == 404


def test_what_we_read_is_a_list_without_secrets(engine: Engine, tmp_path: Path) -> None:
    secret = source_settings(
        "https://c.example/?key=hunter2", written="https://c.example/?key=${KEY}", categories=("tech",)
    )
    site = settings(tmp_path, source_settings(A, name="Blog A", categories=("tech",)), secret)
    answer = create_app(site, engine).test_client().get("/sources.opml")
    outline = opml.read(answer.data)
    assert [(one.title, one.url, one.path) for one in outline.subscriptions] == [
        ("Blog A", A, ("tech",)),
        ("https://c.example/?key=${KEY}", "https://c.example/?key=${KEY}", ("tech",)),
    ]
    assert b"hunter2" not in answer.data


@pytest.mark.usefixtures("stories")
def test_the_picture_of_a_feed_is_served(client: FlaskClient) -> None:
    icon = json.loads(client.get("/feeds/all.json").data)["icon"]
    assert icon == "https://news.example.org/static/icon.png"
    assert client.get("/static/icon.png").headers["Content-Type"] == "image/png"


@pytest.mark.usefixtures("stories")
def test_an_archive_that_is_not_there_is_404(client: FlaskClient) -> None:
    assert client.get("/feeds/all.2026-03.1.atom").status_code == 404
