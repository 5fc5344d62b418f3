"""How each fetch of a source ended: health, validators, the history of polls, and the hosts that hold us off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

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
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.outcome import Failed, Move, Outcome, Reason, Updated, Why
from aggregator.standing import judge
from aggregator.store import days, transitions
from aggregator.store.claims import Claim
from aggregator.store.columns import among
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


def record(
    connection: Connection,
    claim: Claim,
    outcome: Outcome,
    *,
    counts: Counts,
    arrivals: tuple[datetime, ...],
    move: Move,
    next_fetch_at: datetime,
    now: datetime,
    why_then: Why | None = None,
    held: str | None = None,
) -> None:
    """Write down how a fetch ended, and let the source go.

    Must be in the transaction that stores the entries, for a validator vouches for them; and after `holds`.

    why_then  of next_fetch_at
    held      why what it brought is held from publishing; None if it is not
    """
    ended = not isinstance(outcome, Failed) and _rhythm(claim, outcome).ended
    if isinstance(outcome, Failed):
        values = _after_failure(outcome, now)
    else:
        values = _after_success(outcome, arrivals, counts, now) | (_after_the_end(now) if ended else {})
    standing, changes = judge(
        claim.before,
        outcome,
        added=counts.added,
        arrivals=arrivals,
        ended=ended,
        moved_to=move.learnt,
        held=held,
        now=now,
    )
    values |= {
        "last_fetch_at": now,
        "next_fetch_at": next_fetch_at,
        "why_then": why_then.value if why_then else None,
        "lease_token": None,
        "lease_until": None,
        "attempts": _attempts_after(claim, outcome),
        "moved_to": move.to,
        "moved_since_at": move.since,
        "moved_polls": move.polls,
        "learnt_address": move.learnt,
        "standing": standing.value,
    }
    _write(connection, claim.source_id, values)
    transitions.add(connection, claim.source_id, changes, now)
    if isinstance(outcome, Failed) and outcome.reason is Reason.RATE_LIMITED and claim.host:
        _hold(connection, claim.host, next_fetch_at)
    row = _history_row(claim, outcome, counts, now)
    connection.execute(insert(fetches), row)
    days.count(connection, row)


def _write(connection: Connection, source_id: int, values: dict[str, object]) -> None:
    computed = {name: value for name, value in values.items() if isinstance(value, ColumnElement)}
    plain = {name: value for name, value in values.items() if name not in computed}
    statement = _update(tuple(plain))
    connection.execute(statement.values(computed) if computed else statement, {"row": source_id, **plain})


@cache  # building it anew takes 0.3 ms, a third of what it costs to store that nothing is new
def _update(names: tuple[str, ...]) -> Update:
    return update(sources).where(sources.c.id == bindparam("row")).values({name: bindparam(name) for name in names})


def _rhythm(claim: Claim, outcome: Outcome) -> Rhythm:
    return outcome.feed.rhythm if isinstance(outcome, Updated) else claim.rhythm


def _attempts_after(claim: Claim, outcome: Outcome) -> int:
    """None, but for a source that workers died at: the next time one death is enough, not as many as before."""
    died = isinstance(outcome, Failed) and outcome.reason is Reason.PARSER_DIED
    return max(claim.attempts - 2, 0) if died else 0


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
            "arrivals": arrivals,
        }
        if counts.added:
            values["last_new_at"] = now
    return values


def _after_the_end(now: datetime) -> dict[str, object]:
    """Read without fault, and the last of it: the source is as good as gone, and shown so."""
    return {
        "reason": Reason.GONE.value,
        "detail": "the feed says that it has ended: `expired` is true",
        "failing_since_at": func.coalesce(sources.c.failing_since_at, now),
    }


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


def _hold(connection: Connection, host: str, until: datetime) -> None:
    """Nobody goes to this host before then, whichever source or command asks for it; a longer hold stands."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    held = dialect.insert(hosts).values(host=host, held_until=until)
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
