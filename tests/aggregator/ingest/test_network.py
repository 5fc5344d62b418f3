"""A network of ours that is gone is recognised, and no source is blamed for it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.errors import FetchError
from aggregator.ingest.network import HOSTS
from aggregator.outcome import Reason
from aggregator.standing import Change
from aggregator.store import transitions
from aggregator.store.engine import reading
from aggregator.store.health import glances
from tests.aggregator.ingest.test_etiquette import World
from tests.fakes import answer, rss

MANY = tuple(f"https://host{number}.example/feed" for number in range(1_000))
HOUR = timedelta(hours=1)
GONE = FetchError(Reason.DNS, "the host name cannot be looked up")


@pytest.fixture
def world(engine: Engine, tmp_path: Path, now: datetime) -> World:
    return World(engine, tmp_path, now)


async def test_l04_a_local_outage_freezes_every_counter_and_blames_nobody(world: World) -> None:
    few = MANY[:40]
    world.client.answers = {one: answer(rss("1"), one) for one in few}
    await world.poll_due(*few)
    world.client.answers = dict.fromkeys(few, GONE)
    for _ in range(30):
        world.now += HOUR
        await world.poll_due(*few)
    with reading(world.engine) as connection:
        found = glances(connection)
        assert [(one.failures, one.reason, one.failing_since_at) for one in found] == [(0, None, None)] * len(few)
        assert max(one.next_fetch_at for one in found) <= world.now + HOUR
        assert transitions.offline_since(connection) is not None
    world.client.answers = {one: answer(rss("1", "2"), one) for one in few}
    world.now += HOUR
    assert await world.poll_due(*few) == len(few)
    with reading(world.engine) as connection:
        assert [one.change for one in transitions.newest(connection, limit=9)] == [Change.ONLINE, Change.OFFLINE]


async def test_l04_a_thousand_sources_without_a_network_at_the_first_start_are_not_put_off(world: World) -> None:
    world.client.answers = dict.fromkeys(MANY, GONE)
    await world.poll_due(*MANY)
    with reading(world.engine) as connection:
        assert {one.failures for one in glances(connection)} == {0}


async def test_hosts_that_break_while_others_answer_are_to_blame_themselves(world: World) -> None:
    broken, fine = MANY[:6], MANY[6:12]
    for one, other in zip(broken, fine, strict=True):
        world.client.answers |= {one: GONE, other: answer(rss("1"), other)}
    await world.poll_due(*(one for pair in zip(broken, fine, strict=True) for one in pair))
    with reading(world.engine) as connection:
        assert sorted(one.failures for one in glances(connection)) == [0] * 6 + [1] * 6
        assert transitions.offline_since(connection) is None


async def test_fewer_hosts_than_it_takes_are_blamed(world: World) -> None:
    few = MANY[: HOSTS - 1]
    world.client.answers = dict.fromkeys(few, GONE)
    await world.poll_due(*few)
    with reading(world.engine) as connection:
        assert {one.failures for one in glances(connection)} == {1}
