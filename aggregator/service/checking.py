"""`check --online`: every source asked once, as politely as always, and what is to be done about each.

The polls are those of `ingest`: conditional, one host at a time, nothing within `fetch.floor` of the last, nobody who
holds us off. So what is known already counts, and what is found is stored.
"""

import asyncio
import signal
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from aggregator.config.redaction import public_url, redacted, shown_address
from aggregator.config.settings import Settings, SourceSettings
from aggregator.errors import DatabaseError
from aggregator.ingest.worker import Polled, Worker
from aggregator.outcome import Reason
from aggregator.publish.words import quoted
from aggregator.store import claims, soundness
from aggregator.store.clock import clock_of
from aggregator.store.engine import reading, writing
from aggregator.store.soundness import Soundness
from feeds.parse.claims import ONE_GUID

STALE_AFTER = timedelta(days=365)
ALIKE = 0.8  # of the newest entries of two sources, for one to be the other under another address
FEW = 3  # entries, of which nothing can be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about one source.

    what     moved, gone, failing, empty, duplicate, unchecked; stale, undated, guids
    problem  whether somebody should do something about it: the last three are as the publisher likes it
    since    when it began; None where it is not known
    """

    what: str
    address: str
    line: int
    message: str
    problem: bool
    since: datetime | None = None


def ask(engine: Engine, settings: Settings) -> int:
    """Make due what may be asked now; returns how many sources are."""
    now = clock_of(engine)()
    with writing(engine) as connection:
        soundness.bring_forward(connection, now, not_since=now - settings.fetch.floor)
        return claims.count_due(connection, now)


async def poll(engine: Engine, settings: Settings, *, watch: Callable[[Polled], None]) -> int:
    """Poll all that is due, without merging; returns how many polls there were. SIGTERM ends it early, cleanly.

    raises  DatabaseError
    """
    try:
        async with Worker(engine, settings, watch=watch) as worker:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, worker.stop)
            return await worker.drain()
    except DBAPIError as error:
        raise DatabaseError(f"the database failed: {error.orig}; run it again when that is mended") from error


def findings(engine: Engine, settings: Settings, *, grace: timedelta) -> tuple[Finding, ...]:
    """What there is to say of the sources, in the order of the file."""
    now = clock_of(engine)()
    with reading(engine) as connection:
        known = soundness.soundness(connection, now)
    listed = {source.address: source for source in settings.sources}
    found = [
        one for source in known if source.address in listed for one in judge(source, listed[source.address], now, grace)
    ]
    found += duplicates([source for source in known if source.address in listed], listed)
    return tuple(sorted(found, key=lambda one: (one.line, not one.problem, one.what)))


def judge(known: Soundness, source: SourceSettings, now: datetime, grace: timedelta) -> Iterator[Finding]:
    """What there is to say of one source. Pure.

    grace  a failure that is not older than this is told, but is no problem
    """

    def say(what: str, message: str, *, problem: bool = True, since: datetime | None = None) -> Finding:
        address = shown_address(source.address, source)
        return Finding(what=what, address=address, line=source.line, message=message, problem=problem, since=since)

    if known.last_fetch_at is None:
        reason = "its host holds us off; nothing was asked" if known.held else "it could not be asked now; try again"
        yield say("unchecked", reason, problem=False)
        return
    if known.reason is not None:
        since = known.failing_since_at
        what = "gone" if known.reason is Reason.GONE else "failing"
        detail = redacted(known.detail, source) if known.detail else known.reason.value
        lasting = since is None or now - since >= grace
        place = f"line {source.line} of config.yaml" if source.line else "config.yaml"
        advice = known.reason.advised(address=quoted(shown_address(source.address, source)), place=place)
        yield say(what, f"{detail}. {advice}", problem=lasting, since=since)
        return
    if known.leads_to:
        target = public_url(redacted(known.leads_to, source)) or "an address that is not shown"
        yield say("moved", f"for good to {target}; edit this line")
    entries = known.entries
    if entries.total == 0:
        yield say("empty", "the feed has no entries; is it the right one?")
    if known.newest is not None and now - known.newest > STALE_AFTER:
        yield say("stale", f"its newest entry is of {known.newest:%Y-%m-%d}", problem=False, since=known.newest)
    if entries.undated * 2 > entries.total:
        yield say("undated", f"{entries.undated} of {entries.total} entries have no date; ours is used", problem=False)
    if entries.unidentified:
        message = (
            f"{entries.unidentified} of {entries.total} entries share a guid; they are told apart by address and title"
        )
        yield say("guids", message, problem=False)
    elif ONE_GUID in known.problems:
        yield say("guids", ONE_GUID, problem=False)


def duplicates(known: Iterable[Soundness], listed: dict[str, SourceSettings]) -> Iterator[Finding]:
    """The sources that are another one under a second address: the later of two in the file is told. Pure."""
    by_key: dict[int | bytes, list[Soundness]] = {}
    for one in sorted(known, key=lambda one: listed[one.address].line):
        alike = next(
            (
                other
                for key in (one.digest, *one.entries.keys)
                if key is not None
                for other in by_key.get(key, ())
                if same(one, other)
            ),
            None,
        )
        if alike is not None:
            source, first = listed[one.address], listed[alike.address]
            yield Finding(
                what="duplicate",
                address=shown_address(one.address, source),
                line=source.line,
                message=f"has the same entries as {shown_address(alike.address, first)} in line {first.line}; keep one",
                problem=True,
            )
        for key in (one.digest, *one.entries.keys):
            if key is not None:
                by_key.setdefault(key, []).append(one)


def same(one: Soundness, other: Soundness) -> bool:
    """Whether two sources are the same feed: the same bytes, or nearly the same newest entries."""
    if one.digest is not None and one.digest == other.digest:
        return True
    together = one.entries.keys | other.entries.keys
    return len(together) >= FEW and len(one.entries.keys & other.entries.keys) >= ALIKE * len(together)
