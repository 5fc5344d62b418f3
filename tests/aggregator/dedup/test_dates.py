"""Where a story stands when its source says nothing, something else every time, or everything in disorder."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.store import views
from aggregator.store.engine import reading
from tests.builders import carry, entry, listed, sync

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _one_source(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"))


def places(engine: Engine, now: datetime) -> list[tuple[str, datetime]]:
    """Titles and dates of what is shown, in order, after a merge."""
    Merger(DedupSettings(), ()).run(engine, now)
    with reading(engine) as connection:
        return [(story.title, story.published) for story in views.newest(connection, "all", limit=100)]


def test_d14_without_dates_stories_stand_where_they_were_first_seen(engine: Engine, now: datetime) -> None:
    some = (entry("a"), entry("b", published=now - HOUR), entry("c"))
    carry(engine, 1, now, *some)
    before = places(engine, now)
    assert dict(before) == {"Entry a": now, "Entry b": now - HOUR, "Entry c": now}
    carry(engine, 1, now + HOUR, *reversed(some))
    assert places(engine, now + HOUR) == before


def test_d18_a_date_that_differs_at_every_fetch_moves_nothing(engine: Engine, now: datetime) -> None:
    for hour in range(4):
        carry(engine, 1, now + hour * HOUR, entry("a", published=now + (hour - 1) * HOUR))
        assert places(engine, now + hour * HOUR) == [("Entry a", now - HOUR)]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_x24_the_order_of_the_document_does_not_count(engine: Engine, now: datetime, order: tuple[int, ...]) -> None:
    dates = (now - 2 * HOUR, now + 24 * HOUR, now - HOUR, now - 3 * HOUR)
    carry(engine, 1, now, *(entry(str(number), published=dates[number]) for number in order))
    assert [title[-1] for title, _ in places(engine, now)] == ["1", "2", "0", "3"]
