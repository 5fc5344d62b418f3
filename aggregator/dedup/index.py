"""The candidates of a sighting: those that share a key with it, found without looking at the others.

For each key (address, title, or one of the smallest hashes of the text) only the newest `PER_KEY` sightings count, so
that what one sighting costs is bounded whatever the input: ten thousand equal titles included. `Index` is the part that
matters to one batch; `window` has all keys, and the merge takes the part from there and brings back what is new.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aggregator.store.compared import Sighting

PER_KEY = 16  # so many candidates a key gives at most; more than so many copies of a text, and any of them will do
COMMON_URL = 4  # sightings of one source that share an address among the newest: it gives that to everything
COMMON_TITLE = 3  # the same for a title: "Open for questions", every Monday
RARE = 4  # sightings of one hash of the text, up to which it is enough alone; "one of the" is everybody's

Pairs = Collection[tuple[int, int]]  # of a key and a sighting that has it


def keys_of(sighting: Sighting) -> tuple[int, ...]:
    """Everything that an index can find a sighting by."""
    named = (key for key in (sighting.url_key, sighting.title_key) if key is not None)
    return (*named, *sighting.near_keys)


def likely(sighting: Sighting, newest: Mapping[int, Sequence[int]]) -> dict[int, None]:
    """The ids of what could be the same as a sighting, each once, in an order that is always the same.

    What shares address or title, or a rare hash of the text, or two that are not rare.
    """
    found: dict[int, None] = {}
    for named in (sighting.url_key, sighting.title_key):
        if named is not None and named in newest:
            found.update(dict.fromkeys(newest[named]))
    met: set[int] = set()
    for key in sighting.near_keys:
        if key in newest:  # of ten keys nine are nobody else's
            ids = newest[key]
            found.update(dict.fromkeys(ids if len(ids) <= RARE else met.intersection(ids)))
            met.update(ids)
    found.pop(sighting.id, None)
    return found


@dataclass(slots=True)
class Index:
    """What was seen before, by key.

    newest     for each key the ids of the newest sightings that have it, oldest first
    added      what is new since the beginning
    sightings  those by id
    """

    newest: dict[int, list[int]] = field(default_factory=dict)
    added: list[tuple[int, int]] = field(default_factory=list)
    sightings: dict[int, Sighting] = field(default_factory=dict)

    def add(self, sighting: Sighting) -> None:
        """Make a sighting a candidate for those that come after it."""
        self.sightings[sighting.id] = sighting
        for key in keys_of(sighting):
            ids = self.newest.setdefault(key, [])
            if sighting.id not in ids:
                self.added.append((key, sighting.id))
                ids.append(sighting.id)
                if len(ids) > PER_KEY:
                    ids.sort()
                    del ids[0]

    def candidates(self, sighting: Sighting) -> Iterator[Sighting]:
        """Each sighting that shares a key with this one, once."""
        for id_ in likely(sighting, self.newest):
            if (found := self.sightings.get(id_)) is not None:
                yield found

    def common(self, sighting: Sighting) -> frozenset[int]:
        """Those of the keys that some source gives to so much that they say nothing."""
        limits = ((sighting.url_key, COMMON_URL), (sighting.title_key, COMMON_TITLE))
        return frozenset(
            key
            for key, limit in limits
            if key is not None and len(self.newest.get(key, ())) >= limit and self._most_of_one(key) >= limit
        )

    def _most_of_one(self, key: int) -> int:
        found = (self.sightings.get(id_) for id_ in self.newest.get(key, ()))
        return max(Counter(one.source_id for one in found if one is not None).values(), default=0)


@dataclass(slots=True)
class Groups:
    """Which sightings are together: by group, and by sighting.

    carriers  the sources that carry each group: a story takes one sighting of each
    """

    of: dict[int, int] = field(default_factory=dict)
    members: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    carriers: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def put(self, sighting_id: int, source_id: int, group: int) -> None:
        """Put a sighting into a group."""
        self.of[sighting_id] = group
        self.members[group].add(sighting_id)
        self.carriers[group].add(source_id)


Apart = Mapping[int, frozenset[int]]  # sighting → those that it was split from, both ways


def parted(sighting_id: int, members: Iterable[int], apart: Apart) -> bool:
    """Whether somebody said that a sighting does not belong with one of these."""
    return not apart.get(sighting_id, frozenset()).isdisjoint(members)
