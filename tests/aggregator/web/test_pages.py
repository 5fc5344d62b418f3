"""The pages to read: what they show, where they lead, and that nothing a source wrote becomes markup."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import Engine

from aggregator.config.settings import CategorySettings, Settings, SiteSettings
from aggregator.store import claims
from aggregator.store.engine import writing
from aggregator.web import create_app
from aggregator.web.pages import ON_A_PAGE
from tests.aggregator.web.conftest import A, Fill
from tests.builders import entry, failed, record, settings, source_settings

PAGES = ["/", "/category/tech", "/category/tech/python", "/category/新闻", "/category/all"]


def shown(client: FlaskClient, path: str) -> LexborHTMLParser:
    answer = client.get(path)
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def titles(page: LexborHTMLParser) -> list[str]:
    return [node.text() for node in page.css(".story h3")]


def attribute(node: LexborNode | None, name: str) -> str:
    assert node is not None
    return node.attributes[name] or ""


@pytest.mark.usefixtures("stories")
def test_the_first_page_offers_every_feed_and_the_latest_stories(client: FlaskClient) -> None:
    page = shown(client, "/")
    assert titles(page) == ["一个足够长的、两家都刊登的标题", "Entry 1", "Entry 3"]
    links = {node.attributes["href"] for node in page.css("a")}
    for slug in ("all", "tech", "tech/python", "%E6%96%B0%E9%97%BB"):
        for format_ in ("atom", "rss", "json"):
            assert f"/feeds/{slug}.{format_}" in links
        assert f"feed:https://news.example.org/feeds/{slug}.atom" in links
    assert "https://news.example.org/feeds/tech/python.atom" in [node.text() for node in page.css("code")]


@pytest.mark.usefixtures("stories")
def test_the_categories_are_a_tree_with_counts(client: FlaskClient) -> None:
    page = shown(client, "/")
    top = [attribute(node, "href") for node in page.css(".tree > ul > li > a.name")]
    below = [attribute(node, "href") for node in page.css(".tree li li > a.name")]
    assert (top, below) == (["/category/tech", "/category/%E6%96%B0%E9%97%BB"], ["/category/tech/python"])
    assert [node.text().split()[0] for node in page.css(".tree .count")] == ["2", "2", "2"]


@pytest.mark.parametrize(("path", "slug"), [("/", "all"), ("/category/tech/python", "tech/python")])
@pytest.mark.usefixtures("stories")
def test_readers_discover_the_feeds_of_a_page(client: FlaskClient, path: str, slug: str) -> None:
    alternates = shown(client, path).css('link[rel="alternate"]')
    assert [(node.attributes["type"], node.attributes["href"]) for node in alternates] == [
        ("application/atom+xml", f"/feeds/{slug}.atom"),
        ("application/rss+xml", f"/feeds/{slug}.rss"),
        ("application/feed+json", f"/feeds/{slug}.json"),
    ]


@pytest.mark.usefixtures("stories")
def test_a_story_leads_to_its_publisher_and_names_who_else_has_it(client: FlaskClient) -> None:
    story = shown(client, "/category/tech").css_first(".story")
    assert story is not None
    assert attribute(story.css_first("h3 a"), "href") == "https://a.example/shared"
    assert attribute(story.css_first("h3"), "dir") == "auto"
    assert [node.text() for node in story.css(".kicker bdi")] == ["Blog A"]
    assert [node.text() for node in story.css(".chips bdi")] == ["Blog B"]


@pytest.mark.usefixtures("stories")
def test_stories_stand_under_their_utc_day(client: FlaskClient) -> None:
    days = shown(client, "/").css(".day > h2 > time")
    assert [attribute(day, "datetime") for day in days] == ["2026-03-01", "2026-02-28", "2026-02-27"]
    assert days[0].text() == "Sunday, 1 March 2026"


def test_a_picture_takes_its_place_before_it_is_there(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("1", image="https://a.example/1.jpg"))
    image = shown(client, "/").css_first(".story img")
    assert attribute(image, "src") == "https://a.example/1.jpg"
    assert (attribute(image, "alt"), attribute(image, "loading")) == ("", "lazy")
    assert int(attribute(image, "width")) > 0
    assert int(attribute(image, "height")) > 0


def test_the_language_of_a_story_is_its_own(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("1", language="zh-CN"), entry("2", language='"><script>'))
    page = shown(client, "/")
    assert {attribute(node, "lang") for node in page.css(".story h3")} == {"zh-CN", ""}
    assert attribute(page.css_first("html"), "lang") == "en"


def test_h04_h14_what_a_source_writes_is_never_markup(client: FlaskClient, carried: Fill) -> None:
    evil = "<img src=x onerror=alert(1)>\"'&amp;"
    carried(
        1, entry("1", title=evil, html="<p>text &lt;img src=x onerror=alert(2)&gt;</p>", url="https://a.example/'\"")
    )
    page = shown(client, "/")
    assert titles(page) == [evil]
    assert page.css("img[onerror], script, [onclick]") == []
    assert "<img src=x" not in client.get("/").text


def test_h03_an_address_that_is_no_web_address_is_no_link(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("1", url="javascript:alert(1)", image="javascript:alert(2)"))
    assert "javascript:" not in client.get("/").text


def test_h16_a_user_name_in_a_link_does_not_pass_for_a_host(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("1", url="https://bank.example@evil.example/login"))
    assert attribute(shown(client, "/").css_first(".story h3 a"), "href") == "https://evil.example/login"


def test_a_source_that_allows_links_only_has_no_excerpt(engine: Engine, tmp_path: Path, carried: Fill) -> None:
    carried(1, entry("1", html="<p>The whole text of it</p>"))
    site = settings(tmp_path, source_settings(A, publish="link", categories=("tech",)))
    assert "whole text" not in create_app(site, engine).test_client().get("/category/tech").text


def test_pages_follow_one_another_and_lose_nothing(client: FlaskClient, carried: Fill, now: datetime) -> None:
    total = 2 * ON_A_PAGE + 7
    carried(1, *(entry(str(n), published=now - timedelta(minutes=n // 3)) for n in range(total)))
    path: str | None = "/category/tech"
    seen: list[str] = []
    while path:
        page = shown(client, path)
        seen += titles(page)
        older = page.css_first('a[rel="next"]')
        path = attribute(older, "href") if older else None
    assert len(seen) == total
    assert len(set(seen)) == total


def test_the_way_back_leads_over_the_same_pages(client: FlaskClient, carried: Fill, now: datetime) -> None:
    carried(1, *(entry(str(n), published=now - timedelta(minutes=n // 3)) for n in range(3 * ON_A_PAGE + 7)))
    forth, back = ["/category/tech"], []
    while older := shown(client, forth[-1]).css_first('a[rel="next"]'):
        forth.append(attribute(older, "href"))
    path = forth[-1]
    while newer := shown(client, path).css_first('a[rel="prev"]'):
        path = attribute(newer, "href")
        back.append(path)
    assert len(forth) == 4
    assert [titles(shown(client, one)) for one in reversed(back)] == [titles(shown(client, one)) for one in forth[:-1]]


@pytest.mark.usefixtures("stories")
def test_from_beyond_the_end_the_way_back_leads_to_stories(client: FlaskClient) -> None:
    head = shown(client, "/category/tech?before=1-1").css_first('link[rel="prev"]')
    assert attribute(head, "href") == "/category/tech"


@pytest.mark.usefixtures("stories")
def test_the_first_page_of_a_category_has_nothing_newer(client: FlaskClient) -> None:
    assert shown(client, "/category/tech").css('[rel="prev"], [rel="next"]') == []


@pytest.mark.usefixtures("stories")
def test_a_page_that_is_passed_on_says_what_it_is(client: FlaskClient) -> None:
    said = {
        attribute(node, "property"): attribute(node, "content")
        for node in shown(client, "/category/tech").css('meta[property^="og:"]')
    }
    assert said["og:title"] == "Tech"
    assert said["og:url"] == "https://news.example.org/category/tech"
    assert said["og:description"] == "2 stories on My river"
    assert said["og:image"].startswith("https://news.example.org/static/icon.png?v=")


@pytest.mark.usefixtures("stories")
def test_from_right_to_left_names_stay_at_the_edge_and_the_operator_s_english_is_english(
    engine: Engine, site: Settings
) -> None:
    arabic = replace(site, site=SiteSettings(title="نهر", language="ar"))
    client = create_app(arabic, engine).test_client()
    heads = [one.html for one in shown(client, "/category/tech").css(".category h1")]
    assert heads == ["<h1><bdi>Tech</bdi></h1>"]
    for path in ("/status", "/status/source/1"):
        assert attribute(shown(client, path).css_first("main"), "dir") == "ltr"


@pytest.mark.parametrize(("said", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("zh-Hans", None), (None, None)])
def test_a_site_in_a_right_to_left_language_is_laid_out_from_the_right(
    engine: Engine, tmp_path: Path, said: str | None, direction: str | None
) -> None:
    site = settings(tmp_path, site=SiteSettings(language=said))
    page = shown(create_app(site, engine).test_client(), "/")
    assert page.css_first("html").attributes.get("dir") == direction


@pytest.mark.usefixtures("stories")
def test_beyond_the_last_story_the_page_says_so(client: FlaskClient) -> None:
    assert "Nothing older" in client.get("/category/tech?before=1-1").text


@pytest.mark.parametrize("place", ["", "x", "1", "1-", "-1", "<b>-1", "f" * 15 + "-1", "1-" + "f" * 16, "1-1 "])
@pytest.mark.usefixtures("stories")
def test_a_place_that_is_not_ours_is_refused_and_not_shown(client: FlaskClient, place: str) -> None:
    answer = client.get("/category/tech", query_string={"before": place})
    assert answer.status_code == 400
    assert "<b>" not in answer.text


@pytest.mark.usefixtures("sources")
def test_before_the_first_fetch_the_page_says_that_it_is_under_way(client: FlaskClient) -> None:
    answer = client.get("/")
    assert "The first fetch is under way" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    assert answer.headers["Cache-Control"] == "no-cache"


def test_when_all_was_asked_and_nothing_came_the_page_leads_to_the_status(
    engine: Engine, client: FlaskClient, now: datetime, sources: tuple[int, ...]
) -> None:
    with writing(engine) as connection:
        taken = claims.claim_due(connection, now=now, limit=9, per_host=9, lease=timedelta(minutes=1))
    for claim in taken:
        record(engine, claim, failed(), now, now + timedelta(hours=1))
    answer = client.get("/")
    assert "could not be read" in answer.text
    assert 'http-equiv="refresh"' not in answer.text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.usefixtures("stories")
def test_o21_pages_allow_no_script_and_images_of_publishers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["img-src"] == "'self' http: https:"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", [*PAGES, "/status", "/nowhere"])
@pytest.mark.usefixtures("stories")
def test_no_page_has_a_script_or_an_inline_style(client: FlaskClient, path: str) -> None:
    page = LexborHTMLParser(client.get(path).text)
    assert page.css("script, style, [style], [onclick], [onload], iframe, form") == []


@pytest.mark.parametrize("path", [*PAGES, "/status", "/nowhere"])
@pytest.mark.usefixtures("stories")
def test_a_page_has_one_heading_of_the_first_rank_and_skips_none(client: FlaskClient, path: str) -> None:
    page = LexborHTMLParser(client.get(path).text)
    ranks = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4")]
    assert (ranks[0], ranks.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in pairwise(ranks))
    assert len(page.css("main")) == 1
    assert page.css_first(attribute(page.css_first("a.skip"), "href")) is not None


@pytest.mark.parametrize(
    "path", ["/nowhere", "/category/<script>", "/category/", "/nowhere//evil.example", "/static/../x"]
)
@pytest.mark.usefixtures("stories")
def test_an_unknown_page_is_404_in_our_own_words(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page" in answer.text
    assert "script" not in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize("path", ["/", "/category/tech", "/status"])
@pytest.mark.usefixtures("stories")
def test_without_the_database_a_page_says_so_and_when_to_return(
    client: FlaskClient, no_database: Callable[[], None], path: str
) -> None:
    no_database()
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert int(answer.headers["Retry-After"]) > 0
    assert "test.db" not in answer.text


@pytest.mark.parametrize("prefix", ["", "/rss", "/a/b"])
@pytest.mark.parametrize("stripped", [True, False])
@pytest.mark.usefixtures("stories")
def test_o20_below_a_path_every_link_works_whether_the_proxy_strips_it_or_not(
    engine: Engine, site: Settings, prefix: str, stripped: bool
) -> None:
    mounted = Settings(
        file=site.file,
        sources=site.sources,
        categories=site.categories,
        site=SiteSettings(url=f"https://news.example.org{prefix}"),
    )
    client = create_app(mounted, engine).test_client()

    def through_the_proxy(link: str) -> str:
        return link.removeprefix(prefix) if stripped else link

    links = set()
    for path in ("/", "/category/tech/python", "/status"):
        html = client.get(through_the_proxy(prefix + path)).text
        links |= set(re.findall(r'(?:href|src)="(/[^"]*)"', html))
        assert f"https://news.example.org{prefix}/feeds/all.atom" in html or path != "/"
    assert len(links) > 15
    for link in links:
        assert link.startswith(f"{prefix}/")
        assert client.get(through_the_proxy(unescape(link))).status_code == 200, link


def test_a_category_shows_the_way_to_it_and_what_is_below(client: FlaskClient, site: Settings) -> None:
    assert "/category/tech" in [attribute(n, "href") for n in shown(client, "/category/tech/python").css(".above a")]
    assert [node.text() for node in shown(client, "/category/tech").css(".tree a")] == ["python"]


def test_a_description_and_a_title_are_escaped(engine: Engine, tmp_path: Path) -> None:
    category = CategorySettings(path=("x",), slug="x", title="A <b> title", description="R&D", limit=5, line=1)
    site = Settings(file=tmp_path / "c", sources=(), categories=(category,), site=SiteSettings(title="<i>"))
    html = create_app(site, engine).test_client().get("/category/x").text
    assert "A &lt;b&gt; title" in html
    assert "R&amp;D" in html
    assert "<i>" not in html
