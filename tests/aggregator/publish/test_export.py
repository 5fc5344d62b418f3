"""Stories as posts in a folder: all of them, as their sources' policies say, filed where their lead is."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from aggregator.config.settings import DedupSettings, Settings
from aggregator.dedup.merge import Merger
from aggregator.errors import DatabaseError
from aggregator.publish import export
from aggregator.publish.export import UnknownCategory, count, export_posts
from aggregator.publish.folder import Counts
from aggregator.service import setup
from feeds.model import Entry
from tests.builders import carry, entry, settings, source_settings, sync
from tests.feeds.render.test_trees import read

A, B = "https://a.example/feed", "https://b.example/feed"
SHARED = {"title": "一个足够长的、两家都刊登的标题", "url": "https://a.example/shared"}


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return settings(
        tmp_path,
        source_settings(A, categories=("tech", "tech/python")),
        source_settings(B, categories=("新闻",), images="https://i.example/?{url}"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "posts"


def bring(engine: Engine, config: Settings, now: datetime, **entries: tuple[Entry, ...]) -> None:
    """Store and merge what the sources `a` and `b` carried."""
    ids = dict(zip(("a", "b"), sync(engine, now, *setup.listed(config)) or (1, 2), strict=True))
    for name, carried in entries.items():
        carry(engine, ids[name], now, *carried)
    Merger(DedupSettings(), config.sources).run(engine, now)


def fronts(folder: Path) -> dict[str, dict[str, Any]]:
    posts = (read(file.read_bytes())[0] for file in folder.glob("*.md"))
    return {str(front["title"]): front for front in posts}


def test_every_story_is_one_post_in_all_its_categories(
    engine: Engine, config: Settings, folder: Path, now: datetime
) -> None:
    bring(engine, config, now, a=(entry("1"), entry("2", **SHARED)), b=(entry("3"), entry("4", **SHARED)))
    assert count(engine, config) == 3
    assert export_posts(engine, config, "hexo", folder) == Counts(new=3)
    categories = {title: front["categories"] for title, front in fronts(folder).items()}
    assert categories == {
        "Entry 1": ["tech", "python"],
        "Entry 3": ["新闻"],
        SHARED["title"]: [["tech", "python"], ["新闻"]],
    }


def test_the_path_of_the_lead_comes_first_and_the_file_stays_when_the_lead_changes(
    engine: Engine, config: Settings, folder: Path, now: datetime
) -> None:
    bring(engine, config, now, a=(entry("2", **SHARED),))
    export_posts(engine, config, "hexo", folder)
    (before,) = folder.glob("*.md")
    longer = entry("4", **SHARED | {"html": "<p>" + "a much longer text " * 50 + "</p>"})
    bring(engine, config, now + timedelta(hours=1), b=(longer,))
    assert export_posts(engine, config, "hexo", folder) == Counts(changed=1)
    (after,) = folder.glob("*.md")
    assert after == before
    assert read(after.read_bytes())[0]["categories"] == [["新闻"], ["tech", "python"]]


def test_the_image_policy_of_the_source_holds_for_head_thumbnail_and_text(
    engine: Engine, config: Settings, folder: Path, now: datetime
) -> None:
    image = "https://img.example/1.jpg"
    bring(engine, config, now, b=(entry("1", html=f'<p>x<img src="{image}" alt=""></p>', image=image),))
    export_posts(engine, config, "hexo", folder)
    (post,) = folder.glob("*.md")
    front, body = read(post.read_bytes())
    assert (front["headimg"], front["thumbnail"]) == (f"https://i.example/?{image}",) * 2
    assert f'src="https://i.example/?{image}"' in body


@pytest.mark.parametrize(
    ("shown", "body"), [("excerpt", "<p>The text</p>"), ("link", '<p><a href="https://a.example/1"')]
)
def test_a_source_that_may_not_be_republished_is_not(
    engine: Engine, tmp_path: Path, folder: Path, now: datetime, shown: str, body: str
) -> None:
    config = settings(tmp_path, source_settings(A, categories=("tech",), publish=shown), source_settings(B))
    bring(engine, config, now, a=(entry("1", html="<p>The <b>text</b></p>"),))
    export_posts(engine, config, "hexo", folder)
    (post,) = folder.glob("*.md")
    assert body in read(post.read_bytes())[1]
    assert b"<b>" not in post.read_bytes()


def test_a_category_has_its_stories_and_those_below(
    engine: Engine, config: Settings, folder: Path, now: datetime
) -> None:
    bring(engine, config, now, a=(entry("1"),), b=(entry("2"),))
    assert export_posts(engine, config, "hugo", folder, category="Tech") == Counts(new=1)
    assert list(fronts(folder)) == ["Entry 1"]
    assert export_posts(engine, config, "hugo", folder, category="新闻", prune=True) == Counts(new=1, removed=1)
    with pytest.raises(UnknownCategory, match="no category 'x'; there are tech, tech/python, 新闻"):
        export_posts(engine, config, "hugo", folder, category="x")


def test_batches_pass_over_no_story_and_tell_none_twice(
    engine: Engine, config: Settings, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH", 3)
    same = datetime(2026, 2, 1, tzinfo=UTC)
    bring(engine, config, now, a=tuple(entry(str(n), published=same) for n in range(7)))
    told: list[int] = []
    assert export_posts(engine, config, "hexo", folder, watch=told.append) == Counts(new=7)
    assert told == [3, 3, 1]


def test_a_limit_is_the_newest_and_the_older_ones_can_be_pruned(
    engine: Engine, config: Settings, folder: Path, now: datetime
) -> None:
    dated = tuple(entry(str(n), published=datetime(2026, 2, n, tzinfo=UTC)) for n in range(1, 6))
    bring(engine, config, now, a=dated)
    export_posts(engine, config, "jekyll", folder)
    assert export_posts(engine, config, "jekyll", folder, limit=2) == Counts(unchanged=2, left=3)
    assert export_posts(engine, config, "jekyll", folder, limit=2, prune=True) == Counts(unchanged=2, removed=3)
    assert sorted(fronts(folder)) == ["Entry 4", "Entry 5"]


def test_a_database_that_fails_on_the_way_prunes_nothing(
    engine: Engine, config: Settings, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(engine, config, now, a=tuple(entry(str(n)) for n in range(4)))
    export_posts(engine, config, "hexo", folder)
    monkeypatch.setattr(export, "BATCH", 2)

    @event.listens_for(engine, "before_cursor_execute")
    def drop(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "story_categories.published <" in statement or ") < (" in statement:
            cursor.execute("SELECT * FROM no_such_table")

    with pytest.raises(DatabaseError, match="the database failed"):
        export_posts(engine, config, "hexo", folder, prune=True)
    assert len(list(folder.glob("*.md"))) == 4
