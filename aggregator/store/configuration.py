"""Which config.yaml is in force, and why the one that stands there now is not: one row, for every process to read.

The writing wing writes it. `aggregator plan --accept-removals` writes that a file which lost many sources is meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from aggregator.store.schema import configuration

_ROW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigState:
    """How config.yaml is.

    in_force_at     since when the settings in force are; None before the writing wing first ran
    problems        why the file as it is now is not in force, a line each; () where it is
    refused_at      since when it is not
    missing         how many sources it has lost, where that is the reason
    accepted        the digest of a file whose missing sources are meant to be missing
    """

    digest: str = ""
    in_force_at: datetime | None = None
    problems: tuple[str, ...] = ()
    refused_at: datetime | None = None
    refused_digest: str | None = None
    missing: int = 0
    accepted: str | None = None


def state(connection: Connection) -> ConfigState:
    """How config.yaml is."""
    row = connection.execute(select(configuration).where(configuration.c.id == _ROW)).first()
    if row is None:
        return ConfigState()
    return ConfigState(
        digest=row.digest,
        in_force_at=row.in_force_at,
        problems=row.problems,
        refused_at=row.refused_at,
        refused_digest=row.refused_digest,
        missing=row.missing,
        accepted=row.accepted,
    )


def put_in_force(connection: Connection, digest: str, now: datetime) -> None:
    """A file is in force, and nothing is wrong with the one that stands there."""
    known = state(connection)
    since = known.in_force_at if known.digest == digest and known.in_force_at else now
    _write(connection, digest=digest, in_force_at=since, problems=(), refused_at=None, refused_digest=None, missing=0)


def refuse(connection: Connection, digest: str, problems: Sequence[str], now: datetime, *, missing: int = 0) -> None:
    """The file that stands there now is not put in force."""
    known = state(connection)
    since = known.refused_at if known.refused_at else now
    _write(connection, problems=tuple(problems), refused_at=since, refused_digest=digest, missing=missing)


def accept(connection: Connection, digest: str) -> None:
    """What this file has lost is meant to be lost."""
    _write(connection, accepted=digest)


def _write(connection: Connection, **values: object) -> None:
    changed = connection.execute(update(configuration).where(configuration.c.id == _ROW).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(configuration).values(id=_ROW, **({"digest": ""} | values)))
