"""The index that merging finds candidates by: (key, sighting), of each key the newest `PER_KEY` and no others.

One table for addresses, titles and hashes of texts, because they are asked for together. The merge alone writes it.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, insert, select, text, tuple_

from aggregator.store.columns import among
from aggregator.store.schema import sighting_keys

PER_KEY = 16  # so many candidates a key gives at most; more than so many copies of a text, and any of them will do
PARTS = 64  # of the space of keys, that are tidied one at a time
_FIRST_KEY = -(2**63)

Pairs = Collection[tuple[int, int]]  # (key, sighting)


def newest(connection: Connection, keys: Collection[int]) -> dict[int, list[int]]:
    """For each key that is known the ids of its newest sightings, oldest first."""
    c = sighting_keys.c
    found: dict[int, list[int]] = {}
    for key, sighting_id in connection.execute(select(c.key, c.sighting_id).where(among(connection, c.key, keys))):
        found.setdefault(key, []).append(sighting_id)
    return {key: sorted(ids) for key, ids in found.items()}


def remember(connection: Connection, added: Pairs, dropped: Pairs) -> None:
    """Add pairs that are not there yet, and take others away."""
    if dropped:
        connection.execute(_DROP, [{"dropped": key, "sighting": sighting_id} for key, sighting_id in dropped])
    if not added:
        return
    ordered = sorted(added)  # neighbours on a page are written together
    if connection.dialect.name == "postgresql":
        keys, ids = zip(*ordered, strict=True)
        connection.execute(_UNNEST, {"keys": list(keys), "ids": list(ids)})
    else:
        connection.execute(insert(sighting_keys), [{"key": key, "sighting_id": id_} for key, id_ in ordered])


_DROP = text("DELETE FROM sighting_keys WHERE key = :dropped AND sighting_id = :sighting")
_UNNEST = text(
    "INSERT INTO sighting_keys (key, sighting_id) SELECT * FROM unnest(CAST(:keys AS bigint[]), CAST(:ids AS bigint[]))"
)


def forget(connection: Connection, sighting_ids: Iterable[int], keys: Collection[int]) -> None:
    """Let these sightings not be found any more by these keys."""
    pairs = [(key, sighting_id) for sighting_id in sighting_ids for key in keys]
    if pairs:
        c = sighting_keys.c
        connection.execute(delete(sighting_keys).where(tuple_(c.key, c.sighting_id).in_(pairs)))


def forget_before(connection: Connection, sighting_id: int, part: int) -> int:
    """Drop what is older than a sighting from one of the `PARTS` of the index; returns how many pairs went.

    By parts, because there is no second index by age: one costs as much again as the first, at every insert.
    """
    size = 2**64 // PARTS
    first = _FIRST_KEY + part * size
    c = sighting_keys.c
    old = delete(sighting_keys).where(c.key.between(first, first + size - 1), c.sighting_id < sighting_id)
    return connection.execute(old).rowcount
