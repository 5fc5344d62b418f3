"""`/story/<id>`: every sighting with its reason; and floods on the status page."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Engine

from aggregator.dedup import flood
from aggregator.dedup.merge import story_uuid
from aggregator.store.engine import writing
from aggregator.web import create_app
from feeds.model import Enclosure, Person
from tests.aggregator.web.conftest import A, Fill
from tests.builders import carry, entry, settings, source_settings


@pytest.mark.usefixtures("stories")
def test_a_story_shows_every_sighting_and_why(client: FlaskClient) -> None:
    page = client.get(f"/story/{story_uuid(A, '2')}")
    assert page.status_code == 200
    assert "Carried by 2 sources" in page.text
    assert "Blog A</bdi></b> was the first to carry it; its text is shown." in page.text
    assert "Blog B</bdi></b> has the same address as number 1 (100 %)." in page.text
    assert 'href="/category/tech"' in page.text


def test_what_a_source_wrote_cannot_break_out_of_the_page(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("9", title="<script>alert(1)</script>", url="https://a.example/9"))
    page = client.get(f"/story/{story_uuid(A, '9')}")
    assert "<script>alert" not in page.text
    assert "script-src" in page.headers["Content-Security-Policy"] or "default-src" in page.headers[
        "Content-Security-Policy"
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["/story/9c5b94b1-35ad-49bb-b118-8e8fc24abf80", "/story/1", "/story/"])
def test_no_such_story(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.usefixtures("stories")
def test_the_river_leads_to_the_story_where_several_carry_it(client: FlaskClient) -> None:
    assert f'href="/story/{story_uuid(A, "2")}"' in client.get("/").text


def test_a_flood_is_on_the_status_page_with_the_commands_that_end_it(
    client: FlaskClient, engine: Engine, now: datetime, carried: Fill
) -> None:
    carried(1, *(entry(str(number), published=now) for number in range(20)))
    old = [entry(f"old{number}", published=now - timedelta(days=900)) for number in range(20)]
    later = now + timedelta(hours=1)
    carry(engine, 1, later, *old)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE sources SET last_success_at = '2026-03-01 12:00:00.000000'")
        assert flood.guard(connection, 1, (), later) is not None
    page = client.get("/status").text
    assert "20 items of 20 new ones" in page
    assert "aggregator release 1" in page
    (told,) = client.get("/status.json").json["floods"]
    assert (told["id"], told["waiting"], told["name"]) == (1, 20, "Blog A")


def test_a_story_offers_its_files_with_what_is_known_of_them(client: FlaskClient, carried: Fill) -> None:
    talk = Enclosure(url="https://a.example/%E8%AF%9D.mp3", type="audio/mpeg", length=24_300_000, duration=3900)
    others = (
        Enclosure(url="https://a.example/film.mp4", type="video/mp4"),
        Enclosure(url="https://a.example/slides.pdf", type="application/pdf", length=840),
        Enclosure(url="https://a.example/1.jpg", type="image/jpeg"),
        Enclosure(url="javascript:alert(1)", type="audio/mpeg"),
    )
    carried(1, entry("9", enclosures=(talk, *others)))
    page = client.get(f"/story/{story_uuid(A, '9')}")
    files = LexborHTMLParser(page.text).css(".files li")
    assert [" ".join(file.text().split()) for file in files] == [
        "话.mp3 1 h 5 min, 24 MB",
        "film.mp4",
        "slides.pdf 840 B",
    ]
    assert [file.css_first("audio, video") is not None for file in files] == [True, True, False]
    assert "media-src http: https:" in page.headers["Content-Security-Policy"]
    assert "javascript:" not in page.text


def test_a_story_tells_its_subjects_its_author_and_where_the_original_is(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("9", tags=("R&D", "新闻"), authors=(Person(name="Mara <b>"),), url="https://www.a.example/9"))
    page = LexborHTMLParser(client.get(f"/story/{story_uuid(A, '9')}").text)
    assert [node.text() for node in page.css(".tag")] == ["R&D", "新闻"]
    assert "Mara <b>" in page.css_first(".byline").text()
    original = page.css_first(".actions a")
    assert (original.attributes["href"], original.text()) == ("https://www.a.example/9", "Original at a.example")


def test_a_story_that_is_passed_on_shows_its_own_picture_and_words(client: FlaskClient, carried: Fill) -> None:
    carried(1, entry("9", html="<p>What it is about.</p>", image="https://a.example/9.jpg"))
    page = LexborHTMLParser(client.get(f"/story/{story_uuid(A, '9')}").text)
    said = {node.attributes["property"]: node.attributes["content"] for node in page.css('meta[property^="og:"]')}
    assert said["og:image"] == "https://a.example/9.jpg"
    assert (said["og:type"], said["og:description"]) == ("article", "What it is about.")


def test_a_picture_that_is_not_in_the_text_stands_above_it(client: FlaskClient, carried: Fill) -> None:
    within = '<p>Text</p><img src="https://a.example/9.jpg">'
    carried(1, entry("8", image="https://a.example/8.jpg"), entry("9", html=within, image="https://a.example/9.jpg"))
    pages = [LexborHTMLParser(client.get(f"/story/{story_uuid(A, guid)}").text) for guid in "89"]
    assert [len(page.css("article img")) for page in pages] == [1, 1]


def test_a_source_that_allows_links_only_shows_no_text_on_a_storys_page(
    engine: Engine, tmp_path: Path, carried: Fill
) -> None:
    carried(1, entry("9", html="<p>The whole text of it</p>"))
    site = settings(tmp_path, source_settings(A, publish="link", categories=("tech",)))
    assert "whole text" not in create_app(site, engine).test_client().get(f"/story/{story_uuid(A, '9')}").text
