"""Case Q25: whoever reads long lets SQLite's log grow; an answer is a short read, and ends when it is given."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, Pool

PAGES = (
    "/", "/category/tech", "/search?q=Entry", "/top", "/status", "/status/source/1", "/status.json", "/status.atom",
    "/metrics", "/readyz", "/feeds/all.atom", "/feeds/all.json?limit=500", "/feeds/search.atom?q=Entry", "/feeds.opml",
)  # fmt: skip


def open_connections(pool: Pool) -> int:
    return pool.checkedout()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("page", PAGES)
def test_q25_no_read_outlasts_its_answer(client: FlaskClient, engine: Engine, stories: None, page: str) -> None:
    with client.get(page, buffered=False) as answer:
        assert (answer.status_code, open_connections(engine.pool)) == (200, 0)
