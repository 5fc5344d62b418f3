"""Figures of the whole database, for machines."""

from sqlalchemy import Connection, func, select

from aggregator.store.schema import sightings


def pending(connection: Connection) -> int:
    """How many sightings wait to be merged."""
    waiting = select(func.count()).select_from(sightings).where(sightings.c.pending == 1)
    return connection.scalar(waiting) or 0
