"""Storing what sources carried: once, changed when it changed, never backwards."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.dialects import sqlite

from aggregator.store import sightings
from aggregator.store.columns import Json
from aggregator.store.engine import reading, writing
from aggregator.store.polls import Counts
from aggregator.store.schema import sightings as table
from aggregator.store.sightings import REVISIONS_KEPT, arrivals
from feeds.model import Enclosure
from tests.builders import carry, entry, listed, seen, sync

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _two_sources(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"), listed("https://b.example/feed"))


def rows(engine: Engine) -> list[object]:
    with reading(engine) as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_what_is_new_is_stored_and_waits_for_the_merge(engine: Engine, now: datetime) -> None:
    assert carry(engine, 1, now, entry("1"), entry("2")) == Counts(entries=2, added=2)
    assert [(row.guid, row.pending, row.story_id) for row in rows(engine)] == [("1", 1, None), ("2", 1, None)]  # type: ignore[attr-defined]


def test_the_same_document_again_changes_nothing(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    before = rows(engine)
    assert carry(engine, 1, now + HOUR, entry("1")) == Counts(entries=1)
    assert rows(engine) == before


def test_d05_the_same_guid_in_two_sources_is_two_sightings(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    assert carry(engine, 2, now, entry("1")).added == 1


def test_d04_an_entry_twice_in_one_document_counts_the_first_time(engine: Engine, now: datetime) -> None:
    twice = (entry("1", html="<p>First</p>"), entry("1", html="<p>Second</p>"))
    assert carry(engine, 1, now, *twice).added == 1
    assert carry(engine, 1, now + HOUR, *twice).changed == 0
    assert [row.html for row in rows(engine)] == ["<p>First</p>"]  # type: ignore[attr-defined]


def test_d03_entries_that_share_a_guid_are_told_apart_by_address_and_title(engine: Engine, now: datetime) -> None:
    three = (
        entry("same", url="https://a.example/1"),
        entry("same", url="https://a.example/2"),
        entry("same", title="x"),
    )
    assert carry(engine, 1, now, *three).added == 3
    assert carry(engine, 1, now + HOUR, *reversed(three)) == Counts(entries=3)


def test_d03_what_shared_its_guid_is_not_new_when_it_is_alone(engine: Engine, now: datetime) -> None:
    one, other = entry("same", url="https://a.example/1"), entry("same", url="https://a.example/2")
    carry(engine, 1, now, one)
    assert carry(engine, 1, now, one, other).added == 1
    assert carry(engine, 1, now, other) == Counts(entries=1)
    assert carry(engine, 1, now, one) == Counts(entries=1)


def test_d08_what_a_document_no_longer_lists_stays(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"), entry("2"))
    carry(engine, 1, now + HOUR, entry("2"))
    assert len(rows(engine)) == 2


def test_d12_an_edit_updates_one_sighting_and_moves_revised(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    assert carry(engine, 1, now + HOUR, entry("1", html="<p>Better</p>")).changed == 1
    (row,) = rows(engine)
    assert (row.html, row.revised, row.first_seen_at) == ("<p>Better</p>", now + HOUR, now)  # type: ignore[attr-defined]


def test_a_change_that_no_reader_would_notice_does_not_move_revised(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    assert carry(engine, 1, now + HOUR, entry("1", tags=("new",))).changed == 1
    assert rows(engine)[0].revised == now  # type: ignore[attr-defined]


def test_d07_an_older_copy_never_replaces_a_newer_one(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", title="New", updated=now))
    assert carry(engine, 1, now + HOUR, entry("1", title="Old", updated=now - HOUR)).changed == 0
    assert rows(engine)[0].title == "New"  # type: ignore[attr-defined]


def test_d13_a_text_that_never_stands_still_is_left_alone_after_a_while(engine: Engine, now: datetime) -> None:
    for turn in range(REVISIONS_KEPT + 10):
        carry(engine, 1, now + turn * HOUR, entry("1", html=f"<p>{turn}</p>"))
    assert rows(engine)[0].revisions == REVISIONS_KEPT  # type: ignore[attr-defined]


def test_d06_a_guid_of_any_length_is_a_guid(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("x" * 12_000), entry("x" * 12_001))
    assert len(rows(engine)) == 2


def test_more_entries_than_one_statement_can_ask_for(engine: Engine, now: datetime) -> None:
    many = tuple(entry(str(number)) for number in range(1200))
    assert carry(engine, 1, now, *many).added == 1200
    assert carry(engine, 1, now, *many) == Counts(entries=1200)


def test_d09_what_expired_does_not_come_back(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    with writing(engine) as connection:
        connection.execute(table.update().values(expired_at=now, html=""))
    assert carry(engine, 1, now + HOUR, entry("1", html="<p>Changed</p>")) == Counts(entries=1)
    assert rows(engine)[0].html == ""  # type: ignore[attr-defined]


def test_arrivals_are_the_newest_dates_and_never_in_the_future(now: datetime) -> None:
    entries = [entry(str(day), published=now - timedelta(days=day)) for day in range(-1, 30)]
    newest = arrivals(entries, (now - timedelta(hours=5),), now)
    assert newest[:3] == (now, now - timedelta(hours=5), now - timedelta(days=1))
    assert len(newest) == 20


def test_what_an_entry_was_before_cleaning_is_kept_and_cleaning_again_never_overwrites_something_newer(
    engine: Engine, now: datetime
) -> None:
    (first,) = seen(entry("1"))
    with writing(engine) as connection:
        sightings.save(connection, 1, [replace(first, original=b"packed")], now)
        (kept,) = sightings.originals(connection, after=0, limit=10)
        assert kept.original == b"packed"
        assert sightings.originals(connection, after=kept.id, limit=10) == ()
        sightings.save(connection, 1, [replace(seen(entry("1", html="<p>Newer</p>"))[0], original=b"newer")], now)
        sightings.reclean(connection, [(kept, seen(entry("1", html="<p>Better</p>"))[0])])
        assert connection.scalars(select(table.c.html)).all() == ["<p>Newer</p>"]
        (kept,) = sightings.originals(connection, after=0, limit=10)
        assert sightings.reclean(connection, [(kept, seen(entry("1", html="<p>Better</p>"))[0])]) == 1
        assert connection.scalars(select(table.c.html)).all() == ["<p>Better</p>"]


def test_to_learn_how_long_a_file_lasts_is_no_news(engine: Engine, now: datetime) -> None:
    file = Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length=1)
    carry(engine, 1, now, entry("1", enclosures=(file,)))
    assert carry(engine, 1, now + HOUR, entry("1", enclosures=(replace(file, duration=61.5),))).changed == 1
    (row,) = rows(engine)
    assert (row.enclosures[0].duration, row.revised) == (61.5, now)  # type: ignore[attr-defined]


def test_what_was_stored_before_durations_were_known_still_reads() -> None:
    column = Json(tuple[Enclosure, ...], empty=())
    stored = '[{"url":"https://a.example/1.mp3","type":"audio/mpeg","length":1}]'
    (file,) = column.process_result_value(stored, sqlite.dialect())  # type: ignore[no-untyped-call]
    assert file == Enclosure(url="https://a.example/1.mp3", type="audio/mpeg", length=1)
