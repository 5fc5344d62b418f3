"""One article through three sources in two categories, an edit, a move and a split, as a reader of both feeds sees."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import Engine

from aggregator import curation
from aggregator.config.settings import Settings
from aggregator.dedup.merge import Merger
from aggregator.web import create_app
from feeds.model import Entry
from tests.builders import carry, entry, listed, settings, source_settings, sync

A, B, C = (f"https://{name}.example/feed" for name in "abc")
TITLE = "The city council closes the old bridge for repairs until May"
TEXT = " ".join(f"word{number}" for number in range(120))
HOUR = timedelta(hours=1)


class Reader:
    """Somebody who is subscribed to both categories, and remembers what was there."""

    def __init__(self, site: Settings, engine: Engine) -> None:
        self._client = create_app(site, engine).test_client()
        self.seen: dict[str, set[str]] = {"tech": set(), "news": set()}

    def read(self) -> dict[str, list[str]]:
        """What each feed shows: the ids, after checking that each is there once."""
        found = {}
        for slug in self.seen:
            ids = [one.id for one in feedparser.parse(self._client.get(f"/feeds/{slug}.atom").data).entries]
            assert len(ids) == len(set(ids))
            found[slug] = ids
        return found

    def news(self) -> dict[str, set[str]]:
        """What is new in each feed since the last time."""
        found = {slug: set(ids) - self.seen[slug] for slug, ids in self.read().items()}
        for slug, ids in found.items():
            self.seen[slug] |= ids
        return found


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return settings(
        tmp_path,
        source_settings(A, categories=("tech",)),
        source_settings(B, categories=("news",)),
        source_settings(C, categories=("news", "tech")),
    )


@pytest.fixture
def reader(site: Settings, engine: Engine, now: datetime) -> Reader:
    sync(engine, now, listed(A, "tech"), listed(B, "news"), listed(C, "news", "tech"))
    return Reader(site, engine)


def article(guid: str, url: str, **changes: object) -> Entry:
    published = datetime(2026, 3, 1, 11, 22, 33, tzinfo=UTC)
    return entry(guid, **({"published": published, "url": url, "title": TITLE, "html": f"<p>{TEXT}</p>"} | changes))


def test_d22_an_article_appears_once_in_each_category_and_never_again_as_new(
    engine: Engine, site: Settings, reader: Reader, now: datetime
) -> None:
    merger = Merger(site.dedup, site.sources)

    def arrive(source: int, hours: int, *entries: Entry) -> dict[str, set[str]]:
        carry(engine, source, now + hours * HOUR, *entries)
        merger.run(engine, now + hours * HOUR)
        return reader.news()

    nothing: dict[str, set[str]] = {"tech": set(), "news": set()}
    first = arrive(1, 0, article("1", "https://a.example/bridge"))
    (story,) = first["tech"]
    assert first["news"] == set()

    assert arrive(2, 1, article("b1", "https://a.example/bridge?utm_source=b")) == {"tech": set(), "news": {story}}
    headline = "Bridge shut: drivers must take the long way round"
    assert arrive(3, 2, article("c1", "https://c.example/77", title=headline)) == nothing
    assert reader.read() == {"tech": [story], "news": [story]}

    edited = article("1", "https://a.example/bridge", html=f"<p>{TEXT} It is closed until June, they say now.</p>")
    assert arrive(1, 3, edited) == nothing
    moved = article("https://a.example/2026/bridge", "https://a.example/2026/bridge")
    assert arrive(1, 4, moved) == nothing  # another guid, another address
    assert reader.read() == {"tech": [story], "news": [story]}

    account = curation.explain(engine, story)
    third = next(one for one in account.sightings if one.address == C)
    apart = curation.split(engine, site, story, third.sighting_id, now + 5 * HOUR)
    reader.news()
    curation.match_again(engine, site, since=now - HOUR, now=now + 6 * HOUR, dry_run=False)
    merger.run(engine, now + 6 * HOUR)
    assert reader.news() == nothing
    shown = reader.read()
    assert all(story in ids and f"urn:uuid:{apart}" in ids for ids in shown.values())
