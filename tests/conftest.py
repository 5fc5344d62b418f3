"""A database of its own for every test, the clock that tests set, and how laws are tested.

Laws are tested without a clock: how long an example takes is a benchmark's business. On a developer's machine the
examples are new every time; in CI they are always the same, so that what lands is decided by the change and not by
chance.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from aggregator.store.engine import open_engine, upgrade
from tests.postgres import postgres as postgres

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("untimed"), derandomize=True)
settings.register_profile("soak", settings.get_profile("untimed"), max_examples=1_600)  # `make soak`
settings.load_profile("ci" if os.environ.get("CI") else "untimed")


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables in it, all empty: to copy it is quicker than to make one."""
    file = tmp_path_factory.mktemp("migrated") / "test.db"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    return file


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> str:
    """The address of the test's database; where `tests.postgres.on_both` is imported, one of each kind in turn."""
    copy = shutil.copy(migrated, tmp_path / "test.db")
    return f"sqlite:///{copy}"


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    engine = open_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens at, as far as one can know."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
