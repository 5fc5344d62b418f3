"""A source whose items have no dates has a rhythm as well: when we first saw them."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.config.settings import FetchSettings
from aggregator.ingest.pipeline import decide
from aggregator.ingest.writer import Writer
from aggregator.standing import Standing
from aggregator.store import claims
from aggregator.store.claims import Claim
from aggregator.store.engine import writing
from tests.builders import entry, listed, source_settings, sync, updated

A = "https://a.example/feed"
DAY = timedelta(days=1)


def claim(engine: Engine, now: datetime) -> Claim:
    with writing(engine) as connection:
        claims.make_due(connection, now, address=A)
        (one,) = claims.claim_due(connection, now=now, limit=1, per_host=1, lease=DAY / 2)
    return one


async def poll(engine: Engine, at: datetime, *guids: str, dated: bool = False) -> Claim:
    """Poll a source that carries these items; how it is afterwards."""
    entries = [entry(guid, published=at - DAY if dated else None) for guid in guids]
    outcome = updated(*entries)
    result = decide(claim(engine, at), source_settings(A), outcome, FetchSettings(), at, spread=0.0)
    async with Writer(engine, lambda: at) as writer:
        await writer.save(result)
    return claim(engine, at + timedelta(hours=1))


async def test_what_has_no_dates_arrived_when_it_was_first_seen(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    await poll(engine, now, "1", "2")
    await poll(engine, now + DAY, "1", "2", "3")
    after = await poll(engine, now + 2 * DAY, "1", "2", "3")
    assert after.arrivals == (now + DAY,)  # what the first document has, nobody saw arrive


async def test_what_has_dates_arrived_when_they_say(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    await poll(engine, now, "1", dated=True)
    after = await poll(engine, now + DAY, "2", dated=True)
    assert after.arrivals == (now, now - DAY)


async def test_a_source_without_dates_becomes_quiet_by_its_own_rhythm(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A))
    for day in range(9):
        one = await poll(engine, now + day * DAY, *map(str, range(day + 1)))
    assert one.before.standing is Standing.WELL
    one = await poll(engine, now + 13 * DAY, *map(str, range(9)))
    assert one.before.standing is Standing.QUIET
