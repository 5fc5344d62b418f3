"""When to come back to a source. Pure: what happened and the time go in, an instant comes out.

    own rhythm, or `every`          how often the source is worth asking
      ≥ what it asked for           max-age, Expires, ttl, sy:updatePeriod; and `unconditional` without validators
      × 2 for every failure         then the Retry-After of its host
      + jitter, upward              so that sources which were added together drift apart
      → out of skipHours, skipDays

The ceiling ends all of it but a Retry-After and 410 Gone: no source can talk us into never coming back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from aggregator.config.settings import FetchSettings
from aggregator.outcome import Hints, Reason, Why
from feeds.model import Rhythm

POLLS_PER_GAP = 2.5  # between two and three polls for each arrival: half of the gap late at the worst
SILENCE_SHARE = 8  # a feed that has been silent for 8 days is asked once a day, whatever it did before
ARRIVALS_COUNTED = 20
JITTER = 0.1
HOUR = timedelta(hours=1)
NO_RHYTHM = Rhythm()
PATIENCE = 3  # times that reading may cost too much, one after the other, before a source is put aside
GONE = timedelta(days=30)  # 410: one more look, in case it was a mistake

# A host that is overloaded or refuses us is left alone for an hour at the least, if it does not say for how long.
_WANTS_REST = frozenset({Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.CHALLENGE, Reason.DENIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a source, this poll included.

    every        the interval that the user fixed; None is `auto`
    arrivals     when its newest entries appeared, newest first; may be empty
    failures     polls that failed in a row; 0 after a good one
    reason       why this poll failed; None if it did not
    conditional  whether the source gives validators
    """

    every: timedelta | None = None
    rhythm: Rhythm = NO_RHYTHM
    arrivals: tuple[datetime, ...] = ()
    failures: int = 0
    reason: Reason | None = None
    conditional: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """When to fetch a source again, and why then."""

    at: datetime
    why: Why


def next_fetch_at(history: History, hints: Hints, settings: FetchSettings, now: datetime, *, spread: float) -> datetime:
    """When to fetch this source again: not sooner than it publishes, nor than it asked us to.

    spread   in [0, 1): where in the jitter it falls
    returns  within [now + floor, now + ceiling]; later only for Retry-After and 410, and then by 10 % at the most
    """
    return next_fetch(history, hints, settings, now, spread=spread).at


def next_fetch(history: History, hints: Hints, settings: FetchSettings, now: datetime, *, spread: float) -> Next:
    """The same, with the reason."""
    asked, why_asked = _asked_for(history, hints)
    wait, why = _interval(history, hints, settings, now)
    wait = max(wait, settings.floor) * (1 + JITTER * spread)
    if wait > settings.ceiling:
        wait, why = max(settings.ceiling, settings.floor), why if history.reason else Why.CEILING
    if asked * (1 + JITTER * spread) > wait:
        wait, why = asked * (1 + JITTER * spread), why_asked
    latest = now + max(settings.ceiling, wait)
    at = min(_allowed(now + wait, history.rhythm, spread), latest)
    return Next(at=at, why=why if at == now + wait else Why.SKIPPED)


def _asked_for(history: History, hints: Hints) -> tuple[timedelta, Why]:
    """What no ceiling shortens."""
    gone = GONE if history.reason is Reason.GONE or history.rhythm.ended else timedelta()
    retry_after = hints.retry_after or timedelta()
    return (gone, Why.GONE) if gone >= retry_after else (retry_after, Why.RETRY_AFTER)


def _interval(history: History, hints: Hints, settings: FetchSettings, now: datetime) -> tuple[timedelta, Why]:
    if history.every is not None:
        interval, why = history.every, Why.EVERY
    else:
        interval = own_rhythm(history.arrivals, settings, now)
        why = Why.RHYTHM if history.arrivals else Why.NEW
    if history.reason is not None:
        put_aside = history.reason is Reason.PARSER_DIED and history.failures >= PATIENCE
        waiting = _backoff(history, hints, max(interval, settings.floor), settings)
        return waiting, Why.PUT_ASIDE if put_aside else Why.FAILING
    wishes = [(interval, why), (hints.fresh_for, Why.FRESH), (history.rhythm.interval, Why.ASKED)]
    if not history.conditional:
        wishes.append((settings.unconditional, Why.UNCONDITIONAL))
    return max(((wish, why) for wish, why in wishes if wish is not None), key=lambda wish: wish[0])


def own_rhythm(arrivals: Sequence[datetime], settings: FetchSettings, now: datetime) -> timedelta:
    """How often a source is worth asking, judged by when its entries appeared: newest first, may be empty."""
    if not arrivals:
        return settings.default
    silence = max(now - arrivals[0], timedelta()) / SILENCE_SHARE
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(arrivals[:ARRIVALS_COUNTED])]
    usual = timedelta(seconds=median(gaps) / POLLS_PER_GAP) if gaps else settings.default
    return min(max(usual, silence, settings.floor), settings.ceiling)


def _backoff(history: History, hints: Hints, normal: timedelta, settings: FetchSettings) -> timedelta:
    if history.reason is Reason.PARSER_DIED and history.failures >= PATIENCE:
        return settings.ceiling  # the same document would cost the same again; once or twice the machine was to blame
    doublings = min(max(history.failures, 1), 20)  # 2^20 floors are 30 years; many more do not fit into a timedelta
    wait = normal * (1 << doublings)
    if history.reason in _WANTS_REST and hints.retry_after is None:
        wait = max(wait, HOUR)
    if not history.conditional and history.arrivals:  # one that never answered may be asked again sooner
        wait = max(wait, settings.unconditional)
    return wait


def _allowed(at: datetime, rhythm: Rhythm, spread: float) -> datetime:
    """The first instant from `at` on that is in no hour and no day that the source wants to be spared (in GMT)."""
    at = at.astimezone(UTC)
    if not _skipped(at, rhythm):
        return at
    hour = at.replace(minute=0, second=0, microsecond=0)
    for later in range(1, 24 * 7 + 1):
        if not _skipped(hour + later * HOUR, rhythm):
            return hour + (later + spread) * HOUR  # not all of them at the full hour
    return at


def _skipped(at: datetime, rhythm: Rhythm) -> bool:
    return at.hour in rhythm.skip_hours or at.weekday() in rhythm.skip_days
