"""How each fetch of a source ended: health, validators, the history of polls, and the hosts that hold us off."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Update,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    select,
    update,
)

from aggregator.outcome import Failed, Move, Outcome, Reason, Unchanged, Updated, Why
from aggregator.standing import Transition, judge
from aggregator.store import days, transitions
from aggregator.store.claims import Claim
from aggregator.store.columns import Instant, among, insert_into
from aggregator.store.schema import fetches, hosts, sources
from feeds.model import Rhythm

ARRIVALS_KEPT = 20  # enough for a median gap that one burst does not move
FETCHES_KEPT = 50  # a source; the status page's success rate looks at as many
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a document held: entries in it, those that were new to us, those whose text had changed."""

    entries: int = 0
    added: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a poll ended, and what is to be written down of it.

    why_then  of next_fetch_at
    held      why what it brought is held from publishing; None if it is not
    """

    claim: Claim
    outcome: Outcome
    counts: Counts
    arrivals: tuple[datetime, ...]
    move: Move
    next_fetch_at: datetime
    why_then: Why | None = None
    held: str | None = None


def record(connection: Connection, ended: Sequence[Ended], now: datetime) -> None:
    """Write down how polls ended, and let their sources go. Each source once.

    Must be in the transaction that stores the entries, for a validator vouches for them; and after `claims.held`.
    """
    alike: dict[tuple[bool, tuple[str, ...]], list[dict[str, object]]] = defaultdict(list)
    changes: list[tuple[int | None, Transition]] = []
    for one in ended:
        over = _has_ended(one)
        values, changed = _values(one, now, over=over)
        alike[isinstance(one.outcome, Failed) or over, tuple(values)].append(
            {"row": one.claim.source_id, "now": now, **values}
        )
        changes += [(one.claim.source_id, change) for change in changed]
    for (troubled, names), rows in alike.items():
        connection.execute(_update(names, troubled=troubled), rows)
    transitions.add(connection, changes, now)
    for one in ended:
        if isinstance(one.outcome, Failed) and one.outcome.reason is Reason.RATE_LIMITED and one.claim.host:
            _hold(connection, one.claim.host, one.next_fetch_at)
    history = [_history_row(one, now) for one in ended]
    if history:
        connection.execute(_HISTORY, history)
        days.count(connection, history)


_HISTORY = insert(fetches)


def _values(one: Ended, now: datetime, *, over: bool) -> tuple[dict[str, object], tuple[Transition, ...]]:
    """What to write into the row of the source, but for what `_update` computes; and what has changed about it."""
    claim, outcome = one.claim, one.outcome
    if isinstance(outcome, Failed):
        values: dict[str, object] = {"reason": outcome.reason.value, "detail": outcome.detail}
    else:
        values = _after_success(outcome, one, now, over=over)
    standing, changes = judge(
        claim.before,
        outcome,
        added=one.counts.added,
        arrivals=one.arrivals,
        ended=over,
        moved_to=one.move.learnt,
        held=one.held,
        now=now,
    )
    values |= {
        "last_fetch_at": now,
        "next_fetch_at": one.next_fetch_at,
        "why_then": one.why_then.value if one.why_then else None,
        "lease_token": None,
        "lease_until": None,
        "attempts": _attempts_after(claim, outcome),
        "moved_to": one.move.to,
        "moved_since_at": one.move.since,
        "moved_polls": one.move.polls,
        "learnt_address": one.move.learnt,
        "standing": standing.value,
    }
    return values, changes


@cache  # building it anew takes 0.3 ms, twice what it costs to store that nothing is new
def _update(names: tuple[str, ...], *, troubled: bool) -> Update:
    """Of one source. `troubled`: it failed, which is counted, or has ended; that began now, if it had not before."""
    c = sources.c
    computed: dict[str, ColumnElement[Any]] = {}
    if troubled:
        computed["failing_since_at"] = func.coalesce(c.failing_since_at, bindparam("now", type_=Instant))
        if "failures" not in names:
            computed["failures"] = c.failures + 1
    given: dict[str, ColumnElement[Any]] = {name: bindparam(name) for name in names}
    return update(sources).where(c.id == bindparam("row")).values(given | computed)


def _has_ended(one: Ended) -> bool:
    """It was read without fault, and says that nothing will follow."""
    return not isinstance(one.outcome, Failed) and _rhythm(one.claim, one.outcome).ended


def _rhythm(claim: Claim, outcome: Outcome) -> Rhythm:
    return outcome.feed.rhythm if isinstance(outcome, Updated) else claim.rhythm


def _attempts_after(claim: Claim, outcome: Outcome) -> int:
    """None, but for a source that workers died at: the next time one death is enough, not as many as before."""
    died = isinstance(outcome, Failed) and outcome.reason is Reason.PARSER_DIED
    return max(claim.attempts - 2, 0) if died else 0


def _after_success(outcome: Unchanged | Updated, one: Ended, now: datetime, *, over: bool) -> dict[str, object]:
    values: dict[str, object] = {
        "last_success_at": now,
        "failures": 0,
        "reason": None,
        "detail": None,
        "validators_url": outcome.validators.url,
        "etag": outcome.validators.etag,
        "last_modified": outcome.validators.last_modified,
    }
    if outcome.exchange.status != NOT_MODIFIED:
        values["last_document_at"] = now
    if isinstance(outcome, Updated):
        feed = outcome.feed
        values |= {
            "body_digest": outcome.body_digest,
            "memory": outcome.memory,
            "title": feed.title,
            "link": feed.link,
            "language": feed.language,
            "image": feed.image,
            "rhythm": feed.rhythm,
            "hubs": feed.hubs,
            "problems": feed.problems,
            "arrivals": one.arrivals,
        }
        if one.counts.added:
            values["last_new_at"] = now
    if over:  # as good as gone, and shown so
        return values | {"reason": Reason.GONE.value, "detail": "the feed says that it has ended: `expired` is true"}
    return values | {"failing_since_at": None}


def _history_row(one: Ended, now: datetime) -> dict[str, object]:
    outcome, counts = one.outcome, one.counts
    failed = outcome if isinstance(outcome, Failed) else None
    return {
        "source_id": one.claim.source_id,
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


def _hold(connection: Connection, host: str, until: datetime) -> None:
    """Nobody goes to this host before then, whichever source or command asks for it; a longer hold stands."""
    held = insert_into(hosts, database=connection.dialect.name).values(host=host, held_until=until)
    longer = held.on_conflict_do_update(
        index_elements=[hosts.c.host], set_={"held_until": until}, where=hosts.c.held_until < until
    )
    connection.execute(longer)
    others = update(sources).where(sources.c.host == host, sources.c.next_fetch_at < until)
    connection.execute(others.values(next_fetch_at=until, why_then=Why.RETRY_AFTER.value))


def forgive(connection: Connection, source_ids: Sequence[int], next_fetch_at: datetime) -> None:
    """Take back the last failure of sources, which was ours: as if they had not been asked, and soon to be."""
    first = sources.c.failures <= 1
    forgiven = {
        "failures": sources.c.failures - 1,
        **{name: case((first, null()), else_=sources.c[name]) for name in ("failing_since_at", "reason", "detail")},
        "next_fetch_at": next_fetch_at,
        "why_then": Why.OFFLINE.value,
    }
    inside = among(connection, sources.c.id, source_ids)
    connection.execute(update(sources).where(inside, sources.c.failures > 0).values(forgiven))


def forget_old_fetches(connection: Connection) -> int:
    """Keep the last FETCHES_KEPT polls of each source; returns how many rows went."""
    newer = fetches.alias("newer")
    rank = (
        select(func.count())
        .where(newer.c.source_id == fetches.c.source_id, newer.c.id > fetches.c.id)
        .scalar_subquery()
    )
    return connection.execute(delete(fetches).where(rank >= FETCHES_KEPT)).rowcount
