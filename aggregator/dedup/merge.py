"""The merge: takes the sightings that wait, in order of arrival, and gives each to a story, its own or another's.

    pending ──▶ candidates ──▶ same_story? ──▶ attach, or found a story ──▶ choose leads ──▶ file, raise revisions

One batch is one transaction, so a merge that is killed goes on where it was. There is one merge at a time: on SQLite
the store's writing transaction sees to that, on PostgreSQL a lock. The outcome does not depend on where batches are
cut.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Engine

from aggregator.config.settings import DedupSettings, SourceSettings
from aggregator.dedup.choose import Chooser
from aggregator.dedup.index import Apart, Groups, Index, keys_of, likely
from aggregator.dedup.match import Evidence
from aggregator.store import compared, stories
from aggregator.store.compared import Sighting
from aggregator.store.engine import writing
from aggregator.store.locks import Lock, got
from aggregator.store.stories import Attached, NewStory

if TYPE_CHECKING:
    from aggregator.dedup.window import Window

BATCH = 2_000  # sightings in one transaction: long enough to amortise it, short enough not to keep writers waiting
REREAD_EVERY = timedelta(hours=6)  # what is past the window is let go of then; a million stories take 0.3 s
URN = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class Merged:
    """What one merge did: sightings looked at, and stories that are new."""

    sightings: int = 0
    founded: int = 0

    def __add__(self, other: "Merged") -> "Merged":
        return Merged(self.sightings + other.sightings, self.founded + other.founded)


def story_uuid(address: str, guid: str) -> UUID:
    """A story's permanent identity, from the source and the guid of the sighting that founded it.

    Never a row number: a database that is built anew gives the same identities.
    """
    return uuid5(NAMESPACE_URL, f"{address}\n{guid}")


def echoed(sighting: Sighting) -> UUID | None:
    """The identity of the story that a sighting says it is: our published entries are called `urn:uuid:…`."""
    try:
        return UUID(sighting.guid.removeprefix(URN)) if sighting.guid.startswith(URN) else None
    except ValueError:
        return None


@dataclass(slots=True)
class _Batch:
    """What one batch knows before it decides.

    echoes   the stories that sightings say they are, by identity
    """

    index: Index = field(default_factory=Index)
    groups: Groups = field(default_factory=Groups)
    apart: Apart = field(default_factory=dict)
    echoes: dict[UUID, int] = field(default_factory=dict)


class Merger:
    """Merges what waits. Settings decide which sources take part, and whose text a story shows."""

    def __init__(self, settings: DedupSettings, sources: Iterable[SourceSettings]) -> None:
        self._chooser = Chooser(settings, sources)
        self._window: Window | None = None
        self._read_at = datetime.min.replace(tzinfo=UTC)

    def run(self, engine: Engine, now: datetime) -> Merged:
        """Merge until nothing waits, batch by batch; nothing is done where another process is at it."""
        total = Merged()
        while (merged := self.step(engine, now)).sightings:
            total += merged
        return total

    def step(self, engine: Engine, now: datetime) -> Merged:
        """Merge one batch."""
        if not self._read_at <= now < self._read_at + REREAD_EVERY:
            self._window, self._read_at = None, now
        try:
            return self._run_batch(engine, now)
        except BaseException:
            self._window = None  # it may know what was not committed
            raise

    def _run_batch(self, engine: Engine, now: datetime) -> Merged:
        with writing(engine) as connection:
            return self.merge_batch(connection, now)

    def merge_batch(self, connection: Connection, now: datetime) -> Merged:
        """Merge the first sightings that wait; `Merged()` when none does, or another process is merging."""
        may = compared.any_pending(connection) and got(connection, Lock.MERGING)
        waiting = compared.pending(connection, BATCH) if may else ()
        if not waiting:
            return Merged()
        batch = self._prepare(connection, waiting)
        founders, attached = self._assign(waiting, batch)
        story_ids = stories.found(connection, [_new_story(founder) for founder in founders])
        placed = [_placed(one, story_ids) for one in attached]
        stories.attach(connection, placed)
        known = {sighting.id: sighting.story_id for sighting in waiting if sighting.story_id is not None}
        stories.settle(connection, list(known))
        self._known().remember(connection, batch.index.added)
        alone = set(story_ids.values()) - {one.story_id for one in placed if one.reason != Evidence.FOUNDER.value}
        touched = {one.story_id for one in placed} | {story_id for story_id in known.values() if story_id is not None}
        choose_leads(connection, touched - alone, self._chooser)
        sources = {sighting.id: sighting.source_id for sighting in waiting}
        stories.file_sightings(connection, {(one.story_id, sources[one.sighting_id]) for one in placed})
        stories.touch(connection, touched, now)
        return Merged(len(waiting), len(founders))

    def _prepare(self, connection: Connection, waiting: Sequence[Sighting]) -> _Batch:
        """Everything that could matter to these sightings, in a few questions however many they are."""
        batch = _Batch()
        echoes = {uuid for sighting in waiting if sighting.story_id is None and (uuid := echoed(sighting))}
        batch.echoes = stories.by_uuid(connection, echoes) if echoes else {}
        comparable = [sighting for sighting in waiting if self._chooser.takes_part(sighting)]
        if not comparable:
            return batch
        wanted = {key for sighting in comparable for key in keys_of(sighting)}
        window = self._known()
        window.follow(connection)
        batch.index.newest = window.newest(wanted)
        worth_reading = {id_ for sighting in comparable for id_ in likely(sighting, batch.index.newest)}
        for candidate in compared.companions(connection, worth_reading):
            assert candidate.story_id is not None
            batch.index.sightings[candidate.id] = candidate
            batch.groups.put(candidate.id, candidate.source_id, candidate.story_id)
        batch.apart = stories.parted(connection)
        return batch

    def _known(self) -> "Window":
        """Made when there is something to merge: numpy takes 0.04 s to import, and mostly there is nothing."""
        if self._window is None:
            from aggregator.dedup.window import Window

            self._window = Window()
        return self._window

    def _assign(self, waiting: Iterable[Sighting], batch: _Batch) -> tuple[list[Sighting], list[Attached]]:
        """Decide for each sighting, in order: (founders, where each new one belongs).

        A group is a story's id, or minus the id of the sighting that founds a new one.
        """
        founders: list[Sighting] = []
        attached: list[Attached] = []
        for sighting in waiting:
            group = sighting.story_id
            if group is None:
                one = self._place(sighting, batch)
                group = one.story_id
                attached.append(one)
                if one.reason == Evidence.FOUNDER.value:
                    founders.append(sighting)
            batch.groups.put(sighting.id, sighting.source_id, group)
            if self._chooser.takes_part(sighting):
                batch.index.add(sighting)
        return founders, attached

    def _place(self, sighting: Sighting, batch: _Batch) -> Attached:
        uuid = echoed(sighting)
        if uuid is not None and uuid in batch.echoes:
            return Attached(sighting_id=sighting.id, story_id=batch.echoes[uuid], reason=Evidence.ECHO.value, score=1.0)
        choice = self._chooser.choose(sighting, batch.index, batch.groups, batch.apart)
        if choice is None:
            return Attached(sighting_id=sighting.id, story_id=-sighting.id, reason=Evidence.FOUNDER.value)
        return Attached(
            sighting_id=sighting.id,
            story_id=choice.group,
            reason=choice.match.reason.value,
            score=choice.match.score,
            matched_id=choice.like,
        )


def choose_leads(connection: Connection, story_ids: Collection[int], chooser: Chooser) -> None:
    """Let each of these stories show the text it should: by priority, then the fullest, then the earliest."""
    leads = []
    for story_id, sightings in compared.members(connection, story_ids).items():
        ours = {story_uuid(one.address, one.guid) for one in sightings}
        own_words = [one for one in sightings if echoed(one) not in ours]  # an echo says what we said, and more
        chosen = min(own_words or sightings, key=lambda one: (-chooser.priority(one), -one.words, one.id))
        leads.append((story_id, chosen.id, chosen.revised))
    stories.lead(connection, leads)


def new_story(founder: Sighting, uuid: UUID) -> NewStory:
    """The story that a sighting founds, under an identity."""
    return NewStory(
        uuid=uuid,
        lead_id=founder.id,
        published=founder.placed,
        updated=max(founder.revised, founder.placed),
    )


def _new_story(founder: Sighting) -> NewStory:
    return new_story(founder, story_uuid(founder.address, founder.guid))


def _placed(one: Attached, story_ids: dict[int, int]) -> Attached:
    """The same, with the row of a story that is new by now."""
    if one.story_id > 0:
        return one
    return Attached(
        sighting_id=one.sighting_id,
        story_id=story_ids[-one.story_id],
        reason=one.reason,
        score=one.score,
        matched_id=one.matched_id,
    )
