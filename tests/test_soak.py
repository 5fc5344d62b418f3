"""Case L05 in small: hours among hostile sources, and nothing that is held grows. In large: `benchmarks.soak`."""

from pathlib import Path

import pytest

from aggregator.store import engine
from tests.soak import live

SOURCES, HOURS = 62, 4  # each kind of trouble once, and as many sources that are well
SMALL_LOG = 200  # pages, so that it has been begun anew often enough by then
PAGE = 4096
MEGABYTE = 1 << 20


async def test_l05_among_hostile_sources_nothing_that_is_held_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CHECKPOINT_PAGES", SMALL_LOG)
    hours = [one async for one in live(tmp_path, sources=SOURCES, hours=HOURS)]
    before, after = hours[: HOURS // 2], hours[HOURS // 2 :]
    assert hours[-1].polls > 3 * SOURCES
    assert max(one.files for one in after) <= max(one.files for one in before) + 2
    assert max(one.threads for one in after) <= max(one.threads for one in before)
    assert max(one.readers for one in after) <= max(one.readers for one in before)
    assert max(one.wal for one in after) <= max(max(one.wal for one in before), 2 * SMALL_LOG * PAGE)
    assert max(one.rss for one in after) < max(one.rss for one in before) + 64 * MEGABYTE
