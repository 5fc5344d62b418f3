"""The merge: one story for what several sources carry, in all their categories, with its identity for good."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from aggregator.config.settings import DedupSettings, SourceSettings
from aggregator.dedup import merge as merge_module
from aggregator.dedup.index import COMMON_URL
from aggregator.dedup.merge import Merged, Merger, story_uuid
from aggregator.dedup.window import PAIR
from aggregator.store import keys, retention, stories, views
from aggregator.store.engine import open_engine, reading, upgrade, writing
from aggregator.store.views import Story
from feeds.model import Entry
from tests.builders import carry, entry, listed, source_settings, sync
from tests.postgres import on_sqlite_only

A, B, C = (f"https://{name}.example/feed" for name in "abc")
HOUR = timedelta(hours=1)
LONG = "<p>" + "many words that say more " * 20 + "</p>"
SAME = "https://a.example/the-story"
TITLE = "A headline that is long enough to mean something"


@pytest.fixture(autouse=True)
def _three_sources(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A, "tech"), listed(B, "news"), listed(C, "news", "news/world"))


def merge(engine: Engine, now: datetime, *sources: SourceSettings, **dedup: object) -> Merged:
    return Merger(DedupSettings(**dedup), sources).run(engine, now)  # type: ignore[arg-type]


def shown(engine: Engine, slug: str = "all") -> tuple[Story, ...]:
    with reading(engine) as connection:
        return views.newest(connection, slug, limit=100)


def test_d22_one_story_in_all_categories_of_all_that_carry_it(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME))
    carry(engine, 2, now, entry("x", url=SAME + "?utm_source=b"))
    assert merge(engine, now) == Merged(2, 1)
    (story,) = shown(engine)
    assert story.slugs == ("all", "news", "tech")
    assert (story.lead.reason, [other.reason for other in story.others]) == ("founder", ["url"])
    assert shown(engine, "tech") == shown(engine, "news") == (story,)


def test_a_story_keeps_its_identity_and_place_when_a_fuller_text_takes_the_lead(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME, published=now - HOUR))
    merge(engine, now)
    (before,) = shown(engine)
    carry(engine, 2, now + HOUR, entry("x", url=SAME, html=LONG))
    merge(engine, now + HOUR)
    (after,) = shown(engine)
    assert (after.uuid, after.published) == (before.uuid, before.published) == (story_uuid(A, "1"), now - HOUR)
    assert (after.html, after.lead.address) == (LONG, B)
    assert after.updated > before.updated


def test_priority_leads_before_length(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME))
    carry(engine, 2, now, entry("x", url=SAME, html=LONG))
    merge(engine, now, source_settings(A, priority=10), source_settings(B))
    assert shown(engine)[0].lead.address == A


def test_the_same_title_at_about_the_same_time_is_the_same_story(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", title=TITLE, url="https://a.example/1"))
    carry(engine, 2, now, entry("1", title=TITLE.upper(), url="https://b.example/1"))
    merge(engine, now)
    (story,) = shown(engine)
    assert story.others[0].reason == "title"


def test_two_items_of_one_source_stay_two(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", title=TITLE, url=SAME), entry("2", title=TITLE, url=SAME))
    merge(engine, now)
    assert len(shown(engine)) == 2


def test_a_story_takes_one_sighting_of_each_source(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME, title="One title of a story that two have"))
    carry(engine, 2, now, entry("1", url=SAME, title="Another title of a story that two have"))
    carry(engine, 1, now, entry("2", url="https://a.example/2", title="Another title of a story that two have"))
    merge(engine, now)
    assert len(shown(engine)) == 2


def test_a_source_that_is_off_is_left_alone(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME))
    carry(engine, 2, now, entry("x", url=SAME))
    merge(engine, now, source_settings(A, dedup="off"))
    assert len(shown(engine)) == 2


def test_nothing_is_merged_where_merging_is_off(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME))
    carry(engine, 2, now, entry("x", url=SAME))
    merge(engine, now, enabled=False)
    assert len(shown(engine)) == 2


def test_a_link_that_a_source_gives_everything_says_nothing(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, *(entry(str(n), url=SAME) for n in range(COMMON_URL)))
    merge(engine, now)
    carry(engine, 2, now, entry("x", url=SAME))
    merge(engine, now)
    assert len(shown(engine)) == COMMON_URL + 1


def test_d12_an_edit_moves_updated_and_nothing_else(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", published=now - HOUR))
    merge(engine, now)
    (before,) = shown(engine)
    carry(engine, 1, now + HOUR, entry("1", published=now - HOUR, html="<p>Edited</p>"))
    merge(engine, now + HOUR)
    (after,) = shown(engine)
    assert (after.uuid, after.published, after.updated) == (before.uuid, before.published, now + HOUR)


def test_d15_a_date_in_the_future_is_clamped_to_when_it_was_seen(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", published=now + timedelta(days=3650)))
    merge(engine, now)
    assert shown(engine)[0].published == now


def test_a_merge_with_nothing_waiting_changes_nothing(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    merge(engine, now)
    with reading(engine) as connection:
        before = views.category_states(connection)
    assert merge(engine, now + HOUR) == Merged()
    with reading(engine) as connection:
        assert views.category_states(connection) == before


def test_revisions_rise_where_a_story_is_shown_and_nowhere_else(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    merge(engine, now)
    with reading(engine) as connection:
        states = views.category_states(connection)
    assert [states[slug].revision > 0 for slug in ("all", "tech", "news")] == [True, True, False]


def test_a_source_that_moves_to_another_category_takes_its_stories_along(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    merge(engine, now)
    changed = sync(engine, now, listed(A, "science"), listed(B, "news"), listed(C, "news", "news/world"))
    with writing(engine) as connection:
        stories.refile(connection, changed, now)
    assert (len(shown(engine, "tech")), len(shown(engine, "science"))) == (0, 1)


def test_d21_thousands_of_equal_titles_are_merged_in_bounded_batches(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, *(entry(str(n), title=TITLE) for n in range(1000)))
    carry(engine, 2, now, *(entry(str(n), title=TITLE, url=f"https://b.example/{n}") for n in range(1000)))
    assert merge(engine, now).sightings == 2000
    assert len(shown(engine)) == 100


def test_d09_an_expired_story_is_gone_and_stays_gone(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1"))
    merge(engine, now)
    later = now + timedelta(days=400)
    with writing(engine) as connection:
        assert retention.expire(connection, before=later - timedelta(days=365), now=later) == 1
    carry(engine, 1, later, entry("1", html="<p>Edited</p>"))
    merge(engine, later)
    assert shown(engine) == ()


def test_s19_our_own_feed_as_a_source_adds_nothing_and_leads_nothing(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=None, title="Short"), entry("2", url=SAME))
    merge(engine, now)
    for turn in range(3):
        before = shown(engine)
        ours = [
            entry(f"urn:uuid:{one.uuid}", url=one.url, title=one.title, html=f"{one.html}<p>Also in: us {turn}</p>")
            for one in before
        ]
        carry(engine, 2, now + turn * HOUR, *ours)
        merge(engine, now + turn * HOUR)
        assert [(one.uuid, one.html) for one in shown(engine)] == [(one.uuid, one.html) for one in before]
    assert {one.others[0].reason for one in shown(engine)} == {"echo"}


def test_a_merge_that_was_killed_between_batches_goes_on(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, *(entry(str(n)) for n in range(merge_module.BATCH + 1)))
    merger = Merger(DedupSettings(), ())
    with writing(engine) as connection:
        merger.merge_batch(connection, now)
    assert merger.run(engine, now) == Merged(1, 1)


drawn = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 4), st.integers(0, 3)), max_size=12, unique=True)


@on_sqlite_only
@settings(max_examples=25, deadline=None)
@given(items=drawn, cut=st.integers(0, 12))
def test_the_outcome_does_not_depend_on_where_batches_are_cut(
    items: list[tuple[int, int, int]], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    grouped = []
    for cuts in ((len(items),), (cut, len(items))):
        engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('cut')}/test.db")
        upgrade(engine)
        sync(engine, now, listed(A), listed(B), listed(C))
        start = 0
        for end in cuts:
            for number, (source, url, title) in enumerate(items[start:end], start):
                carry(engine, source, now, _drawn_entry(number, url, title))
            merge(engine, now)
            start = max(start, end)
        grouped.append(_groups(shown(engine)))
        engine.dispose()
    assert grouped[0] == grouped[1]


def _drawn_entry(number: int, url: int, title: int) -> Entry:
    return entry(str(number), url=f"https://x.example/{url}", title=f"{TITLE}, part {title}")


def _groups(found: Iterable[Story]) -> set[frozenset[int]]:
    return {frozenset(seen.sighting_id for seen in (story.lead, *story.others)) for story in found}


def _remembered(connection: Connection) -> list[int]:
    pairs: list[int] = np.frombuffer(b"".join(run.pairs for run in keys.since(connection, 0)), PAIR).tolist()
    return pairs


texts = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 2), st.sampled_from([30, 60, 90])), max_size=12
)


@on_sqlite_only
@settings(max_examples=20, deadline=None)
@given(items=texts, size=st.sampled_from([1, 2, 5]))
def test_the_outcome_does_not_depend_on_how_large_batches_are(
    items: list[tuple[int, int, int, int]], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    grouped = []
    for batch in (1000, size):
        engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('batch')}/test.db")
        upgrade(engine)
        sync(engine, now, listed(A), listed(B), listed(C))
        for number, (source, url, text, words) in enumerate(items):
            html = " ".join(f"t{text}w{place}" for place in range(words))
            title = f"{TITLE}, part {number}" if url else "Short"
            carry(engine, source, now, entry(str(number), url=f"https://x.example/{url}", title=title, html=html))
        with patch.object(merge_module, "BATCH", batch):
            merge(engine, now)
        with reading(engine) as connection:
            grouped.append(
                (
                    _groups(shown(engine)),
                    sorted(_remembered(connection)),
                )
            )
        engine.dispose()
    assert grouped[0] == grouped[1]
