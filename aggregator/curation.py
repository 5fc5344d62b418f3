"""What people do with stories: ask why they are what they are, take them apart, match again, let floods go, export.

Everything here is a command (`cli`), one function each, that opens nothing and prints nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from aggregator.config.redaction import shown_address
from aggregator.config.settings import Settings
from aggregator.dedup import rematch
from aggregator.dedup.rematch import Move
from aggregator.errors import AggregatorError
from aggregator.publish.selection import ALL, Catalogue
from aggregator.store import floods, views
from aggregator.store.engine import reading, writing
from aggregator.store.views import Story, Told

EXPORTED_AT_ONCE = 500


class UnknownStory(AggregatorError):
    """No story has this identity, or the story has no such sighting."""


class UnknownFlood(AggregatorError):
    """No flood of this number is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A story, and every sighting of it with the reason why it is there."""

    story: Story
    sightings: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematched:
    """What belongs elsewhere, as people may read it: the sighting, from which story, into which."""

    sighting: int
    title: str
    source: str
    leaves: str
    joins: str | None
    reason: str
    score: float | None


def identity(written: str) -> UUID:
    """A story's identity out of what people have at hand: `urn:uuid:…`, the UUID alone, or its page's address.

    raises  UnknownStory
    """
    try:
        return UUID(written.rstrip("/").rpartition("/")[2].removeprefix("urn:uuid:"))
    except ValueError as error:
        raise UnknownStory(
            f"`{written}` is no story; copy its address from /story/…, or its id from a feed (urn:uuid:…)"
        ) from error


def explain(engine: Engine, written: str) -> Account:
    """A story and why it is one.

    raises  UnknownStory
    """
    uuid = identity(written)
    with reading(engine) as connection:
        story = views.story(connection, uuid)
        if story is None:
            raise UnknownStory(f"there is no story {uuid}; it may be past `retention.stories`, or part of another")
        return Account(story=story, sightings=views.account(connection, [story.id])[story.id])


def split(engine: Engine, settings: Settings, written: str, sighting_id: int, now: datetime) -> UUID:
    """Take a sighting out of a story for good; returns the identity of the story that it is now.

    raises  UnknownStory
    """
    story = explain(engine, written).story
    uuid = rematch.split(engine, story.id, sighting_id, settings.dedup, settings.sources, now)
    if uuid is None:
        raise UnknownStory(
            f"{sighting_id} cannot be taken out of {story.uuid}: it is not in it, or is all that is in it; "
            f"`aggregator explain {story.uuid}` lists its sightings"
        )
    return uuid


def match_again(
    engine: Engine, settings: Settings, *, since: datetime, now: datetime, dry_run: bool
) -> tuple[Rematched, ...]:
    """Decide anew what belongs together since an instant, under the settings of now."""
    moves = rematch.rematch(engine, settings.dedup, settings.sources, since=since, now=now, dry_run=True)
    with reading(engine) as connection:
        ids = {id_ for move in moves for id_ in (move.sighting.story_id, move.to) if id_ is not None}
        uuids = views.identities(connection, ids)
    if not dry_run:
        moves = rematch.rematch(engine, settings.dedup, settings.sources, since=since, now=now, dry_run=False)
    sources = {source.address: source for source in settings.sources}

    def told(move: Move) -> Rematched:
        return Rematched(
            sighting=move.sighting.id,
            title=move.sighting.title,
            source=shown_address(move.sighting.address, sources.get(move.sighting.address)),
            leaves=str(uuids.get(move.sighting.story_id or 0, "")),
            joins=str(uuids.get(move.to, "")) if move.to else None,
            reason=move.reason.value,
            score=move.score,
        )

    return tuple(told(move) for move in moves)


def release(engine: Engine, flood_id: int, now: datetime) -> int:
    """Let what a flood brought be published; returns how many items.

    raises  UnknownFlood
    """
    with writing(engine) as connection:
        return _ended(floods.release(connection, flood_id, now), flood_id)


def discard(engine: Engine, flood_id: int, now: datetime) -> int:
    """Never publish what a flood brought; returns how many items.

    raises  UnknownFlood
    """
    with writing(engine) as connection:
        return _ended(floods.discard(connection, flood_id, now), flood_id)


def _ended(items: int | None, flood_id: int) -> int:
    if items is None:
        raise UnknownFlood(f"no flood {flood_id} is held; `aggregator status` lists those that are")
    return items


def exported(engine: Engine, settings: Settings) -> Iterator[str]:
    """Every story as one line of JSON, in the order in which they were founded."""
    catalogue = Catalogue(settings)
    last = 0
    while True:
        with reading(engine) as connection:
            stories = views.every(connection, after=last, limit=EXPORTED_AT_ONCE)
            told = views.account(connection, [story.id for story in stories])
        if not stories:
            return
        for story in stories:
            yield json.dumps(_line(catalogue, story, told[story.id]), ensure_ascii=False)
        last = stories[-1].id


def _line(catalogue: Catalogue, story: Story, told: tuple[Told, ...]) -> dict[str, Any]:
    return {
        "id": f"urn:uuid:{story.uuid}",
        "title": story.title,
        "url": story.url,
        "published": _written(story.published),
        "updated": _written(story.updated),
        "categories": ["/".join(catalogue.path_of(slug)) or slug for slug in story.slugs if slug != ALL],
        "sightings": [
            {
                "source": shown_address(one.address, catalogue.source(one.address)),
                "guid": one.guid,
                "url": one.url,
                "title": one.title,
                "reason": one.reason,
                "lead": one.sighting_id == story.lead.sighting_id,
            }
            for one in told
        ],
    }


def as_data(account: Account, catalogue: Catalogue) -> dict[str, Any]:
    """An account as JSON: the line that is exported, with all that is known of each sighting."""
    line = _line(catalogue, account.story, account.sightings)
    more = [
        {
            "sighting": one.sighting_id,
            "score": one.score,
            "like": one.matched_id,
            "words": one.words,
            "revisions": one.revisions,
            "first_seen_at": _written(one.first_seen_at),
        }
        for one in account.sightings
    ]
    return line | {"sightings": [known | said for known, said in zip(line["sightings"], more, strict=True)]}


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
