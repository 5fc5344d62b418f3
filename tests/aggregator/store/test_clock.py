"""The time that all workers on a database agree on."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aggregator.store import clock
from aggregator.store.clock import clock_of, utc_now
from aggregator.store.engine import reading
from tests.postgres import on_postgresql_only, on_sqlite_only

SECOND = timedelta(seconds=1)


@on_postgresql_only
@pytest.mark.parametrize("hours", [-1, 1])
def test_q18_on_postgresql_it_is_the_servers(engine: Engine, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: utc_now() + timedelta(hours=hours))
    with reading(engine) as connection:
        servers: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    assert -SECOND < clock_of(engine)() - servers < 10 * SECOND


@on_postgresql_only
def test_between_two_readings_it_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    told = clock_of(engine)
    first = told()
    started = clock.time.monotonic()
    monkeypatch.setattr(clock.time, "monotonic", lambda: started + 60)
    assert 59 * SECOND < told() - first < 61 * SECOND


@on_postgresql_only
def test_a_transaction_that_begins_sets_it_right(engine: Engine) -> None:
    told = clock_of(engine)
    told._read = (clock.time.monotonic() - 3600, utc_now() - timedelta(days=1))  # type: ignore[attr-defined]
    with reading(engine):
        pass
    assert abs(told() - utc_now()) < timedelta(minutes=1)


def test_there_is_one_for_each_database(engine: Engine) -> None:
    assert clock_of(engine) is clock_of(engine)


@on_sqlite_only
def test_on_sqlite_it_is_the_clock_on_the_wall(engine: Engine) -> None:
    assert abs(clock_of(engine)() - utc_now()) < SECOND
