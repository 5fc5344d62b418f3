"""Entries that come back under another guid: the same where that is certain, new where it is not."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.store import sightings
from aggregator.store.engine import open_engine, reading, upgrade, writing
from aggregator.store.schema import sightings as table
from aggregator.store.sightings import LIKELY
from feeds.model import Entry
from feeds.parse import read_new
from tests.builders import carry, entry, listed, seen, sync
from tests.postgres import on_sqlite_only

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_source(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"), listed("https://b.example/feed"))


def memory_of(*guids: str) -> bytes:
    """What reading a document with these items leaves."""
    items = "".join(f"<item><guid>{guid}</guid></item>" for guid in guids)
    return read_new(f'<rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode()).memory


def count(engine: Engine) -> int:
    with reading(engine) as connection:
        return len(connection.execute(select(table.c.id)).all())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://a.example/{}", "https://a.example/{}"),
        ("https://www.a.example/{}", "https://a.example/{}"),
        ("https://a.example/{}", "https://a.example/{}/"),
        ("http://m.a.example:80/{}", "https://www.a.example/{}/"),
    ],
)
def test_d01_guids_that_moved_to_https_or_lost_their_www_are_the_same(
    engine: Engine, now: datetime, before: str, after: str
) -> None:
    carry(engine, 1, now, *(entry(before.format(n), url=None, title=f"T{n}") for n in range(5)))
    later = carry(engine, 1, now + DAY, *(entry(after.format(n), url=None, title=f"T{n}") for n in range(5)))
    assert (later.added, count(engine)) == (0, 5)


def test_d02_all_guids_change_and_links_and_titles_stay(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, *(entry(f"old-{n}", url=f"https://a.example/{n}", title=f"T{n}") for n in range(5)))
    changed = [entry(f"new-{n}", url=f"https://a.example/{n}", title=f"T{n}") for n in range(5)]
    assert carry(engine, 1, now + DAY, *changed).added == 0
    assert carry(engine, 1, now + DAY * 2, *changed).added == 0
    assert count(engine) == 5


def test_a_source_with_a_new_guid_at_every_poll_has_each_entry_once(engine: Engine, now: datetime) -> None:
    for turn in range(4):
        carry(engine, 1, now + turn * HOUR, *(entry(f"{turn}-{n}", url=f"https://a.example/{n}", title=f"T{n}",
                                                    published=now - n * DAY) for n in range(3)))  # fmt: skip
    assert count(engine) == 3


def test_entries_without_addresses_are_recognised_by_title_and_text(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=None, title="Note", html="<p>one</p>"))
    assert carry(engine, 1, now + DAY, entry("2", url=None, title="Note", html="<p>one</p>")).added == 0
    assert carry(engine, 1, now + DAY, entry("3", url=None, title="Note", html="<p>other</p>")).added == 1


@pytest.mark.parametrize(("second", "added"), [(33, 0), (34, 1)])
def test_an_entry_that_moved_with_guid_and_address_keeps_title_and_moment(
    engine: Engine, now: datetime, second: int, added: int
) -> None:
    moment = now.replace(second=33)
    carry(engine, 1, now + DAY, entry("1", title="The title", url="https://a.example/1", published=moment))
    Merger(DedupSettings(), ()).run(engine, now)
    moved = entry("2", title="The title", url="https://a.example/2", published=now.replace(second=second))
    assert carry(engine, 1, now + DAY, moved).added == added


@pytest.mark.parametrize(
    "later",
    [
        {"url": "https://a.example/x", "title": "Another"},  # what stands at an address changes
        {"url": "https://a.example/x", "title": "T", "days": 7},  # it comes every week
        {"url": "https://a.example/x#2", "title": "T"},  # a place in a page
    ],
)
def test_what_is_not_certain_is_new(engine: Engine, now: datetime, later: dict[str, object]) -> None:
    changes = dict(later)
    days = changes.pop("days", 0)
    published = now + timedelta(days=days)  # type: ignore[arg-type]
    carry(engine, 1, now, entry("1", url="https://a.example/x", title="T", published=now))
    moment = published if days else None
    assert carry(engine, 1, now + DAY * 8, entry("2", published=moment, **changes)).added == 1


def test_two_entries_that_a_document_carries_at_once_are_two(engine: Engine, now: datetime) -> None:
    same = {"url": "https://a.example/x", "title": "T"}
    assert carry(engine, 1, now, entry("1", **same), entry("2", **same)).added == 2
    assert carry(engine, 1, now + DAY, entry("1", **same), entry("3", **same)).added == 0  # 2 became 3


def test_where_several_would_fit_nobody_can_say_which(engine: Engine, now: datetime) -> None:
    same = {"url": "https://a.example/x", "title": "T"}
    carry(engine, 1, now, entry("1", **same), entry("2", **same))
    assert carry(engine, 1, now + DAY, entry("3", **same)).added == 1


def test_another_source_is_never_looked_at(engine: Engine, now: datetime) -> None:
    carry(engine, 2, now, entry("http://a.example/1"))
    assert carry(engine, 1, now, entry("https://a.example/1")).added == 1


def test_an_address_that_a_source_gives_to_everything_costs_no_more_than_so_much(engine: Engine, now: datetime) -> None:
    many = [entry(str(n), url="https://a.example/all", title=f"T{n}", published=now) for n in range(LIKELY + 500)]
    assert carry(engine, 1, now, *many).added == LIKELY + 500
    assert carry(engine, 1, now, entry("new", url="https://a.example/all", title="T")).added == 1


def test_an_edit_under_a_new_guid_is_an_edit(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("http://a.example/1"))
    assert carry(engine, 1, now + HOUR, entry("https://a.example/1", html="<p>Better</p>")).changed == 1
    with reading(engine) as connection:
        (row,) = connection.execute(select(table.c.guid, table.c.html, table.c.revised)).all()
    assert row == ("http://a.example/1", "<p>Better</p>", now + HOUR)


guids = st.sampled_from(["1", "2", "http://a.example/1", "https://a.example/1", "https://www.a.example/1/"])
urls = st.sampled_from([None, "https://a.example/1", "https://a.example/2"])
drawn = st.builds(lambda guid, url, title: entry(guid, url=url, title=title), guids, urls, st.sampled_from("ab"))


@on_sqlite_only
@settings(max_examples=25, deadline=None)
@given(st.lists(drawn, max_size=6))
def test_a_document_that_comes_again_as_it_was_adds_nothing(
    tmp_path_factory: pytest.TempPathFactory, document: list[Entry]
) -> None:
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('again')}/test.db")
    upgrade(engine)
    sync(engine, now, listed("https://a.example/feed"))
    carry(engine, 1, now, *document)
    assert carry(engine, 1, now + HOUR, *document).added == 0
    engine.dispose()


def test_an_entry_that_the_document_still_carries_unread_is_no_other_ones_past(engine: Engine, now: datetime) -> None:
    one, other = entry("1", url="https://a.example/x", title="A"), entry("2", url="https://a.example/x", title="A")
    carry(engine, 1, now, one)
    with writing(engine) as connection:
        saved = sightings.save(connection, 1, seen(other), now, memory=memory_of("1", "2"))
    assert (saved.counts.added, saved.elsewhere) == (1, frozenset())


def test_what_is_stored_under_another_guid_is_said(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url="https://a.example/x", title="A"))
    with writing(engine) as connection:
        again = seen(entry("2", url="https://a.example/x", title="A"))
        saved = sightings.save(connection, 1, again, now, memory=memory_of("2"))
    assert (saved.counts.added, saved.elsewhere) == (0, frozenset({"2"}))
