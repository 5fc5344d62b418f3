"""The clock of the service: what it starts, and when somebody sets it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import jobs
from aggregator.jobs import Every, Ticker

DAY = timedelta(days=1)


class Clock:
    """A clock that runs, and that can be set."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset


def test_after_a_jump_of_years_there_is_one_tick_to_make_up_for_all(now: datetime) -> None:
    every = Every(timedelta(seconds=3))
    years_later = now + 20_000 * DAY
    assert every.get_next_fire_time(now, years_later) == years_later + timedelta(seconds=3)


async def test_q08_of_ten_jobs_that_are_due_at_once_and_late_none_is_dropped() -> None:
    clock, ran, all_ran = Clock(), Counter[int](), asyncio.Event()
    ticker = Ticker(clock)

    async def job(number: int) -> None:
        ran[number] += 1
        if len(ran) == 10:
            all_ran.set()

    for number in range(10):
        ticker.add_job(job, Every(DAY), args=(number,), next_run_time=clock() - timedelta(minutes=5))
    ticker.start()
    await asyncio.wait_for(all_ran.wait(), 5)
    ticker.shutdown()
    assert set(ran.values()) == {1}


async def test_q20_a_clock_that_is_set_back_a_day_stops_nothing_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_EVERY", timedelta(seconds=0.01))
    clock, ran = Clock(), asyncio.Event()
    ticker = Ticker(clock)

    async def job() -> None:
        ran.set()

    ticker.add_job(job, Every(timedelta(seconds=5)), next_run_time=clock() + timedelta(seconds=3))
    ticker.start()
    clock.offset = -DAY
    await asyncio.wait_for(ran.wait(), 2)
    ticker.shutdown()


async def test_what_waits_no_longer_than_it_should_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_EVERY", timedelta(seconds=0.01))
    clock, runs = Clock(), []
    ticker = Ticker(clock)

    async def job() -> None:
        runs.append(clock())

    due = clock() + timedelta(minutes=59)
    ticker.add_job(job, Every(timedelta(hours=1)), next_run_time=due)
    ticker.start()
    await asyncio.sleep(0.05)
    (after,) = [one.next_run_time for one in ticker.get_jobs()]
    ticker.shutdown()
    assert (runs, after) == ([], due)
