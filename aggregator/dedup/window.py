"""What the merge finds candidates by, in memory: every key of the sightings in the window, sorted.

Filled from the log that merging writes (`store.keys`) and followed from there, so any process can go on merging where
another stopped. Eight bytes a key, eighty a sighting: a million stories take 80 MB, thirty thousand 2.4. As rows of an
index in the database the same cost 53 of 206 us a sighting on SQLite, half of the server's time on PostgreSQL, 250 MB.

A pair is one number: the lower half of the key, then the sighting. Half a key finds another's sighting once in 400
questions at a million stories, and the comparison sends it away.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from aggregator.dedup.index import PER_KEY, Pairs
from aggregator.store import keys

HALF = 32  # bits: of the key, and of the sighting, enough for 100,000 a day in a hundred years
LOW = 2**HALF - 1
PAIR = np.dtype("<u8")

Numbers = NDArray[np.uint64]


class Window:
    """Finds the newest sightings of a key. Knows what is committed, and what the transaction at hand has added."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []  # each sorted and at least twice as long as the next
        self._last = 0  # the newest run of the log that is in them

    def follow(self, connection: Connection) -> None:
        """Take in what was written to the log since the last time, by whomever."""
        if written := keys.since(connection, self._last):
            self._last = written[-1].id
            self._add(b"".join(run.pairs for run in written))

    def remember(self, connection: Connection, pairs: Pairs) -> None:
        """Add pairs, here and to the log. If the transaction fails, this window is to be thrown away."""
        if pairs:
            data = packed(pairs)
            self._last = keys.remember(connection, data, newest=max(id_ for _, id_ in pairs))
            self._add(data)

    def newest(self, wanted: Collection[int]) -> dict[int, list[int]]:
        """For each key that is known the ids of its newest sightings, oldest first."""
        asked = np.fromiter(wanted, np.int64, len(wanted))
        halves = asked.view(np.uint64) << np.uint64(HALF)
        order = np.argsort(halves)  # neighbours are in memory together
        asked, halves = asked[order], halves[order]
        found: dict[int, list[int]] = {}
        for run in self._runs:
            starts = np.searchsorted(run, halves)
            there = run[np.minimum(starts, len(run) - 1)] >> np.uint64(HALF) == halves >> np.uint64(HALF)
            ends = np.searchsorted(run, halves[there] | np.uint64(LOW), side="right")
            for key, start, end in zip(asked[there].tolist(), starts[there].tolist(), ends.tolist(), strict=True):
                found.setdefault(key, []).extend((run[max(start, end - PER_KEY) : end] & np.uint64(LOW)).tolist())
        return {key: sorted(set(ids))[-PER_KEY:] for key, ids in found.items()}

    def _add(self, data: bytes) -> None:
        """Few long runs instead of many short ones, each number moved as often as the whole can be halved."""
        run = _sorted(np.frombuffer(data, PAIR))
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = _sorted(np.concatenate((self._runs.pop(), run)))
        self._runs.append(run)


def _sorted(numbers: Numbers) -> Numbers:
    """In order, each once. Ten million take 0.8 s, or 0.04 where two sorted halves are put together (`stable`); with
    `np.unique` 15 s.
    """
    ordered = np.sort(numbers, kind="stable")
    first = np.empty(len(ordered), bool)
    first[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def packed(pairs: Pairs) -> bytes:
    """Pairs as the log keeps them: little-endian, and in order, so that reading the log puts sorted parts together."""
    return np.sort(np.fromiter(((key & LOW) << HALF | id_ for key, id_ in pairs), PAIR, len(pairs))).tobytes()
