"""Archives: everything that a feed has no room for, in documents that stay as they are."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from aggregator.config.settings import DedupSettings, PublishSettings
from aggregator.dedup.merge import Merger
from aggregator.publish.archives import Part, read_name
from aggregator.publish.renditions import Renditions
from tests.builders import carry, entry, listed, settings, source_settings, sync

A = "https://a.example/feed"
JANUARY = datetime.fromisoformat("2026-01-10T00:00:00+00:00")
MARCH = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
Documents = dict[str, Any]


@pytest.fixture
def renditions(engine: Engine, tmp_path: Path, now: datetime) -> Renditions:
    """A feed of three stories in a row."""
    sync(engine, now, listed(A))
    return Renditions(engine, settings(tmp_path, source_settings(A), publish=PublishSettings(limit=3)))


def publish(engine: Engine, first: int, times: int, start: datetime, now: datetime) -> None:
    """Stories that were published an hour apart."""
    numbers = range(first, first + times)
    carry(engine, 1, now, *(entry(str(one), published=start + timedelta(hours=one)) for one in numbers))
    Merger(DedupSettings(), ()).run(engine, now)


def read(renditions: Renditions, name: str) -> Documents:
    rendition = renditions.get(name, "json")
    assert rendition is not None
    return dict(json.loads(rendition.body))


def walk(renditions: Renditions) -> dict[str, list[str]]:
    """Each document with the titles in it, from the feed backwards."""
    name, found = "all", {}
    while name not in found:
        document = read(renditions, name)
        found[name] = [item["title"].removeprefix("Entry ") for item in document["items"]]
        name = document.get("next_url", name).rpartition("/")[2].removesuffix(".json")
    return found


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(days=60)


def test_a_feed_and_its_archives_have_every_story(renditions: Renditions, engine: Engine, later: datetime) -> None:
    publish(engine, 0, 5, JANUARY, later)
    publish(engine, 5, 4, MARCH, later)
    assert walk(renditions) == {
        "all": ["8", "7", "6"],
        "all.2026-03.1": ["7", "6", "5"],
        "all.2026-01.2": ["4", "3"],
        "all.2026-01.1": ["2", "1", "0"],
    }


def test_what_comes_later_leaves_archives_as_they_are(renditions: Renditions, engine: Engine, later: datetime) -> None:
    publish(engine, 0, 5, JANUARY, later)
    publish(engine, 5, 4, MARCH, later)
    before = walk(renditions)
    publish(engine, 9, 2, MARCH, later)
    after = walk(renditions)
    assert after.pop("all") == ["10", "9", "8"]
    assert after.pop("all.2026-03.2", None) == ["10", "9", "8"]
    assert after == {name: titles for name, titles in before.items() if name != "all"}


def test_a_feed_that_has_everything_has_no_archive(renditions: Renditions, engine: Engine, later: datetime) -> None:
    publish(engine, 0, 2, MARCH, later)
    assert list(walk(renditions)) == ["all"]
    assert renditions.get("all.2026-03.1", "json") is None


def test_a_shorter_feed_than_usual_names_no_archive_for_there_would_be_a_gap(
    renditions: Renditions, engine: Engine, later: datetime
) -> None:
    publish(engine, 0, 7, MARCH, later)
    short, longer = (renditions.get("all", "json", limit) for limit in (2, 500))
    assert short is not None
    assert longer is not None
    assert (b"next_url" in short.body, b"next_url" in longer.body) == (False, True)


@pytest.mark.parametrize("format_", ["atom", "rss"])
def test_an_archive_says_what_it_is_and_where_the_others_are(
    renditions: Renditions, engine: Engine, later: datetime, format_: str
) -> None:
    publish(engine, 0, 5, JANUARY, later)
    publish(engine, 5, 4, MARCH, later)
    rendition = renditions.get("all.2026-01.2", format_)
    assert rendition is not None
    said = rendition.body.decode()
    assert "<fh:archive/>" in said
    for rel, name in {
        "self": "all.2026-01.2",
        "prev-archive": "all.2026-01.1",
        "next-archive": "all.2026-03.1",
        "current": "all",
    }.items():
        link = f'href="http://127.0.0.1:8000/feeds/{name}.{format_}" rel="{rel}"'
        turned = f'rel="{rel}" href="http://127.0.0.1:8000/feeds/{name}.{format_}"'
        assert link in said or turned in said


def test_all_documents_of_a_feed_share_its_identity(renditions: Renditions, engine: Engine, later: datetime) -> None:
    publish(engine, 0, 5, JANUARY, later)
    publish(engine, 5, 4, MARCH, later)
    ids = set()
    for name in walk(renditions):
        rendition = renditions.get(name, "atom")
        assert rendition is not None
        ids.add(rendition.body.decode().partition("<id>")[2].partition("</id>")[0])
    assert ids == {"http://127.0.0.1:8000/feeds/all.atom"}


@pytest.mark.parametrize(
    "name",
    ["all.2026-13.1", "all.2026-03.0", "all.2026-03.01", "all.2026-03.1234567", "all.0000-01.1", "all.9999-12.1"],
)
def test_what_is_no_part_is_no_feed(renditions: Renditions, name: str) -> None:
    assert renditions.get(name, "atom") is None


def test_a_part_is_found_by_the_name_that_it_gives_itself() -> None:
    part = Part(since=datetime.fromisoformat("2026-12-01T00:00:00+00:00"), number=12)
    assert read_name(part.named("新媒体/zaker")) == ("新媒体/zaker", part)
    assert part.until.isoformat() == "2027-01-01T00:00:00+00:00"
    assert read_name("tech/python") == ("tech/python", None)
