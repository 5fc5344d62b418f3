"""Which group a sighting joins: the best evidence of all its candidates, within what settings and people allow."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from aggregator.config.settings import DedupSettings, SourceSettings
from aggregator.dedup.index import Apart, Groups, Index, parted
from aggregator.dedup.match import Evidence, Match, contradicts, same_story
from aggregator.store.compared import Sighting

MEMBERS = 8  # of a group, the first and the newest, that a sighting must not contradict


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A group to join, because of a sighting that is in it."""

    group: int
    like: int
    match: Match


class Chooser:
    """Settings decide which sources take part, and whether their texts are compared."""

    def __init__(self, settings: DedupSettings, sources: Iterable[SourceSettings]) -> None:
        self.settings = settings
        self._sources: Mapping[str, SourceSettings] = {source.address: source for source in sources}
        self._off = frozenset(source.address for source in self._sources.values() if source.dedup == "off")
        self._not_near = frozenset(source.address for source in self._sources.values() if source.dedup != "near")

    def takes_part(self, sighting: Sighting) -> bool:
        """Whether a sighting may be merged with others at all."""
        return self.settings.enabled and sighting.address not in self._off

    def priority(self, sighting: Sighting) -> int:
        """Of its source: whose text a story shows, the highest first."""
        source = self._sources.get(sighting.address)
        return source.priority if source else 0

    def choose(self, sighting: Sighting, index: Index, groups: Groups, apart: Apart) -> Choice | None:
        """The group that a sighting belongs to: the best evidence first, then what was there first; None if to none."""
        if not self.takes_part(sighting):
            return None
        candidates = tuple(index.candidates(sighting))
        if not candidates:
            return None
        common, near = index.common(sighting), self._near(sighting)
        found = []
        for candidate in candidates:
            group = groups.of.get(candidate.id)
            if group is None or sighting.source_id in groups.carriers[group] or not self.takes_part(candidate):
                continue
            match = same_story(
                sighting,
                candidate,
                window=self.settings.window,
                near=near and self._near(candidate),
                common=common,
            )
            if match is not None and self._fits(sighting, match, groups.members[group], index, apart):
                found.append((match.reason is not Evidence.URL, -match.score, candidate.id, match))
        if not found:
            return None
        *_, like, match = min(found, key=lambda one: one[:3])
        return Choice(group=groups.of[like], like=like, match=match)

    def _fits(self, sighting: Sighting, match: Match, members: Collection[int], index: Index, apart: Apart) -> bool:
        """Whether nobody, and no text, says that a sighting does not belong with those that it would join."""
        if parted(sighting.id, members, apart):
            return False
        if match.reason is Evidence.URL:
            return True
        ids = sorted(members)
        some = ids if len(ids) <= MEMBERS else (ids[0], *ids[1 - MEMBERS :])
        return not any((member := index.sightings.get(id_)) and contradicts(sighting, member) for id_ in some)

    def _near(self, sighting: Sighting) -> bool:
        return self.settings.near and sighting.address not in self._not_near
