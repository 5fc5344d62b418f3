"""These tests run on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from tests.postgres import Cluster
from tests.postgres import on_both as on_both


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    cluster: Cluster = request.getfixturevalue("postgres")
    return cluster.url(cluster.empty())
