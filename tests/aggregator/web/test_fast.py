"""The short way answers exactly as Flask would, or leaves it to Flask."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from aggregator.config.settings import Settings
from aggregator.web import create_app
from aggregator.web.fast import FastFeeds
from tests.aggregator.web.conftest import Fill
from tests.builders import entry

Said = tuple[str, dict[str, str], bytes]
PATHS = ["/feeds/all.atom", "/feeds/新闻.rss", "/feeds/tech/python.json"]
HEADERS: list[dict[str, str]] = [
    {},
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "gzip, deflate, br"},
    {"Accept-Encoding": "x" * 5000},
    {"If-None-Match": "{tag}"},
    {"If-None-Match": "W/{tag}", "Accept-Encoding": "br"},
    {"If-None-Match": '"other", {tag}'},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other"', "If-Modified-Since": "{modified}"},
    {"If-Modified-Since": "{modified}"},
    {"If-Modified-Since": "nonsense", "Accept-Encoding": "gzip"},
    {"Range": "bytes=0-9"},
]


@pytest.fixture
def flask_alone(
    engine: Engine, site: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., TestResponse]:
    """The same site without the short way."""

    def ask(path: str, **request: object) -> TestResponse:
        with monkeypatch.context() as patch:
            patch.setattr(FastFeeds, "__call__", lambda self, *arguments: self._app(*arguments))
            client = create_app(site, engine, clock=lambda: now).test_client()
            return client.open(path, **request)  # type: ignore[arg-type]

    return ask


def said(answer: TestResponse) -> Said:
    return answer.status, dict(answer.headers), answer.data


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.usefixtures("stories")
def test_it_says_what_flask_says(
    client: FlaskClient, flask_alone: Callable[..., TestResponse], headers: dict[str, str], method: str
) -> None:
    for path in PATHS:
        known = client.get(path, headers={"Accept-Encoding": headers.get("Accept-Encoding", "")}).headers
        asked = {
            name: value.replace("{tag}", known["ETag"]).replace("{modified}", known["Last-Modified"])
            for name, value in headers.items()
        }
        fast = client.open(path, method=method, headers=asked)
        assert said(fast) == said(flask_alone(path, method=method, headers=asked))


@pytest.mark.usefixtures("stories")
def test_plain_requests_do_not_reach_flask(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = client.get(PATHS[0]).headers["ETag"]
    monkeypatch.setattr("flask.Flask.full_dispatch_request", lambda _: pytest.fail("it did"))
    statuses = [client.get(PATHS[0], headers=held).status_code for held in ({}, {"If-None-Match": tag})]
    assert statuses == [200, 304]


@pytest.mark.usefixtures("stories")
def test_a_change_is_seen(client: FlaskClient, carried: Fill) -> None:
    before = client.get(PATHS[0])
    carried(1, entry("9", title="Something new"))
    after = client.get(PATHS[0], headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, b"Something new" in after.data) == (200, True)
    assert after.headers["ETag"] != before.headers["ETag"]


@pytest.mark.usefixtures("stories")
def test_what_it_answers_is_counted_as_flask_s_answers_are(client: FlaskClient) -> None:
    tag = client.get(PATHS[0]).headers["ETag"]
    client.get(PATHS[0], headers={"If-None-Match": tag})
    client.get(f"{PATHS[0]}?limit=1")
    metrics = client.get("/metrics", headers={"Host": "localhost"}).text
    assert 'aggregator_http_requests_total{route="feeds.feed",status="2xx"} 2.0' in metrics
    assert 'aggregator_http_requests_total{route="feeds.feed",status="3xx"} 1.0' in metrics
