"""Case Q18: what pages say of time is said by the clock that workers go by, however wrong the serving machine's is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from aggregator.store import clock
from aggregator.store.engine import open_engine, reading
from aggregator.web import create_app
from tests.builders import listed, settings, source_settings, sync
from tests.postgres import Cluster

A = "https://a.example/feed"
HOUR = timedelta(hours=1)


@pytest.fixture
def shared(postgres: Cluster) -> Iterator[Engine]:
    """A database that processes on several machines use."""
    name = postgres.fresh()
    engine = open_engine(postgres.url(name))
    yield engine
    engine.dispose()
    postgres.drop(name)


@pytest.mark.parametrize("hours", [-3, 3])
def test_q18_a_source_is_late_by_the_clock_of_the_database(
    shared: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    with reading(shared) as connection:
        servers: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    sync(shared, servers - 2 * HOUR, listed(A))
    monkeypatch.setattr(clock, "utc_now", lambda: servers + hours * HOUR)
    client = create_app(settings(tmp_path, source_settings(A)), shared).test_client()
    assert "2 hours ago" in client.get("/status/source/1").text
    said = client.get("/status.json").json
    assert said is not None
    assert abs(datetime.fromisoformat(said["at"]) - servers) < timedelta(minutes=1)
    assert said["sources"][0]["overdue"]
