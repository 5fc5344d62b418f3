"""The bytes of a category: rendered once a revision, kept, and served when the database is gone."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.publish.renditions import Renditions, Unavailable
from feeds.render import FORMATS
from tests.builders import carry, entry, listed, settings, source_settings, sync

A = "https://a.example/feed"


@pytest.fixture
def renditions(engine: Engine, tmp_path: Path, now: datetime) -> Renditions:
    sync(engine, now, listed(A, "tech"))
    carry(engine, 1, now, entry("1"))
    Merger(DedupSettings(), ()).run(engine, now)
    return Renditions(engine, settings(tmp_path, source_settings(A, categories=("tech",))))


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_of_a_category_and_of_everything(renditions: Renditions, format_: str) -> None:
    for slug in ("tech", "all"):
        rendition = renditions.get(slug, format_)
        assert rendition is not None
        assert b"Entry 1" in rendition.body
        assert rendition.content_type == FORMATS[format_].content_type


def test_what_there_is_not_is_none(renditions: Renditions) -> None:
    assert renditions.get("nowhere", "rss") is None
    assert renditions.get("tech", "pdf") is None


def test_an_unchanged_category_is_not_rendered_again(renditions: Renditions) -> None:
    assert renditions.get("tech", "atom") is renditions.get("tech", "atom")


def test_o11_a_change_within_the_same_second_changes_the_etag(
    renditions: Renditions, engine: Engine, now: datetime
) -> None:
    before = renditions.get("tech", "atom")
    carry(engine, 1, now, entry("1", html="<p>Edited</p>"))
    Merger(DedupSettings(), ()).run(engine, now)
    after = renditions.get("tech", "atom")
    assert before is not None
    assert after is not None
    assert before.etag != after.etag


def test_o10_another_process_renders_the_same_bytes(renditions: Renditions, engine: Engine, tmp_path: Path) -> None:
    other = Renditions(engine, settings(tmp_path, source_settings(A, categories=("tech",))))
    assert renditions.get("tech", "rss") == other.get("tech", "rss")


def test_o03_without_the_database_the_last_good_bytes_are_served(
    renditions: Renditions, engine: Engine, tmp_path: Path
) -> None:
    kept = renditions.get("tech", "rss")
    engine.dispose()
    for file in tmp_path.glob("test.db*"):
        file.unlink()
    (tmp_path / "test.db").mkdir()
    assert renditions.get("tech", "rss") is kept
    with pytest.raises(Unavailable):
        renditions.get("all", "rss")


def test_last_modified_is_the_data_s_to_the_second(renditions: Renditions, now: datetime) -> None:
    rendition = renditions.get("tech", "rss")
    assert rendition is not None
    assert now - timedelta(seconds=1) <= rendition.last_modified <= now
    assert rendition.last_modified.microsecond == 0
