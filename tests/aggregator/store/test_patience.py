"""Writes that outlast what passes, and raise what does not."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from aggregator.store.engine import open_engine, reading, writing
from aggregator.store.patience import Patience, passing
from aggregator.store.schema import categories, hosts, sources
from tests.builders import listed, sync
from tests.postgres import on_postgresql_only

PATIENT = timedelta(seconds=30)


def failure(state: str | None) -> DBAPIError:
    class Said(Exception):
        sqlstate = state

    return OperationalError("UPDATE", {}, Said("what the server said"))


def together(*works: Callable[[], object]) -> None:
    """Do all of these at the same time."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.parametrize("state", ["40001", "40P01", "57P01", "25006", "08006", None])
def test_q22_what_passes_is_tried_again_and_counts_once(engine: Engine, now: datetime, state: str | None) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> str:
        tries.append(1)
        connection.execute(hosts.insert().values(host="a", held_until=now))
        if len(tries) < 3:
            raise failure(state)
        return "done"

    assert (Patience(PATIENT).write(engine, work), len(tries)) == ("done", 3)
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(hosts)) == 1


@pytest.mark.parametrize("state", ["53100", "22021", "23505"])
def test_what_does_not_pass_is_raised_at_once(state: str) -> None:
    assert not passing(failure(state))


@pytest.mark.parametrize("hurried", [False, True])
def test_patience_has_an_end(engine: Engine, hurried: bool) -> None:
    def work(connection: Connection) -> None:
        raise failure("40001")

    patience = Patience(PATIENT if hurried else timedelta(seconds=0.1))
    if hurried:
        patience.end()
    with pytest.raises(OperationalError):
        patience.write(engine, work)


def test_q13_a_lock_that_another_process_holds_is_waited_for(database: str, now: datetime) -> None:
    engine, other = open_engine(database, patience_ms=10), open_engine(database)
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(other) as connection:
            if other.dialect.name == "postgresql":  # SQLite's writer has all of it
                connection.execute(text("LOCK TABLE hosts IN ACCESS EXCLUSIVE MODE"))
            held.set()
            let_go.wait(30)

    def write() -> None:
        held.wait(30)
        threading.Timer(0.5, let_go.set).start()
        add = hosts.insert().values(host="a", held_until=now)
        Patience(PATIENT).write(engine, lambda connection: connection.execute(add))

    together(hold, write)
    with reading(engine) as connection:
        assert connection.scalar(select(hosts.c.host)) == "a"
    engine.dispose()
    other.dispose()


@on_postgresql_only
def test_q22_of_two_that_wait_for_each_other_both_get_through(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed("https://a.example/"), listed("https://b.example/"))
    meet = threading.Barrier(2, timeout=30)

    def touch(*order: int) -> None:
        first_time = iter((True,))

        def work(connection: Connection) -> None:
            for row in order:
                counted = sources.update().where(sources.c.id == row)
                connection.execute(counted.values(failures=sources.c.failures + 1))
                if next(first_time, False):
                    meet.wait()

        Patience(PATIENT).write(engine, work)

    together(lambda: touch(1, 2), lambda: touch(2, 1))
    with reading(engine) as connection:
        assert list(connection.scalars(select(sources.c.failures))) == [2, 2]


def test_q22_several_that_start_at_once_list_each_source_once(database: str, now: datetime) -> None:
    engines = [open_engine(database) for _ in range(4)]
    wanted = [listed(f"https://a.example/{n}", "tech") for n in range(20)]
    together(*(lambda engine=engine: sync(engine, now, *wanted) for engine in engines))  # type: ignore[misc]
    with reading(engines[0]) as connection:
        assert connection.scalar(select(func.count()).select_from(sources)) == 20
        assert connection.scalar(select(func.count()).select_from(categories)) == 2
    for engine in engines:
        engine.dispose()


def test_an_empty_word_of_the_server_is_no_trouble(engine: Engine) -> None:
    assert Patience(PATIENT).write(engine, lambda connection: connection.scalar(text("SELECT 1"))) == 1
