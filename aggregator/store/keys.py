"""What merging finds candidates by, as the merge writes it down: runs of pairs of a key and a sighting, one a batch.

A log, not an index: `dedup.window` holds it in memory and searches there. A row a key would be ten rows a sighting,
each on a page of its own, for keys are random numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.store.schema import key_runs

JOINED_BYTES = 512 * 1024  # of a run that no other is joined to any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one batch added: its number, which grows, and the pairs as `dedup.window` packs them."""

    id: int
    pairs: bytes


def since(connection: Connection, run: int) -> tuple[Run, ...]:
    """The runs that were written after one, in order; after 0 all of them."""
    c = key_runs.c
    rows = connection.execute(select(c.id, c.pairs).where(c.id > run).order_by(c.id))
    return tuple(Run(id=row.id, pairs=row.pairs) for row in rows)


def remember(connection: Connection, pairs: bytes, *, newest: int) -> int:
    """Write a run; returns its number.

    newest  the highest sighting in it: when that is past the window, so is the run
    """
    written = connection.execute(insert(key_runs).values(pairs=pairs, newest_id=newest))
    assert written.inserted_primary_key is not None
    number: int = written.inserted_primary_key[0]
    return number


def tidy(connection: Connection, before: int) -> int:
    """Drop the runs in which everything is older than a sighting, join small neighbours; returns how many were dropped.

    A joined run has the number of the newest in it, so that whoever has read that has read all of it.
    """
    dropped = connection.execute(delete(key_runs).where(key_runs.c.newest_id < before)).rowcount
    c = key_runs.c
    sizes = connection.execute(select(c.id, func.length(c.pairs).label("bytes")).order_by(c.id)).all()
    for group in _small_neighbours([(row.id, row.bytes) for row in sizes]):
        _join(connection, group)
    return dropped


def _small_neighbours(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Runs that are to be one, at least two at a time, none larger than `JOINED_BYTES` together."""
    group: list[int] = []
    held = 0
    for run, size in (*sizes, (0, JOINED_BYTES)):
        if held + size > JOINED_BYTES:
            if len(group) > 1:
                yield group
            group, held = [], 0
        group.append(run)
        held += size


def _join(connection: Connection, group: Sequence[int]) -> None:
    c = key_runs.c
    rows = connection.execute(select(c.pairs, c.newest_id).where(c.id.in_(group)).order_by(c.id)).all()
    whole = {"pairs": b"".join(row.pairs for row in rows), "newest_id": max(row.newest_id for row in rows)}
    connection.execute(update(key_runs).where(c.id == group[-1]).values(whole))
    connection.execute(delete(key_runs).where(c.id.in_(group[:-1])))
