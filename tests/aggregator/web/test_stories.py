"""`/story/<id>`: every sighting with its reason; and floods on the status page."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from aggregator.dedup import flood
from aggregator.dedup.merge import story_uuid
from aggregator.store.engine import writing
from tests.aggregator.web.conftest import A, Fill
from tests.builders import carry, entry


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
    assert "20 items held of 20 new" in page
    assert "aggregator release 1" in page
    (told,) = client.get("/status.json").json["floods"]
    assert (told["id"], told["waiting"], told["name"]) == (1, 20, "Blog A")
