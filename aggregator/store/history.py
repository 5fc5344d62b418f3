"""The last polls of sources, one by one and summed up. Reads only; `polls` writes them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Any

from sqlalchemy import Connection, select, true

from aggregator.outcome import Reason
from aggregator.store.columns import among
from aggregator.store.schema import fetches

POLLS_COUNTED = 50
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What the last polls of a source were, at most POLLS_COUNTED.

    good_polls     that did not fail
    not_modified   that were answered 304
    wire_bytes     of all of them together
    milliseconds   the median of those that were answered; None if none was
    """

    polls: int = 0
    good_polls: int = 0
    not_modified: int = 0
    wire_bytes: int = 0
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One poll of the history, as it ended.

    status        of the answer; None where none came, or a file was read
    added         entries that were new to us; `changed` ones had another text
    """

    at: datetime
    outcome: str
    reason: Reason | None
    detail: str | None
    status: int | None
    wire_bytes: int
    milliseconds: int
    entries: int
    added: int
    changed: int


def history(connection: Connection, source_id: int, *, limit: int = POLLS_COUNTED) -> tuple[Poll, ...]:
    """The last polls of a source, newest first."""
    statement = select(fetches).where(fetches.c.source_id == source_id).order_by(fetches.c.id.desc()).limit(limit)
    return tuple(
        Poll(
            at=row.fetched_at,
            outcome=row.outcome,
            reason=Reason(row.reason) if row.reason else None,
            detail=row.detail,
            status=row.status,
            wire_bytes=row.wire_bytes,
            milliseconds=row.milliseconds,
            entries=row.entries,
            added=row.added,
            changed=row.changed,
        )
        for row in connection.execute(statement)
    )


def recent_of(connection: Connection, ids: Collection[int] | None) -> dict[int, Recent]:
    """What the last polls of these sources were, of all of them without ids; those without any are left out."""
    c = fetches.c
    statement = (
        select(c.source_id, c.outcome, c.status, c.wire_bytes, c.milliseconds)
        .where(true() if ids is None else among(connection, c.source_id, ids))
        .order_by(c.source_id, c.id.desc())
    )
    rows = connection.execute(statement)
    return {id_: _summed(list(polls)[:POLLS_COUNTED]) for id_, polls in groupby(rows, key=itemgetter(0))}


def _summed(polls: Iterable[Any]) -> Recent:
    polls = list(polls)
    answered = [milliseconds for _, _, status, _, milliseconds in polls if status is not None]
    return Recent(
        polls=len(polls),
        good_polls=sum(outcome != "failed" for _, outcome, *_ in polls),
        not_modified=sum(status == NOT_MODIFIED for _, _, status, *_ in polls),
        wire_bytes=sum(wire_bytes for *_, wire_bytes, _ in polls),
        milliseconds=round(median(answered)) if answered else None,
    )
