"""The sources: which there are, as config.yaml lists them. Who is at them is in `claims`, how that ended in `polls`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from aggregator.store.locks import Lock, wait_for
from aggregator.store.schema import categories, source_categories, sources
from feeds.kinds import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source as config.yaml lists it.

    slugs    its categories with all their ancestors and `all`
    reading  a digest of how its documents are to be read: where that changes, the next one is read whatever it is
    asking   a digest of how they are asked for; where either changes, a source that fails is due at once
    """

    address: str
    kind: str
    slugs: tuple[str, ...]
    reading: bytes = b""
    asking: bytes = b""


def sync(connection: Connection, listed: Iterable[Listed], slugs: Iterable[str], now: datetime) -> tuple[int, ...]:
    """Make the tables agree with config.yaml.

    Sources that left the file are marked, never deleted; ones that return are due at once.

    slugs    every category's, `all` included
    returns  the ids of the known sources whose categories changed: their stories must be filed anew
    """
    wait_for(connection, Lock.SETTING_UP)
    wanted = {source.address: source for source in listed}
    _add_categories(connection, slugs, now)
    c = sources.c
    columns = select(c.id, c.address, c.removed_at, c.reading, c.asking, c.failures)
    known = {row.address: row for row in connection.execute(columns)}
    new = [source for address, source in wanted.items() if address not in known]
    if new:
        connection.execute(insert(sources), [_new_row(source, now) for source in new])
    for ids, values in (
        ([r.id for a, r in known.items() if a not in wanted and r.removed_at is None], _gone(now)),
        ([r.id for a, r in known.items() if a in wanted and r.removed_at], {"removed_at": None, "next_fetch_at": now}),
    ):
        if ids:
            statement = update(sources).where(sources.c.id == bindparam("row"))
            connection.execute(statement.values(**values), [{"row": i} for i in ids])
    listed_before = [(row, wanted[address]) for address, row in known.items() if address in wanted]
    _try_again(connection, listed_before, now)
    _read_anew(connection, listed_before)
    # Asked for again only where it has changed: of 10,000 sources it takes 0.02 s of every start.
    number = _ids(connection) if new else {address: row.id for address, row in known.items()}
    changed = _file_sources(connection, {number[address]: source for address, source in wanted.items()})
    return tuple(sorted(changed & {row.id for row in known.values()}))


def _ids(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(sources.c.address, sources.c.id).where(sources.c.removed_at.is_(None)))
    return {row.address: row.id for row in rows}


def _gone(now: datetime) -> dict[str, object]:
    """Of a source that left the file; whoever is at it finds its claim gone, and what it brings is dropped."""
    return {"removed_at": now, "lease_token": None, "lease_until": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the database knows of a source that is in force, as far as config.yaml decides it."""

    kind: str
    reading: bytes
    asking: bytes
    slugs: frozenset[str]


def recorded(connection: Connection) -> dict[str, Recorded]:
    """Every source that is in force, by its address."""
    filed: dict[int, set[str]] = {}
    rows = select(source_categories.c.source_id, categories.c.slug).join(categories)
    for source_id, slug in connection.execute(rows):
        filed.setdefault(source_id, set()).add(slug)
    c = sources.c
    known = connection.execute(select(c.id, c.address, c.kind, c.reading, c.asking).where(c.removed_at.is_(None)))
    return {
        row.address: Recorded(
            kind=row.kind, reading=row.reading, asking=row.asking, slugs=frozenset(filed.get(row.id, ()))
        )
        for row in known
    }


def addresses(connection: Connection) -> frozenset[str]:
    """The addresses of all sources that are in force."""
    return frozenset(connection.scalars(select(sources.c.address).where(sources.c.removed_at.is_(None))))


def _try_again(connection: Connection, before: Iterable[tuple[Row[*tuple[Any, ...]], Listed]], now: datetime) -> None:
    """Make due what fails, and may not any more: it is asked for, or read, otherwise than before."""
    changed = [(row, listed) for row, listed in before if row.asking != listed.asking or row.reading != listed.reading]
    failing = [(row, listed) for row, listed in changed if row.failures and row.asking]  # else that was not known
    for rows, values in ((changed, {}), (failing, {"next_fetch_at": now})):
        if rows:
            statement = update(sources).where(sources.c.id == bindparam("row")).values(asking=bindparam("wanted"))
            given = [{"row": row.id, "wanted": listed.asking} for row, listed in rows]
            connection.execute(statement.values(**values), given)


def _read_anew(connection: Connection, before: Iterable[tuple[Row[*tuple[Any, ...]], Listed]]) -> None:
    """Forget what the last document of a source was, where its documents are to be read otherwise than before."""
    forgotten = dict.fromkeys(("validators_url", "etag", "last_modified", "body_digest", "memory"))
    changed = [(row, listed.reading) for row, listed in before if row.reading != listed.reading]
    for known, values in ((True, forgotten), (False, {})):  # not known: written by a version that did not say
        if rows := [{"row": row.id, "wanted": reading} for row, reading in changed if bool(row.reading) is known]:
            statement = update(sources).where(sources.c.id == bindparam("row"))
            connection.execute(statement.values(reading=bindparam("wanted"), **values), rows)


def _add_categories(connection: Connection, slugs: Iterable[str], now: datetime) -> None:
    known = set(connection.scalars(select(categories.c.slug)))
    if new := [slug for slug in slugs if slug not in known]:
        connection.execute(insert(categories), [{"slug": slug, "changed_at": now} for slug in new])


def _new_row(source: Listed, now: datetime) -> dict[str, object]:
    return {
        "address": source.address,
        "kind": source.kind,
        "host": host_of(source),
        "reading": source.reading,
        "asking": source.asking,
        "added_at": now,
        "next_fetch_at": now,
    }


def host_of(source: Listed) -> str:
    """Whom a fetch of this source burdens: one request at a time goes there; "" for a file, which burdens nobody."""
    if source.kind == "file":
        return ""
    (place, *_) = KINDS[source.kind].locate(source.address, ()) or ("",)
    return urlsplit(place).hostname or source.kind


def _file_sources(connection: Connection, wanted: Mapping[int, Listed]) -> set[int]:
    """Rewrite source_categories where they differ; returns the ids of the sources that they differed for."""
    category_ids = {row.slug: row.id for row in connection.execute(select(categories.c.id, categories.c.slug))}
    now_filed: dict[int, set[int]] = {}
    for source_id, category_id in connection.execute(select(*source_categories.c)):
        now_filed.setdefault(source_id, set()).add(category_id)
    changed: dict[int, set[int]] = {}
    for source_id, source in wanted.items():
        should = {category_ids[slug] for slug in source.slugs}
        if should != now_filed.get(source_id, set()):
            changed[source_id] = should
    if changed:
        statement = delete(source_categories).where(source_categories.c.source_id == bindparam("row"))
        connection.execute(statement, [{"row": source_id} for source_id in changed])
        rows = [{"source_id": s, "category_id": c} for s, filed in changed.items() for c in sorted(filed)]
        connection.execute(insert(source_categories), rows)
    return set(changed)
