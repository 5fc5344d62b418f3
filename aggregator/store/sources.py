"""The sources: which there are, which are due, and who is at them. How each fetch of them ended is in `polls`.

A claim is a lease with a fencing token. Whoever comes back after its lease has been given to another finds that its
token no longer matches, and writes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Connection, Integer, Row, bindparam, delete, false, func, insert, select, true, update
from sqlalchemy.sql.dml import ReturningUpdate

from aggregator.outcome import Move, Reason, Validators, Why
from aggregator.standing import Before, Standing
from aggregator.store.columns import Instant
from aggregator.store.locks import Lock, wait_for
from aggregator.store.schema import categories, hosts, source_categories, sources
from feeds.kinds import KINDS
from feeds.model import Rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source as config.yaml lists it.

    slugs    its categories with all their ancestors and `all`
    reading  a digest of how its documents are to be read: where that changes, the next one is read whatever it is
    """

    address: str
    kind: str
    slugs: tuple[str, ...]
    reading: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A due source that is ours until `lease_until`, with all that is needed to fetch it politely.

    attempts          claims since an outcome was recorded, this one included: over 1 means that a worker died at it
    last_document_at  when an answer last brought a document, not a 304; None if none ever did
    memory            which entries that document had; b"" if the next one must be read in full
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
    move: Move
    last_document_at: datetime | None
    memory: bytes = b""
    standing: Standing = Standing.WELL
    failing_since_at: datetime | None = None
    last_new_at: datetime | None = None

    @property
    def before(self) -> Before:
        """How it stood when it was claimed."""
        return Before(
            standing=self.standing,
            failures=self.failures,
            failing_since=self.failing_since_at,
            last_new_at=self.last_new_at,
            moved_to=self.move.learnt,
        )

    @property
    def fetched_before(self) -> bool:
        """Whether there is a distance to keep; a first fetch that was interrupted goes on at once (decision 7)."""
        return self.failures > 0 or self.last_document_at is not None


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
    known = {row.address: row for row in connection.execute(select(c.id, c.address, c.removed_at, c.reading))}
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
    _read_anew(connection, ((row, wanted[address].reading) for address, row in known.items() if address in wanted))
    changed = _file_sources(connection, wanted)
    return tuple(sorted(changed & {row.id for row in known.values()}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the database knows of a source that is in force, as far as config.yaml decides it."""

    kind: str
    reading: bytes
    slugs: frozenset[str]


def recorded(connection: Connection) -> dict[str, Recorded]:
    """Every source that is in force, by its address."""
    filed: dict[int, set[str]] = {}
    rows = select(source_categories.c.source_id, categories.c.slug).join(categories)
    for source_id, slug in connection.execute(rows):
        filed.setdefault(source_id, set()).add(slug)
    c = sources.c
    known = connection.execute(select(c.id, c.address, c.kind, c.reading).where(c.removed_at.is_(None)))
    return {
        row.address: Recorded(kind=row.kind, reading=row.reading, slugs=frozenset(filed.get(row.id, ())))
        for row in known
    }


def addresses(connection: Connection) -> frozenset[str]:
    """The addresses of all sources that are in force."""
    return frozenset(connection.scalars(select(sources.c.address).where(sources.c.removed_at.is_(None))))


def _read_anew(connection: Connection, readings: Iterable[tuple[Row[*tuple[Any, ...]], bytes]]) -> None:
    """Forget what the last document of a source was, where its documents are to be read otherwise than before."""
    forgotten = dict.fromkeys(("validators_url", "etag", "last_modified", "body_digest", "memory"))
    changed = [(row, {"row": row.id, "wanted": reading}) for row, reading in readings if row.reading != reading]
    for known, values in ((True, forgotten), (False, {})):  # not known: written by a version that did not say
        if rows := [parameters for row, parameters in changed if bool(row.reading) is known]:
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
        "added_at": now,
        "next_fetch_at": now,
    }


def host_of(source: Listed) -> str:
    """Whom a fetch of this source burdens: one request at a time goes there; "" for a file, which burdens nobody."""
    if source.kind == "file":
        return ""
    (place, *_) = KINDS[source.kind].locate(source.address, ()) or ("",)
    return urlsplit(place).hostname or source.kind


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
    connection: Connection,
    *,
    now: datetime,
    limit: int,
    per_host: int,
    lease: timedelta,
    floor: timedelta = timedelta(),
    only: str | None = None,
) -> tuple[Claim, ...]:
    """Take up to `limit` due sources, oldest first, of hosts that nobody is at and that hold nobody off.

    Counts the attempt.

    One statement, so that two workers never take the same source: on PostgreSQL rows that another is writing are passed
    over (SKIP LOCKED); SQLite has one writer at a time and leaves the clause out. That nobody else is at a host, a
    statement cannot see that began before the other's commit; so claims are made one after the other.

    per_host  of each host so many at the most, so that one host with many feeds does not keep the others waiting
    floor     the end of every lease: nobody is at the host any more, but may have asked a moment before
    only      the address of the one source to look at
    """
    wait_for(connection, Lock.CLAIMING)
    given = {
        "now": now,
        "not_idle_before": now + floor,
        "looked_at": limit * 4,  # enough to choose from; ranking all that is due would cost more the more there is
        "most": limit,
        "per_host": per_host,
        "token": uuid4(),
        "until": now + lease,
        **({"only": only} if only else {}),
    }
    return tuple(_claim(row) for row in connection.execute(_claim_statement(named=bool(only)), given))


@cache  # building it takes ten times as long as SQLite needs to find that nothing is due: 2.0 ms of a tick's 2.4
def _claim_statement(*, named: bool) -> ReturningUpdate[Any]:
    now = bindparam("now", type_=Instant)
    busy = sources.alias("busy")
    host_is_busy = (
        select(busy.c.id)
        .where(busy.c.host == sources.c.host, busy.c.host != "")
        .where(busy.c.lease_token.is_not(None), busy.c.lease_until > bindparam("not_idle_before", type_=Instant))
        .exists()
    )
    host_is_held = select(hosts.c.host).where(hosts.c.host == sources.c.host, hosts.c.held_until > now).exists()
    free = sources.c.lease_until.is_(None) | (sources.c.lease_until <= now)
    head = (
        select(sources.c.id, sources.c.host, sources.c.next_fetch_at)
        .where(sources.c.removed_at.is_(None), sources.c.next_fetch_at <= now)
        .where(free, ~host_is_busy, ~host_is_held, sources.c.address == bindparam("only") if named else true())
        .order_by(sources.c.next_fetch_at, sources.c.id)
        .limit(bindparam("looked_at", type_=Integer))
        .subquery("head")
    )
    of_its_host = func.row_number().over(partition_by=head.c.host, order_by=(head.c.next_fetch_at, head.c.id))
    ranked = select(head.c.id, head.c.host, of_its_host.label("of_its_host")).subquery("ranked")
    due = (
        select(sources.c.id)
        .join(ranked, ranked.c.id == sources.c.id)
        .where((ranked.c.of_its_host <= bindparam("per_host")) | (ranked.c.host == ""))
        .order_by(sources.c.next_fetch_at, sources.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True, of=sources)
        .cte("due")
    )
    return (
        update(sources)
        .where(sources.c.id.in_(select(due.c.id)))
        .values(lease_token=bindparam("token"), lease_until=bindparam("until"), attempts=sources.c.attempts + 1)
        .returning(*_CLAIM_COLUMNS)
    )


_CLAIM_COLUMNS = tuple(
    sources.c[name]
    for name in (
        "id", "address", "kind", "host", "lease_token", "attempts", "validators_url", "etag", "last_modified",
        "body_digest", "rhythm", "arrivals", "failures", "moved_to", "moved_since_at", "moved_polls", "learnt_address",
        "last_document_at", "memory", "standing", "failing_since_at", "last_new_at",
    )
)  # fmt: skip


def _claim(row: Sequence[Any]) -> Claim:
    (id_, address, kind, host, token, attempts, url, etag, modified, digest, rhythm, arrivals, failures,
     moved_to, moved_since_at, moved_polls, learnt_address, last_document_at, memory,
     standing, failing_since_at, last_new_at) = row  # fmt: skip
    return Claim(
        source_id=id_,
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
        move=Move(to=moved_to, since=moved_since_at, polls=moved_polls, learnt=learnt_address),
        last_document_at=last_document_at,
        memory=memory or b"",
        standing=Standing(standing),
        failing_since_at=failing_since_at,
        last_new_at=last_new_at,
    )


def make_due(connection: Connection, now: datetime, *, address: str | None = None) -> int:
    """Bring sources' next fetch forward to now: one of them, or all; returns how many. A host's hold stands.

    The one that is named is given a new chance, too, if workers died at it: whoever names it knows.
    """
    statement = update(sources).where(sources.c.removed_at.is_(None), sources.c.next_fetch_at > now)
    if address is not None:
        statement = statement.where(sources.c.address == address)
        connection.execute(update(sources).where(sources.c.address == address).values(attempts=0))
    return connection.execute(statement.values(next_fetch_at=now)).rowcount


def unfreeze(connection: Connection, now: datetime, *, lease: timedelta, usual: timedelta, longest: timedelta) -> int:
    """Make due what waits for longer than anything could have asked for: the clock was wrong when that was written.

    lease    how long one lasts at the most: one that would go on for longer is cut, and its holder keeps it until then
    usual    how long a source waits at the most, unless it is gone or its host asked us to wait
    longest  how long those may wait
    """
    leased = update(sources).where(sources.c.lease_token.is_not(None), sources.c.lease_until > now + lease)
    connection.execute(leased.values(lease_until=now + lease))
    connection.execute(delete(hosts).where(hosts.c.held_until > now + longest))
    host_is_held = select(hosts.c.host).where(hosts.c.host == sources.c.host, hosts.c.held_until > now).exists()
    excused = host_is_held | sources.c.reason.in_((Reason.GONE.value, Reason.RATE_LIMITED.value))
    waits = sources.c.next_fetch_at
    frozen = (waits > now + longest) | ((waits > now + usual) & ~func.coalesce(excused, false()))
    statement = update(sources).where(sources.c.removed_at.is_(None), frozen)
    return connection.execute(statement.values(next_fetch_at=now)).rowcount


def release(
    connection: Connection, claims: Iterable[Claim], *, not_before: datetime | None = None, why_then: Why | None = None
) -> None:
    """Give claims back, the attempt not counted: due as before, or not before an instant, and why not."""
    for claim in claims:
        given = update(sources).where(sources.c.id == claim.source_id, sources.c.lease_token == claim.token)
        if why_then is not None:
            given = given.values(why_then=why_then.value)
        connection.execute(
            given.values(
                lease_token=None,
                lease_until=None,
                attempts=sources.c.attempts - 1,
                next_fetch_at=sources.c.next_fetch_at if not_before is None else not_before,
            )
        )


def holds(connection: Connection, claim: Claim) -> bool:
    """Whether a claim is still ours; the row is locked until the transaction ends, so that it stays so."""
    statement = select(sources.c.id).where(sources.c.id == claim.source_id, sources.c.lease_token == claim.token)
    return connection.scalar(statement.with_for_update()) is not None


def drop_leases(connection: Connection, now: datetime, *, floor: timedelta) -> int:
    """Take every lease back, the attempts still counted: only when no other worker is alive. Returns how many.

    The dead may have asked already. So a source that was fetched before waits as long as it would have waited after an
    answer; one that never was is due as it is.

    floor  what a lease goes on for after the last instant at which its source may have been asked
    """
    c = sources.c
    held = connection.execute(
        select(c.id, c.lease_until, c.last_fetch_at, c.next_fetch_at).where(c.lease_token.is_not(None))
    ).all()
    for id_, lease_until, last_fetch_at, next_fetch_at in held:
        asked = min(now, lease_until - floor)
        due = next_fetch_at if last_fetch_at is None else asked + max(next_fetch_at - last_fetch_at, floor)
        given = update(sources).where(c.id == id_)
        connection.execute(given.values(lease_token=None, lease_until=None, next_fetch_at=due))
    return len(held)


def count_due(connection: Connection, now: datetime) -> int:
    """How many sources are due."""
    due = select(func.count()).where(sources.c.removed_at.is_(None), sources.c.next_fetch_at <= now)
    return connection.scalar(due) or 0
