"""The bytes of a category: rendered once a revision, kept, and served when the database is gone."""

import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import OperationalError

from aggregator.config.settings import DedupSettings
from aggregator.dedup.merge import Merger
from aggregator.publish.renditions import Renditions
from aggregator.publish.shelf import Unavailable
from aggregator.store.engine import writing
from aggregator.store.schema import categories, story_categories
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
    assert rendition.last_modified is not None
    assert now - timedelta(seconds=1) <= rendition.last_modified <= now
    assert rendition.last_modified.microsecond == 0


def test_every_coding_is_packed_once_and_unpacks_to_the_body(renditions: Renditions) -> None:
    rendition = renditions.get("tech", "rss")
    assert rendition is not None
    assert gzip.decompress(rendition.packed("gzip") or b"") == rendition.body
    assert brotli.decompress(rendition.packed("br") or b"") == rendition.body
    assert rendition.packed("zstd") is None


def test_nothing_is_packed_that_nobody_wants_so(renditions: Renditions, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = []
    monkeypatch.setattr("aggregator.publish.rendition.pack", lambda _, coding, __: packed.append(coding) or b"packed")
    rendition = renditions.get("tech", "rss")
    assert rendition is not None
    assert packed == []
    assert [rendition.packed("br"), rendition.packed("br")] == [b"packed", b"packed"]
    assert packed == ["br"]


def test_what_the_database_said_is_believed_for_a_while(
    renditions: Renditions, engine: Engine, tmp_path: Path, now: datetime
) -> None:
    at = [100.0]
    site = settings(tmp_path, source_settings(A, categories=("tech",)))
    trusting = Renditions(engine, site, trust=2.0, monotonic=lambda: at[0])
    before = trusting.get("tech", "atom")
    carry(engine, 1, now, entry("2"))
    Merger(DedupSettings(), ()).run(engine, now)
    at[0] = 101.9
    assert trusting.get("tech", "atom") is before
    at[0] = 102.0
    after = trusting.get("tech", "atom")
    assert after is not None
    assert b"Entry 2" in after.body


def test_o25_however_many_ask_at_once_a_feed_is_rendered_once(
    renditions: Renditions, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []
    render = renditions._render
    monkeypatch.setattr(renditions, "_render", lambda key: rendered.append(key) or render(key))
    with ThreadPoolExecutor(8) as crowd:
        given = list(crowd.map(lambda _: renditions.get("tech", "atom"), range(32)))
    assert len(rendered) == 1
    assert all(one is given[0] for one in given)


def test_what_is_kept_is_bounded_in_bytes(
    renditions: Renditions, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.publish.renditions.KEPT_BYTES", 1)
    small = Renditions(engine, settings(tmp_path, source_settings(A, categories=("tech",))))
    first = small.get("tech", "atom")
    small.get("tech", "rss")
    assert len(small._kept) == 1
    assert small.get("tech", "atom") is not first


def test_no_other_length_and_no_archive_pushes_out_what_readers_subscribe_to(
    renditions: Renditions, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.publish.renditions.ASIDE_BYTES", 1)
    small = Renditions(engine, settings(tmp_path, source_settings(A, categories=("tech",))))
    usual = [small.get("tech", format_) for format_ in FORMATS]
    for limit in range(1, 40):
        assert small.get("tech", "atom", limit) is not None
    assert len(small._aside) == 1
    assert all(small.get("tech", format_) is kept for format_, kept in zip(FORMATS, usual, strict=True))


def test_the_usual_length_is_the_usual_feed_however_it_is_asked_for(renditions: Renditions) -> None:
    assert renditions.get("tech", "atom", 50) is renditions.get("tech", "atom")


def test_a_database_that_was_away_is_not_asked_again_at_once(
    renditions: Renditions, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, asked = [100.0], []
    feeds = Renditions(engine, settings(tmp_path, source_settings(A, categories=("tech",))), monotonic=lambda: at[0])
    kept = feeds.get("tech", "atom")

    def away(*_: object) -> None:
        asked.append(at[0])
        raise OperationalError("SELECT 1", None, Exception("database is locked"))

    monkeypatch.setattr("aggregator.publish.renditions.reading", away)
    for moment in (100.0, 101.0, 104.9, 105.0):
        at[0] = moment
        assert feeds.get("tech", "atom") is kept
        with pytest.raises(Unavailable):
            feeds.get("tech", "atom", 7)
    assert asked == [100.0, 105.0]


def test_last_modified_moves_when_a_story_is_taken_away(renditions: Renditions, engine: Engine, now: datetime) -> None:
    before = renditions.get("tech", "rss")
    later = now + timedelta(hours=1)
    with writing(engine) as connection:
        connection.execute(update(categories).values(revision=categories.c.revision + 1, changed_at=later))
        connection.execute(delete(story_categories))
    after = renditions.get("tech", "rss")
    assert before is not None
    assert after is not None
    assert (after.last_modified, b"Entry 1" in after.body) == (later, False)
