"""Room that is left is used again: the file needs no vacuum while stories come and go.

What stays of each is that we had it, a row. SQLite leaves it alone in its page when its text goes: an update joins no
pages, other than a deletion. So of a long text one page stays, until a copy is made.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.store import retention
from aggregator.store.engine import writing
from tests.builders import carry, entry, listed, sync
from tests.postgres import on_sqlite_only

STORIES = 50  # a year, of five pages each
YEARS, A_YEAR = 6, timedelta(days=365)


@on_sqlite_only
def test_what_old_stories_leave_is_used_for_new_ones(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed())
    pages = []
    for year in range(YEARS):
        at = now + year * A_YEAR
        carry(engine, 1, at, *(entry(f"{year} {number}", html="x" * 20_000, published=at) for number in range(STORIES)))
        Merger(DedupSettings(), ()).run(engine, at)
        while _expire(engine, at):
            pass
        with engine.connect() as connection:
            pages.append(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    grown = [after - before for before, after in pairwise(pages[1:])]
    assert max(grown) <= 1.1 * STORIES < pages[0]


def _expire(engine: Engine, at: datetime) -> int:
    with writing(engine) as connection:
        return retention.expire(connection, before=at - A_YEAR / 2, now=at)
