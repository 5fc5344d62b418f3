"""The flood guard: old items never come as new, and nothing is lost that was only held."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from aggregator.config.settings import DedupSettings
from aggregator.dedup import flood
from aggregator.dedup.flood import Suspicion
from aggregator.dedup.merge import Merger
from aggregator.store import floods, views
from aggregator.store.engine import reading, writing
from aggregator.store.floods import Flood
from aggregator.store.schema import sources
from aggregator.store.views import Story
from feeds.model import Entry
from tests.builders import carry, entry, listed, sync

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HAD = 30


def item(number: int, now: datetime, site: str = "old.example", **changes: object) -> Entry:
    text = " ".join(f"word{number}x{place}" for place in range(60))
    fields = {"title": f"The title of item number {number}", "url": f"https://{site}/{number}",
              "html": f"<p>{text}</p>", "published": now - number * DAY}  # fmt: skip
    return entry(f"{site}-{number}", **(fields | changes))


@pytest.fixture(autouse=True)
def _a_source_that_had_items(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"))
    carry(engine, 1, now, *(item(number, now) for number in range(1, HAD + 1)))
    Merger(DedupSettings(), ()).run(engine, now)
    with writing(engine) as connection:
        connection.execute(update(sources).values(last_success_at=now))


def poll(engine: Engine, now: datetime, *entries: Entry) -> Suspicion | None:
    """One poll as the writer stores it, and the merge after it."""
    carry(engine, 1, now, *entries)
    arrivals = tuple(now - number * DAY for number in range(1, 20))
    with writing(engine) as connection:
        suspicion = flood.guard(connection, 1, arrivals, now)
    Merger(DedupSettings(), ()).run(engine, now)
    return suspicion


def shown(engine: Engine) -> tuple[Story, ...]:
    with reading(engine) as connection:
        return views.newest(connection, "all", limit=500)


def held(engine: Engine) -> tuple[Flood, ...]:
    with reading(engine) as connection:
        return floods.held(connection)


def test_a_blog_that_moved_joins_its_old_stories_again(engine: Engine, now: datetime) -> None:
    before = [story.uuid for story in shown(engine)]
    again = [item(n, now, "new.example", published=now - n * DAY - HOUR) for n in range(1, HAD + 1)]
    assert poll(engine, now + HOUR, *again) is Suspicion.REPEATED
    assert [story.uuid for story in shown(engine)] == before
    assert {story.others[0].reason for story in shown(engine)} == {"repeat"}
    assert (held(engine)[0].repeated, held(engine)[0].waiting) == (HAD, 0)


def test_old_items_that_were_not_there_before_are_held(engine: Engine, now: datetime) -> None:
    assert poll(engine, now + HOUR, *(item(number, now) for number in range(100, 120))) is Suspicion.OLD
    (one,) = held(engine)
    assert (len(shown(engine)), one.items, one.old, one.waiting) == (HAD, 20, 20, 20)


def test_items_without_dates_are_held_where_items_had_dates(engine: Engine, now: datetime) -> None:
    undated = [item(number, now, published=None) for number in range(100, 120)]
    assert poll(engine, now + HOUR, *undated) is Suspicion.UNDATED


def test_d11_five_hundred_fresh_items_of_a_parked_domain_are_held(engine: Engine, now: datetime) -> None:
    spam = [item(number, now, published=now + HOUR) for number in range(1000, 1500)]
    assert poll(engine, now + HOUR, *spam) is Suspicion.MANY
    assert len(shown(engine)) == HAD


@pytest.mark.parametrize("fresh", [5, 40])
def test_a_busy_day_is_no_flood(engine: Engine, now: datetime, fresh: int) -> None:
    news = [item(number, now, published=now + HOUR) for number in range(1000, 1000 + fresh)]
    assert poll(engine, now + HOUR, *news) is None
    assert len(shown(engine)) == HAD + fresh


def test_a_source_that_comes_back_after_months_brings_what_it_has(engine: Engine, now: datetime) -> None:
    later = now + 90 * DAY
    assert poll(engine, later, *(item(number, later, "b.example") for number in range(80))) is None


def test_a_new_source_may_bring_its_whole_archive(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/feed"), listed("https://b.example/feed"))
    carry(engine, 2, now, *(item(number, now, "b.example") for number in range(200, 300)))
    with writing(engine) as connection:
        assert flood.guard(connection, 2, (), now) is None


def test_what_is_released_is_published_and_never_held_again(engine: Engine, now: datetime) -> None:
    old = [item(number, now) for number in range(100, 120)]
    poll(engine, now + HOUR, *old)
    with writing(engine) as connection:
        assert floods.release(connection, held(engine)[0].id, now) == 20
        assert floods.release(connection, 1, now) is None
    Merger(DedupSettings(), ()).run(engine, now)
    assert (len(shown(engine)), held(engine)) == (HAD + 20, ())
    assert poll(engine, now + DAY, *old) is None


def test_what_is_discarded_never_comes_back(engine: Engine, now: datetime) -> None:
    old = [item(number, now) for number in range(100, 120)]
    poll(engine, now + HOUR, *old)
    with writing(engine) as connection:
        assert floods.discard(connection, held(engine)[0].id, now) == 20
    edited = [item(number, now, html="<p>Edited</p>") for number in range(100, 120)]
    assert poll(engine, now + DAY, *edited) is None
    assert (len(shown(engine)), held(engine)) == (HAD, ())


def test_an_edit_of_what_is_held_publishes_nothing(engine: Engine, now: datetime) -> None:
    poll(engine, now + HOUR, *(item(number, now) for number in range(100, 120)))
    poll(engine, now + DAY, *(item(number, now, html="<p>Edited</p>") for number in range(100, 120)))
    assert len(shown(engine)) == HAD
