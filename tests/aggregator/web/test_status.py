"""The status page and its data: the worst first, in words, for everybody who may see it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import Engine

from aggregator.config.settings import Settings, SiteSettings
from aggregator.errors import Problem
from aggregator.outcome import Reason
from aggregator.publish.status import status
from aggregator.store import sources as table
from aggregator.store.engine import writing
from aggregator.web import create_app
from aggregator.web.status import SHOWN, groups
from tests.aggregator.publish.test_health import failing, health
from tests.aggregator.web.conftest import A, B
from tests.builders import carry, entry, failed, listed, record, settings, source_settings, sync, updated

HOUR = timedelta(hours=1)
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def polled(engine: Engine, now: datetime) -> None:
    """Blog A is well and its document is not; Blog B is not found; a third waits."""
    sync(engine, now, listed(A, "tech"), listed(B, "新闻"), listed("https://c.example/feed", "tech"))
    with writing(engine) as connection:
        a, b = table.claim_due(connection, now=now, limit=2, per_host=1, lease=HOUR)
    record(engine, a, updated(title="A", problems=("Entry <1> has no date.",)), now - HOUR, now + HOUR)
    record(engine, b, failed(Reason.MISSING), now - HOUR, now + 2 * HOUR)


def page(client: FlaskClient) -> LexborHTMLParser:
    answer = client.get("/status")
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def text(node: LexborNode | None) -> str:
    assert node is not None
    return " ".join(node.text().split())


@pytest.mark.usefixtures("polled")
def test_the_worst_come_first_each_with_its_state_in_words(client: FlaskClient) -> None:
    sources = page(client).css(".source")
    assert [text(source.css_first("h3")) for source in sources] == ["Blog B", "https://c.example/feed", "Blog A"]
    assert [text(source.css_first(".state")) for source in sources] == [
        "Failing since 1 Mar 2026, 11:00 UTC, 1 hour ago",
        "Waiting for its first fetch",
        "OK",
    ]


@pytest.mark.usefixtures("polled")
def test_a_failing_source_shows_what_to_do_and_when_it_is_tried_again(client: FlaskClient) -> None:
    broken = page(client).css_first(".source")
    assert broken is not None
    assert "Nothing at this address (404)" in text(broken.css_first(".advice"))
    assert text(broken.css_first(".where")) == f"{B} line 7 of config.yaml"
    facts = {text(fact.css_first("dt")): text(fact.css_first("dd")) for fact in broken.css(".facts div")}
    assert facts["Next try"] == "in 2 hours 1 Mar 2026, 14:00 UTC"
    assert facts["Last good"] == "never"
    assert facts["Failures in a row"] == "1"
    assert facts["Good polls"] == "0 % of 1"


@pytest.mark.usefixtures("polled")
def test_the_problems_of_a_document_are_listed(client: FlaskClient) -> None:
    assert [text(node) for node in page(client).css(".problems li")] == ["Entry <1> has no date."]


@pytest.mark.usefixtures("polled")
def test_o21_the_status_page_allows_nothing_but_its_own_style_and_icon(client: FlaskClient) -> None:
    headers = client.get("/status").headers
    assert headers["Content-Security-Policy"] == STRICT
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"


def test_h04_what_a_source_calls_itself_is_escaped(engine: Engine, tmp_path: Path, now: datetime) -> None:
    evil = "<img src=x onerror=alert(1)>"
    sync(engine, now, listed(A))
    with writing(engine) as connection:
        (claim,) = table.claim_due(connection, now=now, limit=1, per_host=1, lease=HOUR)
    record(engine, claim, updated(title=evil, problems=(evil,)), now, now + HOUR)
    site = settings(tmp_path, source_settings(A), site=SiteSettings(title=evil))
    shown = page(create_app(site, engine, clock=lambda: now).test_client())
    assert shown.css("img[onerror]") == []
    assert text(shown.css_first(".source h3")) == evil


def test_the_warnings_about_the_file_are_shown_with_their_line(engine: Engine, site: Settings) -> None:
    odd = Problem(message="`every` is odd", line=12, where="defaults.every", suggestion="1h")
    shown = page(create_app(replace(site, warnings=(odd,)), engine).test_client())
    assert text(shown.css_first(".warnings li")) == "Line 12 defaults.every every is odd; did you mean 1h?"


@pytest.mark.usefixtures("polled")
def test_the_page_and_the_data_say_the_same(client: FlaskClient) -> None:
    said = json.loads(client.get("/status.json").data)
    shown = page(client)
    assert [source["name"] for source in said["sources"]] == [text(n) for n in shown.css(".source h3")]
    assert said["counts"]["failing"] == 1
    assert text(shown.css_first(".verdict")) == "1 of 3 sources needs attention."
    assert said["program"] in text(shown.css_first(".program"))
    assert said["database"]["schema"] in text(shown.css_first(".program"))


def test_without_the_database_the_data_says_so_as_data(client: FlaskClient, no_database: object) -> None:
    no_database()  # type: ignore[operator]
    answer = client.get("/status.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json")
    assert json.loads(answer.data)["error"]


def test_being_alive_needs_no_database(client: FlaskClient, no_database: object) -> None:
    no_database()  # type: ignore[operator]
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_page_of_very_many_sources_shows_the_worst_and_how_many_there_are(now: datetime, site: Settings) -> None:
    many = status(site, [health(address=f"https://{n}.example/") for n in range(SHOWN + 3)] + [failing()], now)
    attention, working = groups(many)
    assert (attention.total, len(attention.shown)) == (1, 1)
    assert (working.total, len(working.shown)) == (SHOWN + 3, SHOWN)


def test_images_that_could_not_be_found_are_counted_per_source(
    engine: Engine, now: datetime, polled: None, client: FlaskClient
) -> None:
    carry(engine, 1, now, entry("1", html="<img alt='a'><img alt='b'>"), entry("2", html="<img alt='c'>"))
    page = " ".join(LexborHTMLParser(client.get("/status").text).text().split())
    assert page.count("Images not found3") == 1
    by_address = {one["address"]: one for one in client.get("/status.json").json["sources"]}  # type: ignore[index]
    assert [by_address[address]["unresolved_images"] for address in (A, B)] == [3, 0]
