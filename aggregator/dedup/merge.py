"""The merge: takes the sightings that wait, in order of arrival, and gives each to a story, its own or another's.

    pending ──▶ candidates ──▶ same_story? ──▶ attach, or found a story ──▶ choose leads ──▶ file, raise revisions

One batch is one transaction, so a merge that is killed goes on where it was. There must be one merge at a time: the
store's writing transaction sees to that on SQLite. The outcome does not depend on where batches are cut.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection, Engine

from aggregator.config.settings import DedupSettings, SourceSettings
from aggregator.dedup.match import Evidence, same_story
from aggregator.store import stories
from aggregator.store.engine import writing
from aggregator.store.stories import NewStory, Sighting

BATCH = 400  # sightings in one transaction: long enough to amortise it, short enough not to keep writers waiting
CANDIDATES = 4_000  # read for one batch at most, the newest first, whatever the input
URN = "urn:uuid:"
COMMON = 8  # a key that so many sightings of one source share says nothing: "Daily links", a link to the front page


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


class Merger:
    """Merges what waits. Settings decide which sources take part, and whose text a story shows."""

    def __init__(self, settings: DedupSettings, sources: Iterable[SourceSettings]) -> None:
        self._settings = settings
        self._sources: Mapping[str, SourceSettings] = {source.address: source for source in sources}

    def run(self, engine: Engine, now: datetime) -> Merged:
        """Merge until nothing waits, batch by batch."""
        total = Merged()
        while True:
            with writing(engine) as connection:
                merged = self.merge_batch(connection, now)
            total += merged
            if merged.sightings == 0:
                return total

    def merge_batch(self, connection: Connection, now: datetime) -> Merged:
        """Merge the first sightings that wait; `Merged()` when none does."""
        waiting = stories.pending(connection, BATCH)
        if not waiting:
            return Merged()
        new = [sighting for sighting in waiting if sighting.story_id is None]
        known = [sighting for sighting in waiting if sighting.story_id is not None]
        founders, attached = self._assign(new, self._index(connection, new))
        story_ids = stories.found(connection, [_new_story(founder) for founder in founders])
        stories.attach(
            connection,
            [
                (sighting.id, group if group > 0 else story_ids[-group], reason.value)
                for sighting, group, reason in attached
            ],
        )
        stories.settle(connection, [sighting.id for sighting in known])
        touched = {s.story_id for s in known if s.story_id is not None} | set(story_ids.values())
        touched |= {group for _, group, _ in attached if group > 0}
        self._choose_leads(connection, touched)
        stories.file_stories(connection, touched)
        stories.touch(connection, touched, now)
        return Merged(len(waiting), len(founders))

    def _index(self, connection: Connection, new: Collection[Sighting]) -> "_Index":
        index = _Index()
        echoes = {uuid for sighting in new if (uuid := echoed(sighting))}
        index.stories = stories.by_uuid(connection, echoes) if echoes else {}
        comparable = [sighting for sighting in new if self._takes_part(sighting)]
        if comparable:
            since = min(sighting.first_seen_at for sighting in comparable) - self._settings.window
            found = stories.candidates(
                connection,
                {s.url_key for s in comparable if s.url_key is not None},
                {s.title_key for s in comparable if s.title_key is not None},
                since=since,
                limit=CANDIDATES,
            )
            for candidate in reversed(found):
                if self._takes_part(candidate):
                    assert candidate.story_id is not None
                    index.add(candidate, candidate.story_id)
            for group, others in stories.members(connection, {s.story_id for s in found if s.story_id}).items():
                for other in others:
                    index.carriers[group].add(other.source_id)
        return index

    def _assign(
        self, new: Iterable[Sighting], index: "_Index"
    ) -> tuple[list[Sighting], list[tuple[Sighting, int, Evidence]]]:
        """Decide for each sighting, in order: (founders, (sighting, group, reason)).

        A group is a story's id, or minus the id of the sighting that founds a new one.
        """
        founders: list[Sighting] = []
        attached: list[tuple[Sighting, int, Evidence]] = []
        for sighting in new:
            match = self._match(sighting, index) if self._takes_part(sighting) else None
            if match is None:
                founders.append(sighting)
                match = (-sighting.id, Evidence.FOUNDER)
            group, reason = match
            attached.append((sighting, group, reason))
            if self._takes_part(sighting):
                index.add(sighting, group)
        return founders, attached

    def _match(self, sighting: Sighting, index: "_Index") -> tuple[int, Evidence] | None:
        """The story that a sighting belongs to: the best evidence first, then the story that was there first."""
        uuid = echoed(sighting)
        if uuid is not None and uuid in index.stories:
            return index.stories[uuid], Evidence.ECHO
        found: list[tuple[int, int, Evidence]] = []
        for candidate, group in index.sharing(sighting):
            evidence = same_story(sighting, candidate, window=self._settings.window)
            if evidence is not None and sighting.source_id not in index.carriers[group]:
                found.append((0 if evidence is Evidence.URL else 1, candidate.id, evidence))
        if not found:
            return None
        _, candidate_id, evidence = min(found)
        return index.group_of[candidate_id], evidence

    def _takes_part(self, sighting: Sighting) -> bool:
        source = self._sources.get(sighting.address)
        return self._settings.enabled and (source is None or source.dedup != "off")

    def _choose_leads(self, connection: Connection, story_ids: Collection[int]) -> None:
        leads = []
        for story_id, sightings in stories.members(connection, story_ids).items():
            ours = {story_uuid(one.address, one.guid) for one in sightings}
            own_words = [one for one in sightings if echoed(one) not in ours]  # an echo says what we said, and more
            chosen = min(own_words or sightings, key=self._rank)
            leads.append((story_id, chosen.id, chosen.revised))
        stories.lead(connection, leads)

    def _rank(self, sighting: Sighting) -> tuple[int, int, int]:
        """Whose text a story shows: the highest priority, then the fullest text, then the earliest."""
        source = self._sources.get(sighting.address)
        return (-(source.priority if source else 0), -sighting.words, sighting.id)


class _Index:
    """The candidates of one batch by key, with the group that each is in, and who carries each group already."""

    def __init__(self) -> None:
        self._by_url: dict[int, list[Sighting]] = defaultdict(list)
        self._by_title: dict[int, list[Sighting]] = defaultdict(list)
        self.stories: dict[UUID, int] = {}  # those that a sighting is an echo of
        self.group_of: dict[int, int] = {}
        self.carriers: dict[int, set[int]] = defaultdict(set)

    def add(self, sighting: Sighting, group: int) -> None:
        self.group_of[sighting.id] = group
        self.carriers[group].add(sighting.source_id)
        if sighting.url_key is not None:
            self._by_url[sighting.url_key].append(sighting)
        if sighting.title_key is not None:
            self._by_title[sighting.title_key].append(sighting)

    def sharing(self, sighting: Sighting) -> Iterable[tuple[Sighting, int]]:
        """The candidates that share a key with a sighting, unless so many of one source do that it means nothing."""
        for key, sharing in ((sighting.url_key, self._by_url), (sighting.title_key, self._by_title)):
            for candidate in _telling(sharing[key]) if key is not None and key in sharing else ():
                yield candidate, self.group_of[candidate.id]


def _telling(sharing: list[Sighting]) -> list[Sighting]:
    counts: dict[int, int] = defaultdict(int)
    for sighting in sharing:
        counts[sighting.source_id] += 1
    return [sighting for sighting in sharing if counts[sighting.source_id] < COMMON]


def _new_story(founder: Sighting) -> NewStory:
    return NewStory(
        uuid=story_uuid(founder.address, founder.guid),
        lead_id=founder.id,
        published=founder.placed,
        updated=max(founder.revised, founder.placed),
    )
