"""Matching again over history, and taking apart by hand."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup.match import Evidence
from aggregator.dedup.merge import Merger, story_uuid
from aggregator.dedup.rematch import Move, rematch, split
from aggregator.store import views
from aggregator.store.engine import open_engine, reading, upgrade
from aggregator.store.views import Story
from tests.builders import carry, entry, listed, source_settings, sync
from tests.postgres import on_sqlite_only

A, B, C = (f"https://{name}.example/feed" for name in "abc")
DAY = timedelta(days=1)
SAME = "https://a.example/the-story"
TEXT = "<p>" + " ".join(f"word{number}" for number in range(100)) + "</p>"


@pytest.fixture(autouse=True)
def _three_sources(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A, "tech"), listed(B, "news"), listed(C, "news"))


def merge(engine: Engine, now: datetime, **dedup: object) -> None:
    Merger(DedupSettings(**dedup), ()).run(engine, now)  # type: ignore[arg-type]


def again(engine: Engine, now: datetime, *, dry_run: bool = False, **dedup: object) -> tuple[Move, ...]:
    chosen = DedupSettings(**dedup)  # type: ignore[arg-type]
    return rematch(engine, chosen, (), since=now - 30 * DAY, now=now, dry_run=dry_run)


def shown(engine: Engine, slug: str = "all") -> tuple[Story, ...]:
    with reading(engine) as connection:
        return views.newest(connection, slug, limit=100)


def three(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME, html=TEXT))
    carry(engine, 2, now, entry("1", url=SAME, html=TEXT))
    carry(engine, 3, now, entry("1", url="https://c.example/1", title="A changed headline of it", html=TEXT))


def test_what_would_merge_under_other_settings_merges_into_the_earlier_story(engine: Engine, now: datetime) -> None:
    three(engine, now)
    merge(engine, now, enabled=False)
    assert len(shown(engine)) == 3
    assert [move.reason for move in again(engine, now, dry_run=True)] == [Evidence.URL, Evidence.TEXT]
    assert len(shown(engine)) == 3
    again(engine, now)
    (story,) = shown(engine)
    assert (story.uuid, story.slugs) == (story_uuid(A, "1"), ("all", "news", "tech"))
    assert shown(engine, "news") == shown(engine, "tech") == (story,)


def test_what_would_split_gets_a_story_of_its_own(engine: Engine, now: datetime) -> None:
    three(engine, now)
    merge(engine, now)
    (before,) = shown(engine)
    (move,) = again(engine, now, near=False)
    assert (move.sighting.source_id, move.to) == (3, None)
    assert {story.uuid for story in shown(engine)} == {before.uuid, story_uuid(C, "1")}
    assert {story.slugs for story in shown(engine)} == {("all", "news", "tech"), ("all", "news")}


def test_what_is_older_stays_as_it_is(engine: Engine, now: datetime) -> None:
    three(engine, now)
    merge(engine, now, enabled=False)
    assert rematch(engine, DedupSettings(), (), since=now + DAY, now=now + DAY, dry_run=False) == ()
    assert len(shown(engine)) == 3


def test_a_split_is_remembered(engine: Engine, now: datetime) -> None:
    three(engine, now)
    merge(engine, now)
    (before,) = shown(engine)
    taken = before.others[0].sighting_id
    uuid = split(engine, before.id, taken, DedupSettings(), (), now)
    assert {story.uuid for story in shown(engine)} == {before.uuid, uuid}
    assert again(engine, now) == ()
    merge(engine, now + DAY)
    assert len(shown(engine)) == 2


def test_a_founder_that_is_split_off_leaves_the_identity_behind(engine: Engine, now: datetime) -> None:
    three(engine, now)
    merge(engine, now)
    (before,) = shown(engine)
    founder = next(one for one in (before.lead, *before.others) if one.reason == "founder")
    uuid = split(engine, before.id, founder.sighting_id, DedupSettings(), (), now)
    assert uuid not in (None, before.uuid)
    kept = next(story for story in shown(engine) if story.uuid == before.uuid)
    assert (kept.published, len(kept.others)) == (before.published, 1)
    assert again(engine, now) == ()


@pytest.mark.parametrize("sighting", [99, 1])
def test_there_is_nothing_to_split_in_a_story_of_one(engine: Engine, now: datetime, sighting: int) -> None:
    carry(engine, 1, now, entry("1"))
    merge(engine, now)
    assert split(engine, shown(engine)[0].id, sighting, DedupSettings(), (), now) is None


def test_an_edit_that_makes_two_stories_one_is_found(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", html=TEXT))
    carry(engine, 2, now, entry("2", url="https://b.example/2", title="Something else", html="<p>soon</p>"))
    merge(engine, now)
    carry(engine, 2, now + DAY, entry("2", url="https://b.example/2", title="Something else", html=TEXT))
    merge(engine, now + DAY)
    assert [move.reason for move in again(engine, now + DAY)] == [Evidence.TEXT]
    assert len(shown(engine)) == 1


def test_priority_leads_after_a_move(engine: Engine, now: datetime) -> None:
    three(engine, now)
    merge(engine, now, enabled=False)
    chosen = (source_settings(A), source_settings(B, priority=5), source_settings(C))
    rematch(engine, DedupSettings(), chosen, since=now - DAY, now=now, dry_run=False)
    assert shown(engine)[0].lead.address == B


drawn = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 3), st.sampled_from([0, 40, 60, 100])),
    max_size=12,
)


@on_sqlite_only
@settings(max_examples=25, deadline=None)
@given(items=drawn, splits=st.lists(st.integers(0, 11), max_size=2))
def test_running_again_changes_nothing_and_splits_survive(
    items: list[tuple[int, int, int, int]], splits: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    now = datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('again')}/test.db")
    upgrade(engine)
    sync(engine, now, listed(A), listed(B), listed(C))
    for number, (source, url, title, words) in enumerate(items):
        text = " ".join(f"t{title}w{place}" for place in range(words))
        carry(engine, source, now, entry(f"g{number}", url=f"https://x.example/{url}", html=f"<p>{text}</p>",
                                         title=f"The long headline about the thing {title}"))  # fmt: skip
    merge(engine, now)
    assert again(engine, now) == ()
    parted = []
    for place in splits:
        found = [story for story in shown(engine) if story.others]
        if found:
            story = found[place % len(found)]
            taken = story.others[0].sighting_id
            parted.append((taken, story.lead.sighting_id))
            split(engine, story.id, taken, DedupSettings(), (), now)
    again(engine, now)
    merge(engine, now)
    assert again(engine, now) == ()
    groups = [{one.sighting_id for one in (story.lead, *story.others)} for story in shown(engine)]
    assert not any(set(pair) <= group for pair in parted for group in groups)
    engine.dispose()
