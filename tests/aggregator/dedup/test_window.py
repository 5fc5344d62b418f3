"""Finding candidates in memory, and that memory keeps step with the log."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup import window as window_module
from aggregator.dedup.index import PER_KEY, Index
from aggregator.dedup.merge import REREAD_EVERY, Merger
from aggregator.dedup.window import Window
from aggregator.store import keys, stories
from aggregator.store.compared import Sighting
from aggregator.store.engine import reading, writing
from aggregator.store.schema import key_runs
from feeds.fingerprint import title_key
from tests.builders import carry, entry, listed, sync

DAY = timedelta(days=1)
A, B = "https://a.example/feed", "https://b.example/feed"
TITLE = "The same title again and again"
WINDOW_KEYS = st.sampled_from([-(2**63), -1, 0, 5, 2**40 + 5, 2**63 - 1])  # two of them alike in their lower halves
BATCHES = st.lists(st.lists(st.tuples(WINDOW_KEYS, st.integers(1, 2**32 - 1)), min_size=1, max_size=30), max_size=12)


@contextmanager
def a_log() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    key_runs.create(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@given(batches=BATCHES, tidied=st.integers(0, 12))
def test_every_window_finds_the_newest_of_each_key(batches: list[list[tuple[int, int]]], tidied: int) -> None:
    there: dict[int, set[int]] = defaultdict(set)
    ours, followed = Window(), Window()
    with a_log() as connection:
        for number, pairs in enumerate(batches):
            ours.remember(connection, pairs)
            if number == tidied:
                keys.tidy(connection, 0)
            if number % 3 == 0:
                followed.follow(connection)
            for key, id_ in pairs:
                there[key % 2**32].add(id_)
        late = Window()
        for window in (followed, late):
            window.follow(connection)
    wanted = {key for pairs in batches for key, _ in pairs}
    expected = {key: sorted(there[key % 2**32])[-PER_KEY:] for key in wanted}
    assert ours.newest(wanted) == followed.newest(wanted) == late.newest(wanted) == expected


def test_what_nobody_has_is_not_found() -> None:
    with a_log() as connection:
        window = Window()
        assert window.newest([1, 2]) == {}
        window.remember(connection, [(1, 7)])
        assert window.newest([2]) == {}
        assert window.newest([]) == {}


def test_d21_ten_thousand_equal_titles_give_sixteen_candidates(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    carry(engine, 1, now, *(entry(str(n), url=f"https://a.example/{n}", title=TITLE, html="") for n in range(10_000)))
    Merger(DedupSettings(), ()).run(engine, now)
    window, key = Window(), title_key(TITLE)
    assert key is not None
    with reading(engine) as connection:
        window.follow(connection)
    assert window.newest([key]) == {key: list(range(10_001 - PER_KEY, 10_001))}


@pytest.mark.parametrize("first", [0, 1])
def test_mergers_in_two_processes_know_what_the_other_has_merged(engine: Engine, now: datetime, first: int) -> None:
    sync(engine, now, listed(A), listed(B))
    mergers = [Merger(DedupSettings(), ()), Merger(DedupSettings(), ())]
    for number in range(6):
        merger = mergers[(number + first) % 2]
        carry(engine, number % 2 + 1, now, entry(str(number), url=f"https://x.example/{number // 2}"))
        merged = merger.run(engine, now)
        assert (merged.sightings, merged.founded) == (1, (number + 1) % 2)


def test_a_batch_that_fails_is_forgotten(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A), listed(B))
    merger = Merger(DedupSettings(), ())
    carry(engine, 1, now, entry("1", url="https://x.example/1"))
    with patch.object(stories, "touch", side_effect=RuntimeError), pytest.raises(RuntimeError):
        merger.run(engine, now)
    assert merger.run(engine, now).founded == 1
    carry(engine, 2, now, entry("2", url="https://x.example/1"))
    assert merger.run(engine, now).founded == 0
    with reading(engine) as connection:
        assert len(keys.since(connection, 0)) == 2


def test_what_is_past_the_window_leaves_memory_at_the_next_reading(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    merger = Merger(DedupSettings(), ())
    carry(engine, 1, now, entry("1"))
    merger.run(engine, now)
    with writing(engine) as connection:
        keys.tidy(connection, 2)
    carry(engine, 1, now + DAY, entry("2"))
    with patch.object(window_module, "Window", wraps=Window) as window:
        merger.run(engine, now + REREAD_EVERY - timedelta(seconds=1))
        assert not window.called
        carry(engine, 1, now + DAY, entry("3"))
        merger.run(engine, now + REREAD_EVERY)
        assert window.called


@settings(max_examples=50)
@given(st.lists(st.integers(1, 60), max_size=60))
def test_a_batch_keeps_the_newest_in_whatever_order_they_come(ids: list[int]) -> None:
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    index = Index()
    for id_ in ids:
        index.add(Sighting(id=id_, source_id=1, address="a", guid="g", url=None, title="", words=0, url_key=7,
                           title_key=None, placed=now, revised=now, first_seen_at=now, story_id=None))  # fmt: skip
    assert sorted(index.newest.get(7, [])) == sorted(set(ids))[-PER_KEY:]
    assert set(index.added) == {(7, id_) for id_ in ids}
