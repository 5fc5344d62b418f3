"""Values for tests to arrange with: only what a test is about needs saying."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from aggregator.config.settings import CategorySettings, Settings, SourceSettings
from aggregator.outcome import Exchange, Failed, Move, Outcome, Reason, Updated, Validators
from aggregator.store import polls, sightings, sources
from aggregator.store.claims import Claim
from aggregator.store.engine import writing
from aggregator.store.identity import Seen
from aggregator.store.polls import Counts, Ended
from aggregator.store.sources import Listed
from feeds.findings import find_out
from feeds.model import Entry, Feed


def listed(address: str = "https://a.example/feed", *slugs: str, kind: str = "feed") -> Listed:
    return Listed(address=address, kind=kind, slugs=("all", *slugs))


def entry(guid: str = "1", **changes: object) -> Entry:
    fields: dict[str, object] = {
        "title": f"Entry {guid}",
        "url": f"https://a.example/{guid}",
        "html": f"<p>Text {guid}</p>",
    }
    return Entry(guid=guid, **(fields | changes))  # type: ignore[arg-type]


def seen(*entries: Entry) -> tuple[Seen, ...]:
    return tuple(Seen(entry=one, findings=find_out(one)) for one in entries)


def updated(*entries: Entry, **feed: object) -> Updated:
    return Updated(
        feed=Feed(entries=entries, **feed),  # type: ignore[arg-type]
        validators=Validators(url="https://a.example/feed", etag=b'"1"'),
        body_digest=b"digest",
        exchange=Exchange(status=200, wire_bytes=1000),
        originals=tuple(b"original" for _ in entries),
        findings=tuple(map(find_out, entries)),
        carried=len(entries),
    )


def failed(reason: Reason = Reason.CONNECT) -> Failed:
    return Failed(reason=reason, detail="nobody answers", exchange=Exchange())


def sync(engine: Engine, now: datetime, *sources_: Listed) -> tuple[int, ...]:
    """Make the database agree with a config file that lists these sources."""
    slugs = sorted({slug for one in sources_ for slug in one.slugs})
    with writing(engine) as connection:
        return sources.sync(connection, sources_, slugs, now)


def carry(engine: Engine, source_id: int, now: datetime, *entries: Entry) -> Counts:
    """Store what a source carried."""
    with writing(engine) as connection:
        return sightings.save(connection, source_id, seen(*entries), now).counts


def record(engine: Engine, claim: Claim, outcome: Outcome, now: datetime, next_fetch_at: datetime) -> None:
    with writing(engine) as connection:
        ended = Ended(
            claim=claim, outcome=outcome, counts=Counts(), arrivals=(), move=Move(), next_fetch_at=next_fetch_at
        )
        polls.record(connection, (ended,), now)


def source_settings(address: str, **changes: object) -> SourceSettings:
    return SourceSettings(address=address, kind=address.split(":")[0].replace("https", "feed"), **changes)  # type: ignore[arg-type]


def settings(tmp_path: Path, *sources: SourceSettings, **sections: object) -> Settings:
    """Settings as if config.yaml listed these sources; their slugs make the categories."""
    slugs = sorted({slug for source in sources for slug in source.categories})
    categories = tuple(
        CategorySettings(path=tuple(slug.split("/")), slug=slug, title=slug.title(), description="", limit=50, line=0)
        for slug in slugs
    )
    file = tmp_path / "config.yaml"
    database = f"sqlite:///{tmp_path}/test.db"
    return Settings(file=file, sources=sources, categories=categories, database=database, **sections)  # type: ignore[arg-type]
