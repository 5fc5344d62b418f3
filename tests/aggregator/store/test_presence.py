"""Knowing whether another worker is alive: on SQLite, where all workers are on one machine."""

import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.store.engine import open_engine
from aggregator.store.presence import present
from tests.postgres import Cluster


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/test.db"


def test_the_first_worker_is_alone_and_the_second_is_not(engine: Engine) -> None:
    with present(engine) as first, present(engine) as second:
        assert (first, second) == (True, False)


def test_after_both_left_the_next_is_alone_again(engine: Engine) -> None:
    with present(engine), present(engine):
        pass
    with present(engine) as alone:
        assert alone


def test_a_worker_that_was_killed_is_not_present_any_more(engine: Engine, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_stay, args=(f"sqlite:///{tmp_path}/test.db", ready))
    process.start()
    assert ready.wait(30)
    with present(engine) as alone:
        assert not alone
    process.kill()
    process.join()
    with present(engine) as alone:
        assert alone


def test_on_postgresql_nobody_is_known_to_be_alone(postgres: Cluster) -> None:
    with present(open_engine(postgres.url("postgres"))) as alone:
        assert not alone


def _stay(url: str, ready: object) -> None:
    with present(open_engine(url)):
        ready.set()  # type: ignore[attr-defined]
        multiprocessing.Event().wait(60)
