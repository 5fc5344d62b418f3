"""The index that merging finds candidates by."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from aggregator.config.settings import DedupSettings
from aggregator.dedup.index import Index
from aggregator.dedup.merge import Merger
from aggregator.store import keys, stories
from aggregator.store.engine import reading, writing
from aggregator.store.keys import PARTS, PER_KEY
from aggregator.store.schema import sighting_keys
from aggregator.store.stories import Sighting
from tests.builders import carry, entry, listed, sync

DAY = timedelta(days=1)


def test_d21_a_key_has_its_newest_sightings_and_no_more(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"))
    same = {"title": "The same title again and again", "html": ""}
    carry(engine, 1, now, *(entry(str(n), url=f"https://a.example/{n}", **same) for n in range(2500)))
    Merger(DedupSettings(), ()).run(engine, now)
    with reading(engine) as connection:
        assert max(len(ids) for ids in _all(connection).values()) == PER_KEY
        (title,) = [key for key, ids in _all(connection).items() if len(ids) > 1]
        assert keys.newest(connection, [title])[title] == list(range(2501 - PER_KEY, 2501))


def _all(connection: object) -> dict[int, list[int]]:
    rows = connection.execute(select(sighting_keys.c.key, sighting_keys.c.sighting_id))  # type: ignore[attr-defined]
    found: dict[int, list[int]] = {}
    for key, id_ in rows:
        found.setdefault(key, []).append(id_)
    return found


def test_what_is_past_the_window_is_forgotten_and_the_rest_is_not(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"))
    for day in range(20):
        carry(engine, 1, now + day * DAY, entry(str(day)))
    Merger(DedupSettings(), ()).run(engine, now)
    with writing(engine) as connection:
        first = stories.first_since(connection, now + 6 * DAY)
        assert first == 7
        assert sum(keys.tidy(connection, first, part) for part in range(PARTS)) > 0
        assert {id_ for ids in _all(connection).values() for id_ in ids} == set(range(7, 21))
        assert set(connection.scalars(select(sighting_keys.c.settled))) == {1}
        assert sum(keys.tidy(connection, first, part) for part in range(PARTS)) == 0
        assert sum(map(len, _all(connection).values())) == 14 * 2  # address and title; the texts are too short


def test_the_first_of_nothing_comes_after_everything(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"))
    with reading(engine) as connection:
        assert stories.first_since(connection, now) == 1
    carry(engine, 1, now, entry("1"))
    with reading(engine) as connection:
        assert (stories.first_since(connection, now), stories.first_since(connection, now + DAY)) == (1, 2)


@given(st.lists(st.integers(1, 60), max_size=60))
def test_in_memory_the_newest_are_kept_in_whatever_order_they_come(ids: list[int]) -> None:
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    index = Index()
    for id_ in ids:
        index.add(Sighting(id=id_, source_id=1, address="a", guid="g", url=None, title="", words=0, url_key=7,
                           title_key=None, placed=now, revised=now, first_seen_at=now, story_id=None))  # fmt: skip
    assert sorted(index.newest.get(7, [])) == sorted(set(ids))[-PER_KEY:]
