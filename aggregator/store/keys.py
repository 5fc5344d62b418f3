"""The index that merging finds candidates by: (key, sighting), of each key the newest `PER_KEY` and no others.

One table for addresses, titles and hashes of texts, because they are asked for together. The merge alone writes it.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, literal, select, text

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
    wanted = select(c.key, c.sighting_id).where(c.settled.in_((0, 1)), among(connection, c.key, keys))
    for key, sighting_id in connection.execute(wanted):
        found.setdefault(key, []).append(sighting_id)
    return {key: sorted(ids) for key, ids in found.items()}


def remember(connection: Connection, added: Pairs, dropped: Pairs) -> None:
    """Add pairs that are not there yet, and take others away."""
    postgresql = connection.dialect.name == "postgresql"
    for pairs, one_by_one, at_once in ((dropped, _DROP, _DROP_ALL), (added, _ADD, _ADD_ALL)):
        ordered = sorted(pairs)  # neighbours on a page are written together
        if ordered and postgresql:
            keys, ids = zip(*ordered, strict=True)
            connection.execute(at_once, {"keys": list(keys), "ids": list(ids)})
        elif ordered:
            connection.exec_driver_sql(one_by_one, ordered)


# Ten rows a sighting: handed to the driver as they are, for Core takes as long to prepare them as SQLite to store them.
_ADD = "INSERT INTO sighting_keys (settled, key, sighting_id) VALUES (0, ?, ?)"
_DROP = "DELETE FROM sighting_keys WHERE settled IN (0, 1) AND key = ? AND sighting_id = ?"
_PAIRS = "SELECT key, id FROM unnest(CAST(:keys AS bigint[]), CAST(:ids AS bigint[])) AS pair (key, id)"
_ADD_ALL = text(f"INSERT INTO sighting_keys (settled, key, sighting_id) SELECT 0, new.* FROM ({_PAIRS}) AS new")  # noqa: S608
_DROP_ALL = text(
    f"DELETE FROM sighting_keys AS old USING ({_PAIRS}) AS gone "  # noqa: S608
    "WHERE old.settled IN (0, 1) AND old.key = gone.key AND old.sighting_id = gone.id"
)


def tidy(connection: Connection, before: int, part: int) -> int:
    """Settle what is new in one of the `PARTS` of the index, drop what is older than a sighting; returns how many went.

    By parts, because there is no second index by age: one costs as much again as the first, at every insert.
    """
    size = 2**64 // PARTS
    first = _FIRST_KEY + part * size
    c = sighting_keys.c
    here = c.key.between(first, first + size - 1)
    gone = delete(sighting_keys).where(c.settled.in_((0, 1)), here, c.sighting_id < before)
    dropped = connection.execute(gone).rowcount
    new = select(literal(1), c.key, c.sighting_id).where(c.settled == 0, here).order_by(c.key, c.sighting_id)
    connection.execute(insert(sighting_keys).from_select(["settled", "key", "sighting_id"], new))
    connection.execute(delete(sighting_keys).where(c.settled == 0, here))
    return dropped
