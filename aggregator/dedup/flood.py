"""The flood guard: when a source suddenly brings much that is old, undated, or known, it is held back from readers.

Sources change their ids, lose their dates, move, are sold and filled with spam; readers then get a hundred old items as
new. Judged for one poll as a whole, before anything of it is published. What certainly repeats an earlier item of the
same source joins that in its story; the rest waits for `aggregator release` or `aggregator discard`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from aggregator.dedup.match import Evidence, repeats
from aggregator.store import compared, floods, stories
from aggregator.store.compared import Sighting
from aggregator.store.floods import Before
from aggregator.store.stories import Attached
from feeds.fingerprint import normalise_title

FEWEST = 10  # new items in one poll; fewer are no flood, whatever they are
KNOWN = 10  # items that a source must have had before, for anything to be abnormal for it
SHARE = 0.8  # of the new items that must be suspicious (cases D02)
OLD = timedelta(days=2)  # before the last good poll: it would have been there then
MANY = 50  # fresh new items that may be abnormal, where they are …
TIMES = 10  # … so many times as many as the source's own pace gives


class Suspicion(StrEnum):
    """Why a poll is held."""

    REPEATED = "it brings again, under other guids and addresses, what the source had before"
    OLD = "its items are older than the last good poll, and were not there then"
    UNDATED = "its items have no dates, and the source's items had"
    MANY = "there are far more of them than the source ever had in such a time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The new items of one poll, and how many of them are what; one may be several things."""

    items: int
    old: int
    undated: int
    repeated: int
    suspicious: int


def judge(counted: Counted, before: Before, arrivals: Sequence[datetime], now: datetime) -> Suspicion | None:
    """Why the new items of a poll are to be held; None if they are ordinary.

    arrivals  when the newest items of the source appeared before, newest first
    """
    if counted.items < FEWEST or before.sightings < KNOWN:
        return None
    if counted.suspicious >= SHARE * counted.items:
        kinds = ((counted.repeated, Suspicion.REPEATED), (counted.old, Suspicion.OLD))
        return max((*kinds, (counted.undated, Suspicion.UNDATED)), key=lambda kind: kind[0])[1]
    if counted.items >= MANY and counted.items > TIMES * (1 + _expected(before, arrivals, now)):
        return Suspicion.MANY
    return None


def _expected(before: Before, arrivals: Sequence[datetime], now: datetime) -> float:
    """How many items the pace of the newest ones gives since the last good poll."""
    if before.last_success_at is None or len(arrivals) < 2 or 2 * before.undated >= before.sightings:
        return float(before.sightings)  # of undated items only the polls are known that brought some
    span = max(arrivals[0] - arrivals[-1], timedelta(hours=1))
    return (len(arrivals) - 1) * ((now - before.last_success_at) / span)


def count(new: Sequence[Sighting], repeated: Mapping[int, int], before: Before) -> Counted:
    """What the new items of a poll are. `repeated` maps some of them to the items that they repeat."""
    had_dates = before.undated * 2 < before.sightings
    undated = {one.id for one in new if had_dates and not one.dated}
    last = before.last_success_at
    old = {one.id for one in new if last is not None and one.placed < last - OLD}
    return Counted(
        items=len(new),
        old=len(old),
        undated=len(undated),
        repeated=len(repeated),
        suspicious=len(old | undated | set(repeated)),
    )


def repeated_by(new: Sequence[Sighting], earlier: Sequence[Sighting]) -> dict[int, int]:
    """For each new item that certainly repeats an earlier one, which; each earlier one is repeated once at most."""
    titled: dict[str, list[Sighting]] = {}
    for one in earlier:
        titled.setdefault(normalise_title(one.title), []).append(one)
    found: dict[int, int] = {}
    for one in new:
        alike = titled.get(normalise_title(one.title), [])
        match = next((other for other in alike if repeats(other, one)), None)
        if match is not None:
            alike.remove(match)
            found[one.id] = match.id
    return found


def guard(connection: Connection, source_id: int, arrivals: Sequence[datetime], now: datetime) -> Suspicion | None:
    """Look at what this poll has added, in the transaction that stores it; hold it if it is a flood."""
    before = floods.before(connection, source_id, now)
    if before.sightings < KNOWN:
        return None
    new = compared.by_id(connection, floods.brought(connection, source_id, now))
    if len(new) < FEWEST:
        return None
    known = compared.by_id(connection, floods.earlier(connection, source_id, now))
    repeated = repeated_by(new, known)
    counted = count(new, repeated, before)
    suspicion = judge(counted, before, arrivals, now)
    if suspicion is None:
        return None
    homes = {one.id: one.story_id for one in known}
    joined = [(one, other, home) for one, other in repeated.items() if (home := homes[other]) is not None]
    stories.attach(
        connection,
        [
            Attached(sighting_id=one, story_id=home, reason=Evidence.REPEAT.value, score=1.0, matched_id=other)
            for one, other, home in joined
        ],
    )
    stories.touch(connection, {home for _, _, home in joined}, now)
    inside = {one for one, _, _ in joined}
    held = [one.id for one in new if one.id not in inside]
    floods.hold(
        connection, source_id, held, now,
        items=counted.items, old=counted.old, undated=counted.undated, repeated=len(joined), reason=suspicion.value,
    )  # fmt: skip
    return suspicion
