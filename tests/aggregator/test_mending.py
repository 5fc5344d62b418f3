"""A source that fails is tried at once when config.yaml was changed in what it may have failed for."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.config.load import load
from aggregator.config.settings import Settings
from aggregator.outcome import Reason
from aggregator.service.setup import mended, put_in_force
from aggregator.store import claims
from aggregator.store.clock import clock_of
from aggregator.store.engine import reading, writing
from aggregator.store.health import glances
from tests.builders import failed, record, updated

LATER = timedelta(hours=9)
BEFORE = """
fetch: {deadline: 10s, max_body: 1 MiB}
rsshub: {instances: [https://rsshub.example]}
categories:
  A:
    - {url: "https://well.example/feed", headers: {X: "1"}}
    - https://nas.example/feed
    - {url: "https://key.example/feed", headers: {Authorization: wrong}}
    - {page: "https://page.example/", item: article}
    - rsshub: /a/b
    - https://slow.example/feed
    - https://large.example/feed
"""
REASONS = {
    "nas": Reason.BLOCKED_ADDRESS, "key": Reason.DENIED, "page": Reason.NOT_A_FEED, "a/b": Reason.SERVER_ERROR,
    "slow": Reason.TIMEOUT, "large": Reason.TOO_LARGE,
}  # fmt: skip


@pytest.fixture
def told(tmp_path: Path) -> Settings:
    return read(tmp_path, BEFORE)


@pytest.fixture
def failing(engine: Engine, told: Settings, now: datetime) -> None:
    """All sources but one have failed, and wait."""
    put_in_force(engine, told)
    at = clock_of(engine)()
    with writing(engine) as connection:
        taken = claims.claim_due(connection, now=at, limit=9, per_host=9, lease=LATER)
    assert len(taken) == 7
    for claim in taken:
        reason = next((one for part, one in REASONS.items() if part in claim.address), None)
        record(engine, claim, failed(reason) if reason else updated(), at, at + LATER)


def read(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text)
    return load(folder / "config.yaml", {})


def due(engine: Engine) -> list[str]:
    now = clock_of(engine)()
    with reading(engine) as connection:
        return [one.address for one in glances(connection) if one.next_fetch_at <= now]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("was", "becomes", "tried"),
    [
        ("- https://nas.example/feed", "- {url: https://nas.example/feed, allow_private: true}", "https://nas.example/feed"),
        ("Authorization: wrong", "Authorization: right", "https://key.example/feed"),
        ("item: article", "item: .post", "page:https://page.example/"),
        ("[https://rsshub.example]", "[https://hub.example]", "rsshub:/a/b"),
        ("deadline: 10s", "deadline: 60s", "https://slow.example/feed"),
        ("max_body: 1 MiB", "max_body: 9 MiB", "https://large.example/feed"),
    ],
)  # fmt: skip
def test_what_may_be_mended_is_due_and_nothing_else(
    engine: Engine, told: Settings, tmp_path: Path, was: str, becomes: str, tried: str
) -> None:
    new = read(tmp_path, BEFORE.replace(was, becomes))
    put_in_force(engine, new, mended=mended(told.fetch, new.fetch))
    assert due(engine) == [tried]


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("  A:", "  B:"),
        ("fetch: {", "fetch: {floor: 20m, "),
        ("deadline: 10s", "deadline: 5s"),
        ("headers: {X: \"1\"}", "headers: {X: \"2\"}"),
    ],
)  # fmt: skip
def test_what_mends_nothing_makes_nothing_due(
    engine: Engine, told: Settings, tmp_path: Path, was: str, becomes: str
) -> None:
    new = read(tmp_path, BEFORE.replace(was, becomes))
    put_in_force(engine, new, mended=mended(told.fetch, new.fetch))
    assert due(engine) == []
