"""The lock: who is let in, what stays open, and what a key must never do."""

from base64 import b64encode
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import Engine

from aggregator.config.settings import AccessSettings, Settings
from aggregator.web import create_app
from aggregator.web.access import METRICS, OPEN

from .conftest import Client

TOKEN = "kept-between-us-1234"


def locked(settings: Settings, engine: Engine, now: datetime, **access: str) -> Flask:
    return create_app(replace(settings, access=AccessSettings(**access)), engine, clock=lambda: now)


@pytest.fixture
def client(engine: Engine, site: Settings, now: datetime, stories: None) -> Client:
    return locked(site, engine, now, token=TOKEN).test_client()


def password(text: str, name: str = "anybody") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{text}'.encode()).decode()}"}


@pytest.mark.parametrize("path", ["/", "/feeds/all.atom", "/status", "/status.json", "/category/tech", "/nothing"])
def test_without_the_key_nothing_is_shown_and_browsers_ask_for_it(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Blog A" not in answer.text


def test_every_route_is_locked_but_those_that_are_listed_as_open(client: Client) -> None:
    rules = [rule.rule for rule in client.application.url_map.iter_rules()]
    paths = [rule.partition("<")[0] for rule in rules if not rule.startswith((*OPEN, METRICS))]
    assert len(paths) > 4
    assert {client.get(path).status_code for path in paths} == {401}


@pytest.mark.parametrize("path", ["/", "/feeds/all.atom", "/feeds/all.json?limit=5", "/status.json"])
@pytest.mark.parametrize("way", ["in the address", "password", "bearer"])
def test_the_key_opens(client: Client, path: str, way: str) -> None:
    headers = {"password": password(TOKEN), "bearer": {"Authorization": f"Bearer {TOKEN}"}}.get(way, {})
    address = f"{path}{'&' if '?' in path else '?'}key={TOKEN}" if way == "in the address" else path
    assert client.get(address, headers=headers).status_code == 200


@pytest.mark.parametrize("wrong", ["", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "пароль", "\ud800"])
def test_a_wrong_key_does_not_open(client: Client, wrong: str) -> None:
    said = wrong.encode("utf-8", "surrogatepass")
    basic = {"Authorization": f"Basic {b64encode(b'x:' + said).decode()}"}
    assert client.get("/", query_string={"key": said}).status_code == 401
    assert client.get("/", headers=basic).status_code == 401
    assert client.get("/", headers={"Authorization": "Basic !"}).status_code == 401


def test_what_is_open_stays_open(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/static/style.css").status_code == 200


def test_what_only_some_may_read_is_kept_by_them_alone(client: Client) -> None:
    answer = client.get("/feeds/all.atom", headers=password(TOKEN))
    assert answer.headers["Cache-Control"].startswith("private, max-age=300")
    again = client.get("/feeds/all.atom", headers={**password(TOKEN), "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, answer.headers["Cache-Control"])


def test_the_addresses_to_subscribe_to_have_the_key_and_feeds_do_not(client: Client) -> None:
    page = client.get("/category/tech", headers=password(TOKEN)).text
    assert f"https://news.example.org/feeds/tech.atom?key={TOKEN}" in page
    assert f'href="/feeds/tech.rss?key={TOKEN}"' in page
    assert f"https://news.example.org/feeds/tech.atom?key={TOKEN}" in client.get(f"/feeds.opml?key={TOKEN}").text
    assert TOKEN not in client.get(f"/feeds/tech.atom?key={TOKEN}").text


def test_without_a_token_everybody_may_read(engine: Engine, site: Settings, now: datetime, stories: None) -> None:
    client = locked(site, engine, now).test_client()
    answer = client.get("/feeds/all.atom")
    assert (answer.status_code, answer.headers["Cache-Control"][:6]) == (200, "public")
    assert "key=" not in client.get("/").text


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host", "X-Forwarded-Proto"]
)
def test_o22_what_a_proxy_passes_on_is_not_of_this_machine(client: Client, header: str) -> None:
    said = "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"
    assert client.get(METRICS, headers={header: said}).status_code == 403


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8000", 200),
        ("127.0.0.1", "localhost", 200),
        ("::1", "[::1]:8000", 200),
        ("::1", "[::1]", 200),
        ("203.0.113.9", "127.0.0.1:8000", 403),
        ("127.0.0.1", "news.example.org", 403),  # of a proxy that says nothing, or of a page that rebinds its name
        ("", "localhost", 403),
    ],
)
def test_o22_metrics_are_for_this_machine(client: Client, address: str, host: str, status: int) -> None:
    answer = client.get(METRICS, headers={"Host": host}, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_metrics_may_be_opened_to_those_with_the_key(engine: Engine, site: Settings, now: datetime) -> None:
    client = locked(site, engine, now, token=TOKEN, metrics="open").test_client()
    outside = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get(METRICS, environ_overrides=outside).status_code == 401
    assert (
        client.get(METRICS, environ_overrides=outside, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    )


def test_c14_settings_do_not_show_the_token() -> None:
    assert TOKEN not in repr(AccessSettings(token=TOKEN))
