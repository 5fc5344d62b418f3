"""The status page and its data: the worst first, in words, for everybody who may see it."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import Engine

from aggregator.config.settings import AccessSettings, Settings, SiteSettings
from aggregator.errors import Problem
from aggregator.outcome import Move, Reason
from aggregator.standing import DOWN_FAILURES, Change, Transition
from aggregator.store import claims, polls, transitions
from aggregator.store.engine import writing
from aggregator.store.polls import Counts, Ended
from aggregator.web import create_app
from aggregator.web.choosing import ON_A_PAGE
from feeds.parse import read
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
        a, b = claims.claim_due(connection, now=now, limit=2, per_host=1, lease=HOUR)
    record(engine, a, updated(title="A", problems=("Entry <1> has no date.",)), now - HOUR, now + HOUR)
    record(engine, b, failed(Reason.MISSING), now - HOUR, now + 2 * HOUR)


def page(client: FlaskClient, path: str = "/status") -> LexborHTMLParser:
    answer = client.get(path)
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
        "Waiting to be read for the first time",
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
        (claim,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=HOUR)
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


def many(engine: Engine, now: datetime, number: int) -> None:
    """So many sources that were never fetched."""
    sync(engine, now, *(listed(f"https://host{one:03}.example/feed", "tech") for one in range(number)))


def names(shown: LexborHTMLParser) -> list[str]:
    return [text(node) for node in shown.css(".source h3")]


def test_very_many_sources_are_shown_page_by_page(engine: Engine, now: datetime, client: FlaskClient) -> None:
    many(engine, now, 2 * ON_A_PAGE + 3)
    seen, following = [], "/status"
    while following:
        shown = page(client, following)
        seen += names(shown)
        link = shown.css_first("a[rel=next]")
        following = str(link.attributes["href"]) if link else ""
    assert seen == [f"https://host{one:03}.example/feed" for one in range(2 * ON_A_PAGE + 3)]
    assert "Page 3 of 3, 103 sources" in text(shown.css_first(".pager"))


@pytest.mark.usefixtures("polled")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Blog B", "https://c.example/feed", "Blog A"]),
        ("?show=attention", ["Blog B"]),
        ("?show=failing", ["Blog B"]),
        ("?show=ok", ["Blog A"]),
        ("?show=moved", []),
        ("?show=nonsense&sort=<b>&page=-1", ["Blog B", "https://c.example/feed", "Blog A"]),
        ("?sort=name", ["Blog A", "Blog B", "https://c.example/feed"]),
        ("?sort=next", ["https://c.example/feed", "Blog A", "Blog B"]),
        ("?page=2", []),
    ],
)
def test_links_choose_which_sources_are_shown_and_in_which_order(
    client: FlaskClient, query: str, expected: list[str]
) -> None:
    assert names(page(client, f"/status{query}")) == expected


@pytest.mark.usefixtures("polled")
def test_every_link_of_the_page_leads_somewhere(client: FlaskClient) -> None:
    links = {str(link.attributes["href"]) for link in page(client).css("main a")}
    assert len(links) > 8
    assert [link for link in links if client.get(link).status_code != 200] == []


@pytest.mark.usefixtures("polled")
def test_a_source_has_a_page_with_its_polls_and_the_problems_of_its_document(client: FlaskClient) -> None:
    shown = page(client, "/status/source/1")
    assert text(shown.css_first("h1")) == "Blog A"
    assert text(shown.css_first("tbody tr")).startswith("1 Mar 2026, 11:00 UTC updated 200 1 KB")
    assert [text(node) for node in shown.css("ul.problems li")] == ["Entry <1> has no date."]
    broken = page(client, "/status/source/2")
    assert "missing" in text(broken.css_first("tbody tr.failed"))
    assert "Nothing at this address" in text(broken.css_first(".advice"))


@pytest.mark.usefixtures("polled")
def test_the_page_of_a_failing_source_has_the_command_that_tries_it_now(client: FlaskClient) -> None:
    assert f"To try it nowaggregator ingest --once --source {B} --force" in facts_of(client, 2)
    assert "To try it now" not in facts_of(client, 1)


@pytest.mark.usefixtures("polled")
def test_of_a_source_that_left_the_file_nothing_is_asked(engine: Engine, site: Settings) -> None:
    without = replace(site, sources=site.sources[:1])
    gone = page(create_app(without, engine).test_client(), "/status/source/2")
    assert gone.css(".trouble") == []
    assert "stories stay" in text(gone.css_first(".where"))


def facts_of(client: FlaskClient, number: int) -> str:
    return " ".join(text(fact) for fact in page(client, f"/status/source/{number}").css(".details div"))


def test_the_page_of_a_source_names_the_line_of_its_document_that_is_broken(
    engine: Engine, now: datetime, client: FlaskClient
) -> None:
    sync(engine, now, listed(A, "tech"))
    with writing(engine) as connection:
        (claim,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=HOUR)
    feed = read(b"\n<rss version='2.0'><channel>\n<item>\n<title>A</item>\n</channel></rss>")
    record(engine, claim, updated(title="A", problems=feed.problems), now, now + HOUR)
    assert [text(node) for node in page(client, "/status/source/1").css("ul.problems li")] == [
        "not well-formed, read as well as could be: line 4, column 11: mismatched tag"
    ]


def test_l07_every_source_shows_when_it_was_well_what_failed_when_it_is_tried_and_what_it_gave_us(
    engine: Engine, now: datetime, client: FlaskClient
) -> None:
    sync(engine, now, listed(A, "tech"))
    for number in range(3):
        with writing(engine) as connection:
            (claim,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=HOUR, only=A)
        at = now - (5 - number) * HOUR
        outcome = failed(Reason.TIMEOUT) if number else replace(updated(), moved_to="https://new.example/feed")
        move = Move(to="https://new.example/feed", since=at, polls=1)
        with writing(engine) as connection:
            ended = Ended(claim=claim, outcome=outcome, counts=Counts(), arrivals=(), move=move, next_fetch_at=now)
            polls.record(connection, [ended], at)
    shown = text(page(client, "/status/source/1").css_first("main"))
    for fact in (
        "Last good5 hours ago",
        "timeout",
        "Failures in a row2",
        "Next try",
        "Redirects for good tohttps://new.example/feed",
        "Conditional requestspossible",
    ):
        assert fact in shown, shown


@pytest.mark.parametrize("number", ["9", "0", "x", "99999999999999999999999"])
def test_a_source_that_there_is_not_has_no_page(client: FlaskClient, number: str) -> None:
    assert client.get(f"/status/source/{number}").status_code == 404


def test_the_pages_have_no_inline_style_and_charts_say_what_they_show(client: FlaskClient, polled: None) -> None:
    for path in ("/status", "/status/source/1"):
        shown = page(client, path)
        assert shown.css("[style], style, script") == []
        charts = shown.css("svg.chart")
        assert len(charts) >= 3
        assert all(chart.attributes["role"] == "img" and chart.attributes["aria-label"] for chart in charts)


def test_status_atom_has_one_entry_for_each_transition_with_a_permanent_id(
    engine: Engine, now: datetime, client: FlaskClient
) -> None:
    sync(engine, now, listed(A, "tech"))
    for number in range(DOWN_FAILURES + 2):
        at = now + number * timedelta(hours=6)
        with writing(engine) as connection:
            (claim,) = claims.claim_due(connection, now=at, limit=1, per_host=1, lease=HOUR)
        record(engine, claim, failed(Reason.DNS), at, at)
    answers = [client.get("/status.atom") for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[0].headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = read(answers[0].data, url="https://news.example.org/status.atom")
    (entry,) = feed.entries
    assert (entry.title, entry.url) == ("Blog A is down", "https://news.example.org/status/source/1")
    assert entry.guid.startswith("urn:uuid:")
    assert "Nothing could be had from it since 1 Mar 2026, 12:00 UTC" in entry.html
    assert f"<code>aggregator remove {A}</code>" in entry.html


def test_status_atom_is_a_page_for_a_browser_and_a_feed_for_everybody_else(
    engine: Engine, now: datetime, client: FlaskClient
) -> None:
    sync(engine, now, listed(A, "tech"))
    with writing(engine) as connection:
        transitions.add(
            connection,
            [
                (1, Transition(change=Change.DOWN, reason=Reason.DNS, detail="no <b>")),
                (None, Transition(change=Change.OFFLINE)),
            ],
            now,
        )
    opened = client.get("/status.atom", headers={"Sec-Fetch-Dest": "document"})
    assert (opened.content_type, opened.headers["Cache-Control"]) == ("text/html; charset=utf-8", "private, no-store")
    shown = LexborHTMLParser(opened.text)
    assert [text(node) for node in shown.css(".source h3")] == ["Nothing can be reached from here", "Blog A is down"]
    assert text(shown.css_first(".address")) == "https://news.example.org/status.atom"
    assert text(shown.css_first(".source .detail")) == "no <b>"
    fetched = client.get("/status.atom", headers={"Sec-Fetch-Dest": "empty"})
    assert fetched.content_type == "application/atom+xml; charset=utf-8"
    assert "Sec-Fetch-Dest" in fetched.headers["Vary"]


def test_the_feed_of_changes_is_offered_with_the_key_that_readers_need(
    engine: Engine, now: datetime, site: Settings
) -> None:
    sync(engine, now, listed(A, "tech"))
    app = create_app(replace(site, access=AccessSettings(token="open-sesame-1234")), engine, clock=lambda: now)
    shown = page(app.test_client(), "/status?key=open-sesame-1234")
    links = [node.attributes["href"] for node in shown.css("[href*='status.atom']")]
    assert links == ["/status.atom?key=open-sesame-1234"] * 2
    assert app.test_client().get(links[0]).status_code == 200


@pytest.mark.usefixtures("polled")
def test_a_source_that_left_the_file_has_no_next_try(engine: Engine, now: datetime, client: FlaskClient) -> None:
    sync(engine, now, listed(A, "tech"))
    shown = page(client, "/status/source/3")
    assert "no longer in config.yaml, so it is not asked any more; its stories stay" in text(shown.css_first(".where"))
    facts = {text(fact.css_first("dt")): text(fact.css_first("dd")) for fact in shown.css(".facts div")}
    assert facts["Next try"] == "none"


def test_one_poll_alone_is_a_bar_and_not_a_wall(client: FlaskClient, polled: None) -> None:
    shown = page(client, "/status/source/1").css("svg.chart")[-1]
    assert [float(bar.attributes["width"] or 0) for bar in shown.css("rect.good")] == [12.0]  # of 300
    assert shown.attributes["aria-label"] == "The last polls, 1 Mar, 11:00; at most 0 ms"


def test_status_atom_is_a_feed_before_anything_has_happened(client: FlaskClient) -> None:
    answer = client.get("/status.atom")
    assert (answer.status_code, b"<entry>" in answer.data) == (200, False)


def test_errors_never_get_into_the_feeds_of_stories(engine: Engine, now: datetime, client: FlaskClient) -> None:
    sync(engine, now, listed(A, "tech"))
    with writing(engine) as connection:
        transitions.add(connection, [(1, Transition(change=Change.DOWN, reason=Reason.DNS))], now)
    assert "is down" in client.get("/status.atom").text
    assert [client.get(f"/feeds/all.{form}").text.count("is down") for form in ("atom", "rss", "json")] == [0, 0, 0]


def test_without_our_network_the_page_blames_nobody(engine: Engine, now: datetime, client: FlaskClient) -> None:
    many(engine, now, 1)
    with writing(engine) as connection:
        transitions.add(connection, [(None, Transition(change=Change.OFFLINE, since=now - HOUR))], now)
    assert "Nothing can be reached from here" in text(page(client).css_first(".warnings h2"))
    assert client.get("/status.json").json["offline_since"] == "2026-03-01T11:00:00Z"  # type: ignore[index]


def test_images_that_could_not_be_found_are_counted_per_source(
    engine: Engine, now: datetime, polled: None, client: FlaskClient
) -> None:
    carry(engine, 1, now, entry("1", html="<img alt='a'><img alt='b'>"), entry("2", html="<img alt='c'>"))
    page = " ".join(LexborHTMLParser(client.get("/status").text).text().split())
    assert page.count("Images not found3") == 1
    by_address = {one["address"]: one for one in client.get("/status.json").json["sources"]}  # type: ignore[index]
    assert [by_address[address]["unresolved_images"] for address in (A, B)] == [3, 0]
