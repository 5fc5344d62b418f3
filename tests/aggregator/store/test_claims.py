"""Claims by many workers at once: each source exactly once, and never two workers at one host."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Select

from aggregator.outcome import Exchange, Unchanged, Validators
from aggregator.store import claims, compared, texts
from aggregator.store.claims import Claim
from aggregator.store.engine import open_engine, reading, writing
from tests.builders import listed, record, sync

WORKERS = 8
LEASE = timedelta(minutes=10)
SAME = Unchanged(validators=Validators(), exchange=Exchange(status=304))


@pytest.fixture
def work(database: str) -> Callable[[Callable[[Engine], list[Claim]]], list[Claim]]:
    """Do something as eight workers do, each with connections of its own; all that they claimed."""

    def at_once(act: Callable[[Engine], list[Claim]]) -> list[Claim]:
        with ExitStack() as stack, ThreadPoolExecutor(WORKERS) as pool:
            engines = [open_engine(database) for _ in range(WORKERS)]
            for engine in engines:
                stack.callback(engine.dispose)
            return [claim for claims in pool.map(act, engines) for claim in claims]

    return at_once


def claim(engine: Engine, now: datetime, limit: int) -> tuple[Claim, ...]:
    with writing(engine) as connection:
        return claims.claim_due(connection, now=now, limit=limit, per_host=8, lease=LEASE)


def test_q16_of_eight_workers_each_source_is_somebodys_exactly_once(
    engine: Engine, now: datetime, work: Callable[[Callable[[Engine], list[Claim]]], list[Claim]]
) -> None:
    sync(engine, now, *(listed(f"https://h{number}.example/") for number in range(500)))

    def take_all(own: Engine) -> list[Claim]:
        taken: list[Claim] = []
        while some := claim(own, now, 7):
            taken.extend(some)
        return taken

    claimed = work(take_all)
    assert len(claimed) == len({one.source_id for one in claimed}) == 500


def test_q16_no_two_workers_are_ever_at_one_host(
    engine: Engine, now: datetime, work: Callable[[Callable[[Engine], list[Claim]]], list[Claim]]
) -> None:
    sync(engine, now, *(listed(f"https://h{number % 12}.example/{number}") for number in range(120)))
    lock, at, crowded = threading.Lock(), Counter[str](), list[str]()

    def poll_all(own: Engine) -> list[Claim]:
        polled: list[Claim] = []
        idle = 0
        while idle < 3:
            some = claim(own, now, 5)
            idle = 0 if some else idle + 1
            hosts = Counter(one.host for one in some)
            with lock:
                crowded.extend(host for host in hosts if at[host])
                at.update(hosts)
            for one in some:
                with lock:
                    at[one.host] -= 1  # before it is free for others to take
                record(own, one, SAME, now, now + timedelta(hours=1))
            polled.extend(some)
        return polled

    polled = work(poll_all)
    assert crowded == []
    assert len(polled) == len({one.source_id for one in polled}) == 120


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (claims._FIRST_DUE, "ix_sources_next_fetch_at"),
        (compared._FIRST_PENDING, "ix_sightings_pending"),
        (texts._FIRST_WAITING, "ix_stories_unindexed"),
    ],
)
def test_a_look_for_what_is_to_be_done_is_one_at_an_index_of_it(engine: Engine, look: Select[Any], index: str) -> None:
    said = str(look.compile(engine))  # without a parameter: planned once, and never otherwise
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with reading(engine) as connection:
        plan = str(connection.exec_driver_sql(f"{explain} {said}").all())
    assert index in plan
