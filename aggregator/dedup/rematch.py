"""Matching again over history, after settings have changed or texts have; and taking apart what people say is apart.

Decides anew for every sighting since an instant, in order of arrival, as the merge would have; what is older stays as
it is, and so does what a source or we ourselves said (a repetition, an echo). What no longer takes part leaves. A story
that is merged into another is the later one, so the earlier keeps its identity; what leaves its story gets one of its
own. Splits are respected.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import Connection, Engine

from aggregator.config.settings import DedupSettings, SourceSettings
from aggregator.dedup.choose import Chooser
from aggregator.dedup.index import Apart, Groups, Index
from aggregator.dedup.match import Evidence
from aggregator.dedup.merge import choose_leads, new_story, story_uuid
from aggregator.store import compared, stories
from aggregator.store.compared import Sighting
from aggregator.store.engine import reading, writing
from aggregator.store.locks import Lock, wait_for
from aggregator.store.stories import Attached

READ_AT_ONCE = 2_000
MOVED_AT_ONCE = 200  # sightings in one transaction
ROUNDS = 8  # each goes one link further along a chain of sightings that are like the one before
STAYS = frozenset((Evidence.ECHO.value, Evidence.REPEAT.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A sighting that belongs elsewhere: in the story `to`, or in one of its own where that is None.

    like  the sighting that it is the same as; None where there is none
    """

    sighting: Sighting
    to: int | None
    reason: Evidence
    score: float | None = None
    like: int | None = None


def rematch(
    engine: Engine,
    settings: DedupSettings,
    sources: Iterable[SourceSettings],
    *,
    since: datetime,
    now: datetime,
    dry_run: bool,
) -> tuple[Move, ...]:
    """What belongs elsewhere; done, unless it is a dry run. Needs about 2 KB of memory a sighting since then.

    What belongs with something that is leaving its story follows it in the next round, which a dry run does not show. A
    run that is ended half way has done what it has done; the next one finds the rest.
    """
    chooser = Chooser(settings, sources)
    everything: list[Move] = []
    for _ in range(1 if dry_run else ROUNDS):
        moves = iter(found := tuple(_moves(engine, chooser, since)))
        everything += found
        while not dry_run and (some := list(islice(moves, MOVED_AT_ONCE))):
            with writing(engine) as connection:
                _do(connection, some, chooser, now)
        if not found:
            break
    return tuple(everything)


def split(
    engine: Engine,
    story_id: int,
    sighting_id: int,
    settings: DedupSettings,
    sources: Iterable[SourceSettings],
    now: datetime,
) -> UUID | None:
    """Take a sighting out of a story, for good; returns the identity of the story that it is now.

    None where the story has no such sighting, or no other.
    """
    with writing(engine) as connection:
        members = compared.members(connection, [story_id])[story_id]
        taken = next((one for one in members if one.id == sighting_id), None)
        others = [one.id for one in members if one.id != sighting_id]
        if taken is None or not others:
            return None
        stories.part(connection, sighting_id, others, now)
        _do(connection, [Move(sighting=taken, to=None, reason=Evidence.FOUNDER)], Chooser(settings, sources), now)
        return stories.uuid_of(connection, sighting_id)


def _moves(engine: Engine, chooser: Chooser, since: datetime) -> Iterator[Move]:
    with reading(engine) as connection:
        apart = stories.parted(connection)
    index, groups = Index(), Groups()
    for sighting in _history(engine, since - chooser.settings.window):
        assert sighting.story_id is not None
        group = sighting.story_id
        if sighting.first_seen_at >= since and sighting.reason not in STAYS:
            move = _decide(sighting, chooser, index, groups, apart)
            if move is not None:
                yield move
                group = move.to or -sighting.id
        groups.put(sighting.id, sighting.source_id, group)
        if chooser.takes_part(sighting):
            index.add(sighting)


def _decide(sighting: Sighting, chooser: Chooser, index: Index, groups: Groups, apart: Apart) -> Move | None:
    choice = chooser.choose(sighting, index, groups, apart)
    home = sighting.story_id
    if choice is None:
        alone = not groups.members.get(home or 0)
        return None if alone else Move(sighting=sighting, to=None, reason=Evidence.FOUNDER)
    if choice.group == home:
        return None
    if choice.group < 0:  # that one has just left its story: it will be found there the next time
        return None
    match = choice.match
    return Move(sighting=sighting, to=choice.group, reason=match.reason, score=match.score, like=choice.like)


def _history(engine: Engine, since: datetime) -> Iterator[Sighting]:
    """All sightings in stories since then, in order of arrival, in short readings."""
    with reading(engine) as connection:
        last = compared.first_since(connection, since) - 1
    while True:
        with reading(engine) as connection:
            some = compared.since(connection, since, after=last, limit=READ_AT_ONCE)
        if not some:
            return
        yield from some
        last = some[-1].id


def _do(connection: Connection, moves: Sequence[Move], chooser: Chooser, now: datetime) -> None:
    """Move sightings in one transaction: stories that lose all are gone, the others show what they should."""
    wait_for(connection, Lock.MERGING)
    left = {move.sighting.story_id for move in moves if move.sighting.story_id is not None}
    attached = [_attached(move, move.to or _own_story(connection, move.sighting)) for move in moves]
    stories.attach(connection, attached)
    touched = left | {one.story_id for one in attached}
    kept = touched - stories.dissolve(connection, left, now)
    choose_leads(connection, kept, chooser)
    stories.refile_stories(connection, kept, now)


def _attached(move: Move, story_id: int) -> Attached:
    return Attached(
        sighting_id=move.sighting.id,
        story_id=story_id,
        reason=move.reason.value,
        score=move.score,
        matched_id=move.like,
    )


def _own_story(connection: Connection, sighting: Sighting) -> int:
    """A story for a sighting alone. Its usual identity may be that of the story it leaves, which keeps it."""
    uuid = story_uuid(sighting.address, sighting.guid)
    if stories.by_uuid(connection, [uuid]):
        uuid = story_uuid(sighting.address, f"{sighting.guid}\nsplit from it")
    return stories.found(connection, [new_story(sighting, uuid)])[sighting.id]
