"""Case Q05 as the operator sees it: a full disk is said everywhere, feeds are served on, and it ends by itself."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from aggregator.store import unstored
from aggregator.store.engine import writing
from tests.aggregator.web.conftest import Fill
from tests.builders import carry, entry

LARGE = tuple(entry(f"large {number}", html="x" * 100_000) for number in range(20))


@pytest.fixture
def full(engine: Engine, stories: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Fill the disk: a write has failed already when this returns. What is returned makes room again."""
    monkeypatch.setattr(unstored, "CALM_SECONDS", 0.0)
    with engine.connect() as connection:  # the next one from the pool is the same, with its limit
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(OperationalError, match="full"):
        carry(engine, 1, now, *LARGE)
    return engine.dispose


def status(client: FlaskClient) -> Any:
    return client.get("/status.json").json


@pytest.mark.usefixtures("full")
def test_q05_while_the_disk_is_full_health_is_degraded_and_feeds_are_served(client: FlaskClient) -> None:
    said = status(client)
    assert (said["health"], said["troubles"]) == ("degraded", ["storing"])
    assert "full" in said["unstored"]["detail"]
    assert "Nothing new can be stored" in client.get("/status").text
    assert "aggregator_storing_fails 1.0" in client.get("/metrics").text
    assert client.get("/feeds/all.atom").text.count("<entry>") == 3
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (200, 200)


def test_q05_with_room_again_it_goes_on_without_a_restart(
    client: FlaskClient, engine: Engine, full: Callable[[], None], now: datetime
) -> None:
    full()
    assert status(client)["health"] == "degraded"
    carry(engine, 1, now, *LARGE)
    assert (status(client)["health"], status(client)["unstored"]) == ("ok", None)


def test_q05_what_writes_nothing_is_no_sign_of_room(
    client: FlaskClient, engine: Engine, full: Callable[[], None]
) -> None:
    with writing(engine):
        pass
    assert status(client)["health"] == "degraded"


def test_q05_a_commit_among_failures_does_not_end_it(
    client: FlaskClient, engine: Engine, full: Callable[[], None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unstored, "CALM_SECONDS", 60.0)
    full()
    carry(engine, 1, now, *LARGE)
    assert status(client)["health"] == "degraded"


def test_q05_a_disk_without_room_is_said_before_anything_fails(
    client: FlaskClient, stories: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unstored, "room", lambda folder: 4096)
    assert status(client)["unstored"] == {"since": None, "detail": "the disk is full"}


@pytest.mark.usefixtures("full")
def test_q05_a_note_that_could_not_be_written_out_says_enough_by_being_there(
    client: FlaskClient, engine: Engine
) -> None:
    file = f"{engine.url.database}.unstored"
    with open(file, "w", encoding="utf-8"):
        pass
    said = status(client)["unstored"]
    assert said["detail"] == "the disk is full"
    assert said["since"] is not None


def test_what_is_refused_for_another_reason_is_no_full_disk(client: FlaskClient, engine: Engine, carried: Fill) -> None:
    with pytest.raises(OperationalError, match="no such table"), writing(engine) as connection:
        connection.exec_driver_sql("UPDATE nowhere SET x = 1")
    assert status(client)["health"] == "ok"
