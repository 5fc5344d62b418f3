"""The row that says which config.yaml is in force."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.store import configuration
from aggregator.store.configuration import ConfigState
from aggregator.store.engine import reading, writing

LATER = timedelta(hours=1)


def state(engine: Engine) -> ConfigState:
    with reading(engine) as connection:
        return configuration.state(connection)


def test_nothing_is_known_at_first(engine: Engine) -> None:
    assert state(engine) == ConfigState()


def test_it_is_in_force_since_it_was_first_put_in_force(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        configuration.put_in_force(connection, "a", now)
        configuration.put_in_force(connection, "a", now + LATER)
    assert state(engine) == ConfigState(digest="a", in_force_at=now)


def test_a_refused_file_leaves_what_is_in_force(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        configuration.put_in_force(connection, "a", now)
        configuration.refuse(connection, "b", ["line 1"], now + LATER)
        configuration.refuse(connection, "c", ["line 2"], now + 2 * LATER, missing=3)
    known = state(engine)
    assert (known.digest, known.in_force_at) == ("a", now)
    assert (known.problems, known.refused_at, known.refused_digest, known.missing) == (("line 2",), now + LATER, "c", 3)


def test_a_good_file_ends_the_refusal(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        configuration.refuse(connection, "b", ["line 1"], now)
        configuration.accept(connection, "b")
        configuration.put_in_force(connection, "b", now + LATER)
    assert state(engine) == ConfigState(digest="b", in_force_at=now + LATER, accepted="b")
