"""Case Q15: of several processes one does what is to be done once, and another when that one is gone."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from aggregator.store.duties import LEASE, Duty
from aggregator.store.engine import reading
from aggregator.store.schema import hosts

HOUR = timedelta(hours=1)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def one(engine: Engine, clock: Clock) -> Duty:
    return Duty(engine, "tidy", clock, every=HOUR)


@pytest.fixture
def other(engine: Engine, clock: Clock) -> Duty:
    return Duty(engine, "tidy", clock, every=HOUR)


def test_a_duty_can_rest_for_less_than_it_does_at_the_most(one: Duty, other: Duty, clock: Clock) -> None:
    for rest, rested in ((timedelta(minutes=1), timedelta(minutes=1)), (2 * HOUR, HOUR)):
        assert one.take()
        one.done(rest)
        clock.now += rested - timedelta(seconds=1)
        assert not other.take()
        clock.now += timedelta(seconds=1)


def test_q15_one_has_it_and_the_others_stand_by(one: Duty, other: Duty) -> None:
    assert (one.take(), other.take()) == (True, False)


def test_q15_when_it_is_done_it_rests_and_anybody_may_be_next(one: Duty, other: Duty, clock: Clock) -> None:
    one.take()
    one.done()
    assert (one.take(), other.take()) == (False, False)
    clock.now += HOUR
    assert (other.take(), one.take()) == (True, False)


def test_q15_who_dies_at_it_is_replaced_when_its_time_is_over(one: Duty, other: Duty, clock: Clock) -> None:
    one.take()
    clock.now += LEASE
    assert other.take()


def test_q15_who_comes_back_late_does_nothing_any_more(engine: Engine, one: Duty, other: Duty, clock: Clock) -> None:
    one.take()
    clock.now += LEASE
    other.take()
    add = hosts.insert().values(host="a", held_until=clock.now)
    assert not one.do(lambda connection: connection.execute(add))
    assert other.do(lambda connection: connection.execute(add))
    one.done()
    clock.now += LEASE
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(hosts)) == 1
    assert one.take()


def test_each_step_gives_it_its_time_anew(one: Duty, other: Duty, clock: Clock) -> None:
    one.take()
    for _ in range(3):
        clock.now += LEASE / 2
        assert one.do(lambda _: None)
    assert not other.take()


def test_q20_what_a_wrong_clock_wrote_keeps_nobody_from_it(one: Duty, other: Duty, clock: Clock) -> None:
    clock.now += timedelta(days=1)
    one.take()
    one.done()
    clock.now -= timedelta(days=1)
    assert other.take()


def test_different_duties_have_nothing_to_do_with_each_other(engine: Engine, one: Duty, clock: Clock) -> None:
    assert one.take()
    assert Duty(engine, "other", clock, every=HOUR).take()
