"""Which sources are due, and who is at them. Which there are is in `sources`, how each fetch of them ended in `polls`.

A claim is a lease with a fencing token. Whoever comes back after its lease has been given to another finds that its
token no longer matches, and writes nothing.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Integer, bindparam, delete, false, func, select, true, update
from sqlalchemy.sql.dml import ReturningUpdate

from aggregator.outcome import Move, Reason, Validators, Why
from aggregator.standing import Before, Standing
from aggregator.store.columns import Instant, among
from aggregator.store.locks import Lock, wait_for
from aggregator.store.schema import hosts, sources
from feeds.model import Rhythm


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
    first = connection.scalar(_FIRST_DUE)
    if first is None or first > now:
        return ()
    wait_for(connection, Lock.CLAIMING)
    token = uuid4()
    given = {
        "now": now,
        "not_idle_before": now + floor,
        "looked_at": limit * 4,  # enough to choose from; ranking all that is due would cost more the more there is
        "most": limit,
        "per_host": per_host,
        "token": token,
        "until": now + lease,
        **({"only": only} if only else {}),
    }
    return tuple(_claim(row, token) for row in connection.execute(_claim_statement(named=bool(only)), given))


# Most of the time nothing is due. To plan the claim takes PostgreSQL 0.4 ms, more the more it knows of the table; this
# is planned once. It has no parameter: where a third of all could be due PostgreSQL would look through the table.
_FIRST_DUE = select(func.min(sources.c.next_fetch_at)).where(sources.c.removed_at.is_(None))


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
        "id", "address", "kind", "host", "attempts", "validators_url", "etag", "last_modified",
        "body_digest", "rhythm", "arrivals", "failures", "moved_to", "moved_since_at", "moved_polls", "learnt_address",
        "last_document_at", "memory", "standing", "failing_since_at", "last_new_at",
    )
)  # fmt: skip


def _claim(row: Sequence[Any], token: UUID) -> Claim:
    (id_, address, kind, host, attempts, url, etag, modified, digest, rhythm, arrivals, failures,
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


def try_again(connection: Connection, reasons: Collection[Reason], now: datetime) -> int:
    """Make due what fails for one of these reasons; returns how many. A host's hold stands."""
    c = sources.c
    failing = update(sources).where(c.removed_at.is_(None), c.failures > 0, c.next_fetch_at > now)
    failing = failing.where(c.reason.in_([reason.value for reason in reasons]))
    return connection.execute(failing.values(next_fetch_at=now)).rowcount if reasons else 0


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


def held(connection: Connection, claims: Iterable[Claim]) -> frozenset[tuple[int, UUID]]:
    """The leases on the sources of these claims, by source and token: a claim that is among them is still ours.

    Their rows are locked until the transaction ends, so that it stays so.
    """
    claimed = {claim.source_id for claim in claims}
    leases = select(sources.c.id, sources.c.lease_token).where(among(connection, sources.c.id, claimed))
    rows = connection.execute(leases.order_by(sources.c.id).with_for_update())
    return frozenset((id_, token) for id_, token in rows)


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
