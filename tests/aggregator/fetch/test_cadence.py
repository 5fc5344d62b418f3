"""When to come back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import FetchSettings
from aggregator.fetch.cadence import GONE, History, next_fetch_at
from aggregator.outcome import Hints, Reason
from feeds.model import Rhythm

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)  # a Monday
SETTINGS = FetchSettings()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def wait(hints: Hints = Hints(), *, spread: float = 0.0, now: datetime = NOW, **history: Any) -> timedelta:
    return next_fetch_at(History(**history), hints, SETTINGS, now, spread=spread) - now


def every(gap: timedelta, *, since: timedelta = timedelta(), count: int = 20) -> tuple[datetime, ...]:
    return tuple(NOW - since - gap * number for number in range(count))


def test_a_source_without_history_is_fetched_every_hour() -> None:
    assert wait() == HOUR
    assert wait(arrivals=every(DAY, count=1)) == HOUR


@pytest.mark.parametrize("gap", [2 * HOUR, 5 * HOUR, 12 * HOUR, 24 * HOUR])
def test_an_auto_source_is_polled_two_or_three_times_for_each_arrival(gap: timedelta) -> None:
    assert gap / 3 <= wait(arrivals=every(gap)) <= gap / 2


def test_a_busy_source_is_not_polled_under_the_floor_nor_a_dead_one_over_the_ceiling() -> None:
    assert wait(arrivals=every(MINUTE)) == SETTINGS.floor
    assert wait(arrivals=every(30 * DAY)) == SETTINGS.ceiling


def test_a_source_that_falls_silent_drifts_to_the_ceiling() -> None:
    waits = [wait(arrivals=every(HOUR, since=silence)) for silence in (HOUR, DAY, 3 * DAY, 8 * DAY, 80 * DAY)]
    assert waits == sorted(waits)
    assert waits[0] < HOUR
    assert waits[-1] == SETTINGS.ceiling


def test_the_interval_that_the_user_fixed_counts() -> None:
    assert wait(every=2 * HOUR, arrivals=every(MINUTE)) == 2 * HOUR


def test_e14_no_interval_is_under_the_floor() -> None:
    assert wait(every=MINUTE) == SETTINGS.floor


def test_e13_a_source_without_validators_is_asked_less_often() -> None:
    assert wait(conditional=False) == SETTINGS.unconditional
    assert wait(conditional=False, every=6 * HOUR) == 6 * HOUR


def test_e17_thirty_days_at_an_hour_are_720_requests_and_no_gap_is_short() -> None:
    now, gaps = NOW, []
    for number in range(10_000):
        at = next_fetch_at(History(every=HOUR), Hints(), SETTINGS, now, spread=(number * 7 % 10) / 10)
        if at > NOW + 30 * DAY:
            break
        gaps.append(at - now)
        now = at
    assert len(gaps) <= 720
    assert min(gaps) >= HOUR
    assert max(gaps) <= 1.1 * HOUR


def test_e23_a_source_is_not_asked_while_its_answer_is_fresh() -> None:
    assert wait(Hints(fresh_for=12 * HOUR)) == 12 * HOUR
    assert wait(Hints(fresh_for=12 * HOUR), every=30 * MINUTE) == 12 * HOUR
    assert wait(Hints(fresh_for=MINUTE)) == HOUR


def test_e25_sixteen_years_of_freshness_end_at_the_ceiling() -> None:
    assert wait(Hints(fresh_for=16 * 365 * DAY)) == SETTINGS.ceiling


def test_e26_ttl_and_update_period_are_lower_bounds() -> None:
    assert wait(rhythm=Rhythm(interval=180 * MINUTE)) == 3 * HOUR
    assert wait(rhythm=Rhythm(interval=MINUTE)) == HOUR
    assert wait(rhythm=Rhythm(interval=timedelta(minutes=10**9))) == SETTINGS.ceiling


def test_e26_hours_and_days_to_skip_are_skipped() -> None:
    assert wait(rhythm=Rhythm(skip_hours=(13, 14, 15))) == 3.5 * HOUR
    tuesday = wait(now=NOW.replace(day=7, hour=22), rhythm=Rhythm(skip_days=(6,)))
    assert tuesday == HOUR  # Saturday 23:30, Sunday is skipped only when it has begun
    assert wait(now=NOW.replace(day=7, hour=23), rhythm=Rhythm(skip_days=(6,))) == SETTINGS.ceiling


def test_e26_whoever_wants_to_be_skipped_for_ever_is_not() -> None:
    assert wait(rhythm=Rhythm(skip_hours=tuple(range(24)))) <= SETTINGS.ceiling
    assert wait(rhythm=Rhythm(skip_days=tuple(range(7)))) <= SETTINGS.ceiling
    assert wait(rhythm=Rhythm(skip_days=(0, 1, 2))) == SETTINGS.ceiling


@pytest.mark.parametrize("reason", [Reason.MISSING, Reason.TIMEOUT, Reason.NOT_A_FEED, Reason.CONNECT])
def test_e33_a_failing_source_is_asked_half_as_often_each_time_up_to_the_ceiling(reason: Reason) -> None:
    waits = [wait(reason=reason, failures=failures) for failures in range(1, 8)]
    assert waits == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY, DAY]
    assert wait(reason=reason, failures=10**6) == DAY


@pytest.mark.parametrize("reason", [Reason.RATE_LIMITED, Reason.SERVER_ERROR])
def test_e20_a_host_that_is_overloaded_gets_an_hour_at_least(reason: Reason) -> None:
    waits = [wait(every=15 * MINUTE, reason=reason, failures=failures) for failures in range(1, 9)]
    assert waits[0] == HOUR
    assert waits == sorted(waits)
    assert waits[-1] == DAY


def test_e18_nothing_is_sent_before_retry_after() -> None:
    assert wait(Hints(retry_after=7200 * timedelta(seconds=1)), reason=Reason.RATE_LIMITED, failures=1) == 2 * HOUR
    assert wait(Hints(retry_after=MINUTE), every=15 * MINUTE, reason=Reason.RATE_LIMITED, failures=1) == 30 * MINUTE
    assert wait(Hints(retry_after=5 * DAY), reason=Reason.RATE_LIMITED, failures=1) == 5 * DAY


def test_e32_what_is_gone_is_looked_at_once_a_month() -> None:
    assert wait(reason=Reason.GONE, failures=1) == GONE


def test_x18_a_feed_that_has_ended_is_looked_at_once_a_month() -> None:
    assert wait(rhythm=Rhythm(ended=True)) == GONE


def test_n12_a_document_that_kills_its_reader_is_put_aside_after_three_times() -> None:
    assert wait(reason=Reason.PARSER_DIED, failures=2) < SETTINGS.ceiling
    assert wait(reason=Reason.PARSER_DIED, failures=3) == SETTINGS.ceiling
    assert wait(every=15 * MINUTE, reason=Reason.PARSER_DIED, failures=9) == SETTINGS.ceiling


def test_a_source_that_never_answered_is_not_put_off_for_having_no_validators() -> None:
    assert wait(reason=Reason.DNS, failures=1, conditional=False) == 2 * HOUR
    assert wait(reason=Reason.DNS, failures=1, conditional=False, arrivals=every(HOUR)) == SETTINGS.unconditional


intervals = st.timedeltas(timedelta(), 40 * DAY)
histories = st.builds(
    History,
    every=st.none() | intervals,
    rhythm=st.builds(
        Rhythm,
        interval=st.none() | st.timedeltas(timedelta(), 10**6 * DAY),
        skip_hours=st.lists(st.integers(0, 23)).map(tuple),
        skip_days=st.lists(st.integers(0, 6)).map(tuple),
    ),
    arrivals=st.lists(intervals, max_size=30).map(lambda ages: tuple(NOW - age for age in sorted(ages))),
    failures=st.integers(0, 10**9),
    reason=st.none() | st.sampled_from(Reason),
    conditional=st.booleans(),
)
answers = st.builds(
    Hints, fresh_for=st.none() | intervals, retry_after=st.none() | st.timedeltas(timedelta(), 31 * DAY)
)


@given(histories, answers, st.floats(0, 1, exclude_max=True))
def test_the_next_fetch_is_between_the_floor_and_the_ceiling(history: History, hints: Hints, spread: float) -> None:
    at = next_fetch_at(history, hints, SETTINGS, NOW, spread=spread)
    asked = max(hints.retry_after or timedelta(), GONE if history.reason is Reason.GONE else timedelta())
    assert NOW + SETTINGS.floor <= at
    assert NOW + asked <= at <= NOW + max(SETTINGS.ceiling, 1.1 * asked)


@given(histories, answers, st.floats(0, 1, exclude_max=True))
def test_jitter_goes_upward_by_a_tenth_at_most(history: History, hints: Hints, spread: float) -> None:
    plain = History(**{name: getattr(history, name) for name in History.__slots__ if name != "rhythm"})
    first = next_fetch_at(plain, hints, SETTINGS, NOW, spread=0.0) - NOW
    assert first <= next_fetch_at(plain, hints, SETTINGS, NOW, spread=spread) - NOW <= 1.1 * first
