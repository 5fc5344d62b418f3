"""How many stories a category shows stands with it, and is right whatever happens to them."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.store import retention, stories, views
from aggregator.store.engine import reading, writing
from aggregator.store.schema import categories, story_categories
from tests.builders import carry, entry, listed, sync

A, B = (f"https://{name}.example/feed" for name in "ab")
SAME = "https://a.example/the-story"


@pytest.fixture(autouse=True)
def _two_stories_one_in_both_categories(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A, "tech"), listed(B, "news"))
    carry(engine, 1, now, entry("1", url=SAME), entry("2", url="https://a.example/2"))
    carry(engine, 2, now, entry("x", url=SAME))
    Merger(DedupSettings(), ()).run(engine, now)


def said(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {slug: state.stories for slug, state in views.category_states(connection).items()}


def counted(engine: Engine) -> dict[str, int]:
    number = func.count(story_categories.c.story_id).label("stories")
    filed = story_categories.c.category_id == categories.c.id
    rows = select(categories.c.slug, number).outerjoin(story_categories, filed).group_by(categories.c.slug)
    with reading(engine) as connection:
        return {row.slug: row.stories for row in connection.execute(rows)}


def test_a_category_says_how_many_stories_it_shows(engine: Engine) -> None:
    assert said(engine) == counted(engine) == {"all": 2, "tech": 2, "news": 1}


def test_what_is_merged_again_is_counted_once(engine: Engine, now: datetime) -> None:
    carry(engine, 1, now, entry("1", url=SAME, html="<p>Another text</p>"))
    Merger(DedupSettings(), ()).run(engine, now)
    assert said(engine) == counted(engine) == {"all": 2, "tech": 2, "news": 1}


def test_the_number_follows_a_source_into_another_category(engine: Engine, now: datetime) -> None:
    changed = sync(engine, now, listed(A, "science"), listed(B, "news"))
    with writing(engine) as connection:
        stories.refile(connection, changed, now)
    assert said(engine) == counted(engine)
    assert (said(engine)["science"], said(engine)["tech"]) == (2, 0)


def test_the_number_falls_when_stories_expire(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=400)
    with writing(engine) as connection:
        assert retention.expire(connection, before=later - timedelta(days=365), now=later) == 2
    assert said(engine) == counted(engine) == {"all": 0, "tech": 0, "news": 0}


def test_the_number_falls_when_a_story_is_dissolved(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE sightings SET story_id = NULL WHERE guid = '2'")
        assert stories.dissolve(connection, [1, 2], now)
    assert said(engine) == counted(engine) == {"all": 1, "tech": 1, "news": 1}
