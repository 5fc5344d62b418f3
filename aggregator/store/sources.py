"""The sources: which there are, which are due, who is at them, and how each fetch of them ended.

A claim is a lease with a fencing token. Whoever comes back after its lease has been given to another finds that its
token no longer matches, and writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Connection, bindparam, delete, func, insert, select, true, update

from aggregator.outcome import Failed, Outcome, Reason, Updated, Validators
from aggregator.store.schema import categories, fetches, source_categories, sources
from feeds.model import Rhythm

ARRIVALS_KEPT = 20  # enough for a median gap that one burst does not move
FETCHES_KEPT = 50  # a source; the status page's success rate looks at as many


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source as config.yaml lists it. `slugs` are its categories with all their ancestors and `all`."""

    address: str
    kind: str
    slugs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A due source that is ours until `lease_until`, with all that is needed to fetch it politely.

    attempts  claims since an outcome was last recorded, this one included: over 1 means that a worker died at it
    """

    source_id: int
    address: str
    kind: str
    host: str
    token: UUID
    attempts: int
    validators: Validators
    body_digest: bytes | None
    rhythm: Rhythm
    arrivals: tuple[datetime, ...]
    failures: int


def sync(connection: Connection, listed: Iterable[Listed], slugs: Iterable[str], now: datetime) -> tuple[int, ...]:
    """Make the tables agree with config.yaml.

    Sources that left the file are marked, never deleted; ones that return are due at once.

    slugs    every category's, `all` included
    returns  the ids of the known sources whose categories changed: their stories must be filed anew
    """
    wanted = {source.address: source for source in listed}
    _add_categories(connection, slugs, now)
    known = {
        row.address: row for row in connection.execute(select(sources.c.id, sources.c.address, sources.c.removed_at))
    }
    new = [source for address, source in wanted.items() if address not in known]
    if new:
        connection.execute(insert(sources), [_new_row(source, now) for source in new])
    for ids, values in (
        ([r.id for a, r in known.items() if a not in wanted and r.removed_at is None], {"removed_at": now}),
        ([r.id for a, r in known.items() if a in wanted and r.removed_at], {"removed_at": None, "next_fetch_at": now}),
    ):
        if ids:
            statement = update(sources).where(sources.c.id == bindparam("row"))
            connection.execute(statement.values(**values), [{"row": i} for i in ids])
    changed = _file_sources(connection, wanted)
    return tuple(sorted(changed & {row.id for row in known.values()}))


def _add_categories(connection: Connection, slugs: Iterable[str], now: datetime) -> None:
    known = set(connection.scalars(select(categories.c.slug)))
    if new := [slug for slug in slugs if slug not in known]:
        connection.execute(insert(categories), [{"slug": slug, "changed_at": now} for slug in new])


def _new_row(source: Listed, now: datetime) -> dict[str, object]:
    return {
        "address": source.address,
        "kind": source.kind,
        "host": host_of(source),
        "added_at": now,
        "next_fetch_at": now,
    }


def host_of(source: Listed) -> str:
    """Whom a fetch of this source burdens: one request at a time goes there; "" for a file, which burdens nobody."""
    if source.kind == "file":
        return ""
    return urlsplit(source.address).hostname or source.kind


def _file_sources(connection: Connection, wanted: Mapping[str, Listed]) -> set[int]:
    """Rewrite source_categories where they differ; returns the ids of the sources that they differed for."""
    category_ids = {row.slug: row.id for row in connection.execute(select(categories.c.id, categories.c.slug))}
    now_filed: dict[int, set[int]] = {}
    for row in connection.execute(select(source_categories)):
        now_filed.setdefault(row.source_id, set()).add(row.category_id)
    changed: dict[int, set[int]] = {}
    for row in connection.execute(select(sources.c.id, sources.c.address).where(sources.c.removed_at.is_(None))):
        should = {category_ids[slug] for slug in wanted[row.address].slugs}
        if should != now_filed.get(row.id, set()):
            changed[row.id] = should
    if changed:
        statement = delete(source_categories).where(source_categories.c.source_id == bindparam("row"))
        connection.execute(statement, [{"row": source_id} for source_id in changed])
        rows = [{"source_id": s, "category_id": c} for s, filed in changed.items() for c in sorted(filed)]
        connection.execute(insert(source_categories), rows)
    return set(changed)


def claim_due(
    connection: Connection, *, now: datetime, limit: int, per_host: int, lease: timedelta, only: str | None = None
) -> tuple[Claim, ...]:
    """Take up to `limit` due sources, oldest first, of hosts that nobody is at yet; counts the attempt.

    One statement, so that two workers never take the same source: on PostgreSQL rows that another is taking are passed
    over (SKIP LOCKED); SQLite has one writer at a time and leaves the clause out.

    per_host  of each host so many at the most, so that one host with many feeds does not keep the others waiting
    only      the address of the one source to look at
    """
    busy = sources.alias("busy")
    host_is_busy = (
        select(busy.c.id)
        .where(busy.c.host == sources.c.host, busy.c.host != "")
        .where(busy.c.lease_token.is_not(None), busy.c.lease_until > now)
        .exists()
    )
    free = sources.c.lease_until.is_(None) | (sources.c.lease_until <= now)
    head = (
        select(sources.c.id, sources.c.host, sources.c.next_fetch_at)
        .where(sources.c.removed_at.is_(None), sources.c.next_fetch_at <= now)
        .where(free, ~host_is_busy, sources.c.address == only if only else true())
        .order_by(sources.c.next_fetch_at, sources.c.id)
        .limit(limit * 4)  # enough to choose from; ranking all that is due would cost more the more there is
        .subquery("head")
    )
    of_its_host = func.row_number().over(partition_by=head.c.host, order_by=(head.c.next_fetch_at, head.c.id))
    ranked = select(head.c.id, head.c.host, of_its_host.label("of_its_host")).subquery("ranked")
    due = (
        select(sources.c.id)
        .join(ranked, ranked.c.id == sources.c.id)
        .where((ranked.c.of_its_host <= per_host) | (ranked.c.host == ""))
        .order_by(sources.c.next_fetch_at, sources.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=sources)
        .cte("due")
    )
    statement = (
        update(sources)
        .where(sources.c.id.in_(select(due.c.id)))
        .values(lease_token=uuid4(), lease_until=now + lease, attempts=sources.c.attempts + 1)
        .returning(*_CLAIM_COLUMNS)
    )
    return tuple(_claim(row) for row in connection.execute(statement))


_CLAIM_COLUMNS = tuple(
    sources.c[name]
    for name in (
        "id", "address", "kind", "host", "lease_token", "attempts", "validators_url", "etag", "last_modified",
        "body_digest", "rhythm", "arrivals", "failures",
    )
)  # fmt: skip


def _claim(row: Sequence[Any]) -> Claim:
    source_id, address, kind, host, token, attempts, url, etag, modified, digest, rhythm, arrivals, failures = row
    return Claim(
        source_id=source_id,
        address=address,
        kind=kind,
        host=host,
        token=token,
        attempts=attempts,
        validators=Validators(url=url, etag=etag, last_modified=modified),
        body_digest=digest,
        rhythm=rhythm,
        arrivals=arrivals,
        failures=failures,
    )


def make_due(connection: Connection, now: datetime, *, address: str | None = None) -> int:
    """Bring sources' next fetch forward to now: one of them, or all; returns how many. A host that asked us to wait is
    left alone."""
    statement = update(sources).where(sources.c.removed_at.is_(None), sources.c.next_fetch_at > now)
    statement = statement.where(sources.c.reason.is_(None) | (sources.c.reason != Reason.RATE_LIMITED.value))
    if address is not None:
        statement = statement.where(sources.c.address == address)
    return connection.execute(statement.values(next_fetch_at=now)).rowcount


def release(connection: Connection, claims: Iterable[Claim]) -> None:
    """Give claims back untouched, as at shutdown: due as before, the attempt not counted."""
    for claim in claims:
        connection.execute(
            update(sources)
            .where(sources.c.id == claim.source_id, sources.c.lease_token == claim.token)
            .values(lease_token=None, lease_until=None, attempts=sources.c.attempts - 1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a document held: entries in it, those that were new to us, those whose text had changed."""

    entries: int = 0
    added: int = 0
    changed: int = 0


def holds(connection: Connection, claim: Claim) -> bool:
    """Whether a claim is still ours; the row is locked until the transaction ends, so that it stays so."""
    statement = select(sources.c.id).where(sources.c.id == claim.source_id, sources.c.lease_token == claim.token)
    return connection.scalar(statement.with_for_update()) is not None


def record(
    connection: Connection,
    claim: Claim,
    outcome: Outcome,
    *,
    counts: Counts,
    arrivals: tuple[datetime, ...],
    next_fetch_at: datetime,
    now: datetime,
) -> None:
    """Write down how a fetch ended, and let the source go.

    Must be in the transaction that stores the entries, for a validator vouches for them; and after `holds`.
    """
    if isinstance(outcome, Failed):
        values = _after_failure(outcome, now)
    else:
        values = _after_success(outcome, arrivals, counts, now)
    connection.execute(
        update(sources)
        .where(sources.c.id == claim.source_id)
        .values(
            last_fetch_at=now, next_fetch_at=next_fetch_at, lease_token=None, lease_until=None, attempts=0, **values
        )
    )
    connection.execute(insert(fetches), _history_row(claim, outcome, counts, now))


def _after_failure(outcome: Failed, now: datetime) -> dict[str, object]:
    return {
        "failures": sources.c.failures + 1,
        "failing_since_at": func.coalesce(sources.c.failing_since_at, now),
        "reason": outcome.reason.value,
        "detail": outcome.detail,
    }


def _after_success(
    outcome: Outcome, arrivals: tuple[datetime, ...], counts: Counts, now: datetime
) -> dict[str, object]:
    assert not isinstance(outcome, Failed)
    values: dict[str, object] = {
        "last_success_at": now,
        "failures": 0,
        "failing_since_at": None,
        "reason": None,
        "detail": None,
        "validators_url": outcome.validators.url,
        "etag": outcome.validators.etag,
        "last_modified": outcome.validators.last_modified,
        "moved_to": outcome.moved_to,
    }
    if isinstance(outcome, Updated):
        feed = outcome.feed
        values |= {
            "body_digest": outcome.body_digest,
            "title": feed.title,
            "link": feed.link,
            "language": feed.language,
            "image": feed.image,
            "rhythm": feed.rhythm,
            "hubs": feed.hubs,
            "problems": feed.problems,
            "arrivals": arrivals,
        }
        if counts.added:
            values["last_new_at"] = now
    return values


def _history_row(claim: Claim, outcome: Outcome, counts: Counts, now: datetime) -> dict[str, object]:
    failed = outcome if isinstance(outcome, Failed) else None
    return {
        "source_id": claim.source_id,
        "fetched_at": now,
        "outcome": type(outcome).__name__.lower(),
        "reason": failed.reason.value if failed else None,
        "detail": failed.detail if failed else None,
        "status": outcome.exchange.status,
        "wire_bytes": outcome.exchange.wire_bytes,
        "milliseconds": round(outcome.exchange.elapsed.total_seconds() * 1000),
        "entries": counts.entries,
        "added": counts.added,
        "changed": counts.changed,
    }


def drop_leases(connection: Connection) -> int:
    """Take every lease back, its attempt still counted: only when no other worker is alive. Returns how many there
    were."""
    statement = update(sources).where(sources.c.lease_token.is_not(None))
    return connection.execute(statement.values(lease_token=None, lease_until=None)).rowcount


def count_due(connection: Connection, now: datetime) -> int:
    """How many sources are due."""
    due = select(func.count()).where(sources.c.removed_at.is_(None), sources.c.next_fetch_at <= now)
    return connection.scalar(due) or 0


def forget_old_fetches(connection: Connection) -> int:
    """Keep the last FETCHES_KEPT polls of each source; returns how many rows went."""
    newer = fetches.alias("newer")
    rank = (
        select(func.count())
        .where(newer.c.source_id == fetches.c.source_id, newer.c.id > fetches.c.id)
        .scalar_subquery()
    )
    return connection.execute(delete(fetches).where(rank >= FETCHES_KEPT)).rowcount
