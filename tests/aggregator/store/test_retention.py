"""Case Q27: letting go of old stories, a batch at a time; killed half way, the next run goes on where it was."""

import os
import signal
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.store import care, retention
from aggregator.store.engine import open_engine, reading, writing
from aggregator.store.schema import sightings, stories
from tests.builders import carry, entry, listed, sync

DAY, YEAR = timedelta(days=1), timedelta(days=365)
A, B = "https://a.example/feed", "https://b.example/feed"
OLD = 7
BATCH = 2


@pytest.fixture
def filled(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Seven stories of more than a year ago, and one of yesterday; two go in a batch."""
    monkeypatch.setattr(retention, "BATCH", BATCH)
    sync(engine, now, listed(A), listed(B))
    long_ago = now - YEAR - DAY
    carry(engine, 1, long_ago, *(entry(str(number), published=long_ago) for number in range(OLD)))
    Merger(DedupSettings(), ()).run(engine, long_ago)
    carry(engine, 1, now - DAY, entry("new", published=now - DAY))
    Merger(DedupSettings(), ()).run(engine, now - DAY)
    return engine


def expire(engine: Engine, now: datetime) -> int:
    with writing(engine) as connection:
        return retention.expire(connection, before=now - YEAR, now=now)


def expire_all(engine: Engine, now: datetime) -> list[int]:
    """How many went with each batch."""
    return list(iter(lambda: expire(engine, now), 0))


def titles(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        lead = select(sightings.c.title).join(stories, stories.c.lead_id == sightings.c.id)
        return list(connection.scalars(lead.order_by(stories.c.id)))


def killed_in_the_third_batch(engine: Engine, now: datetime) -> None:
    """A process of its own, that dies when two batches are committed and the third is written but not committed."""
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()  # a connection is not for two processes
    pid = os.fork()
    if pid == 0:
        own = open_engine(url)
        expire(own, now)
        expire(own, now)
        with writing(own) as connection:
            retention.expire(connection, before=now - YEAR, now=now)
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def test_q27_what_is_older_goes_in_batches_and_nothing_newer_does(filled: Engine, now: datetime) -> None:
    assert expire_all(filled, now) == [2, 2, 2, 1]
    assert titles(filled) == ["Entry new"]


def test_q27_a_run_that_is_killed_half_way_is_taken_up_by_the_next(filled: Engine, now: datetime) -> None:
    killed_in_the_third_batch(filled, now)
    assert titles(filled) == ["Entry 4", "Entry 5", "Entry 6", "Entry new"]
    assert care.problems(filled) == ()
    assert expire_all(filled, now) == [2, 1]
    assert titles(filled) == ["Entry new"]
    assert care.problems(filled) == ()


def test_q27_what_its_source_still_carries_does_not_come_back(filled: Engine, now: datetime) -> None:
    expire_all(filled, now)
    again: list[Any] = [entry(str(number), published=now - YEAR - DAY) for number in range(OLD)]
    changed = entry("3", published=now, html="<p>Written anew</p>")
    assert carry(filled, 1, now, *again).added == 0
    assert carry(filled, 1, now, changed).changed == 0
    Merger(DedupSettings(), ()).run(filled, now)
    assert titles(filled) == ["Entry new"]


def test_q27_what_somebody_joined_of_late_stays_with_all_that_it_has(filled: Engine, now: datetime) -> None:
    carry(filled, 2, now - DAY, entry("3", title="Somebody else's words", published=now - YEAR))
    with writing(filled) as connection:
        story = select(sightings.c.story_id).where(sightings.c.source_id == 1, sightings.c.guid == "3")
        mine = sightings.update().where(sightings.c.source_id == 2)
        connection.execute(mine.values(story_id=story.scalar_subquery(), pending=0))
    expire_all(filled, now)
    assert titles(filled) == ["Entry 3", "Entry new"]
    with reading(filled) as connection:
        kept = select(func.count()).where(sightings.c.guid == "3", sightings.c.html != "")
        assert connection.scalar(kept) == 2
