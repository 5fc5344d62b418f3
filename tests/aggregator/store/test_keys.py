"""The log of keys that merging finds candidates by."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.dedup.window import Window
from aggregator.store import compared, keys
from aggregator.store.engine import reading, writing
from feeds.fingerprint import url_key
from tests.builders import carry, entry, listed, sync

DAY = timedelta(days=1)


def found(engine: Engine, *wanted: int) -> dict[int, list[int]]:
    """What somebody finds who reads the whole log."""
    window = Window()
    with reading(engine) as connection:
        window.follow(connection)
    return window.newest(wanted)


def key(day: int) -> int:
    found = url_key(f"https://a.example/{day}")
    assert found is not None
    return found


def twenty_days(engine: Engine, now: datetime) -> None:
    """One entry a day, each merged by itself."""
    sync(engine, now, listed("https://a.example/feed"))
    for day in range(1, 21):
        carry(engine, 1, now + day * DAY, entry(str(day), url=f"https://a.example/{day}"))
        Merger(DedupSettings(), ()).run(engine, now)


def test_what_is_past_the_window_is_forgotten_and_the_rest_is_not(engine: Engine, now: datetime) -> None:
    twenty_days(engine, now)
    with writing(engine) as connection:
        first = compared.first_since(connection, now + 7 * DAY)
        assert first == 7
        assert keys.tidy(connection, first) == 6
    assert found(engine, key(6), key(7), key(20)) == {key(7): [7], key(20): [20]}


def test_small_runs_are_joined_and_nothing_is_lost(engine: Engine, now: datetime) -> None:
    twenty_days(engine, now)
    with writing(engine) as connection:
        assert keys.tidy(connection, 1) == 0
        assert [run.id for run in keys.since(connection, 0)] == [20]
    assert found(engine, *map(key, range(1, 21))) == {key(day): [day] for day in range(1, 21)}


def test_runs_are_not_joined_beyond_a_size(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        for newest in range(5):
            keys.remember(connection, bytes(keys.JOINED_BYTES // 2), newest=newest)
        keys.tidy(connection, 0)
        sizes = [len(run.pairs) for run in keys.since(connection, 0)]
    assert sizes == [keys.JOINED_BYTES, keys.JOINED_BYTES, keys.JOINED_BYTES // 2]


def test_a_number_is_never_given_again(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        first = keys.remember(connection, b"", newest=1)
        keys.tidy(connection, 2)
        assert keys.remember(connection, b"", newest=3) > first


def test_the_first_of_nothing_comes_after_everything(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"))
    with reading(engine) as connection:
        assert compared.first_since(connection, now) == 1
    carry(engine, 1, now, entry("1"))
    with reading(engine) as connection:
        assert (compared.first_since(connection, now), compared.first_since(connection, now + DAY)) == (1, 2)
