"""Places, turns, rates, and one who works for all."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from aggregator.fetch.turns import Full, Rate, Together, Turns

SOON = 0.05


def turns(**limits: int) -> Turns:
    return Turns(**({"places": 3, "places_of_one": 2, "at_once": 2, "at_once_of_one": 1} | limits))


@pytest.mark.parametrize(("taken", "wanted"), [(["a", "a"], "a"), (["a", "b", "c"], "d"), (["a", "a", "b"], "b")])
def test_whoever_finds_no_place_is_told_at_once(taken: list[str], wanted: str) -> None:
    places = turns()
    with ExitStack() as inside:
        for host in taken:
            inside.enter_context(places.place(host))
        with pytest.raises(Full), places.place(wanted):
            pass
    with places.place(wanted):
        pass


@pytest.mark.parametrize(("taken", "wanted"), [(["a"], "a"), (["a", "b"], "c")])
def test_a_turn_that_does_not_come_in_time_is_not_waited_for_longer(taken: list[str], wanted: str) -> None:
    ours = turns()
    with ExitStack() as inside:
        for host in taken:
            inside.enter_context(ours.turn(host, time.monotonic()))
        with pytest.raises(Full), ours.turn(wanted, time.monotonic() + SOON):
            pass


def test_a_turn_is_passed_on_when_it_ends() -> None:
    ours = turns()

    def wait() -> str:
        with ours.turn("a", time.monotonic() + 30):
            return "had it"

    with ThreadPoolExecutor() as pool:
        with ours.turn("a", time.monotonic()):
            waiting = pool.submit(wait)
        assert waiting.result(30) == "had it"


def test_a_turn_ends_however_it_ends() -> None:
    ours = turns()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), ours.place("a"), ours.turn("a", time.monotonic()):
            raise ZeroDivisionError


def test_a_rate_allows_a_burst_and_then_so_many_a_second() -> None:
    now = [100.0]
    rate = Rate(2.0, 3, lambda: now[0])

    def taken(wanted: int) -> int:
        for count in range(wanted):
            try:
                rate.take()
            except Full:
                return count
        return wanted

    assert taken(10) == 3
    now[0] += 1
    assert taken(10) == 2
    now[0] += 1000
    assert taken(10) == 3


class Key:
    """The same key every time; `met` is set when one who comes later has found the first."""

    def __init__(self) -> None:
        self.met = threading.Event()

    def __hash__(self) -> int:
        return 1

    def __eq__(self, other: object) -> bool:
        self.met.set()
        return True


@pytest.mark.parametrize("outcome", ["a value", ZeroDivisionError()])
def test_one_works_for_all_who_ask_meanwhile(outcome: object) -> None:
    together: Together[object] = Together()
    first_key, second_key, begun, go = Key(), Key(), threading.Event(), threading.Event()

    def work() -> object:
        begun.set()
        go.wait(30)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with ThreadPoolExecutor() as pool:
        first = pool.submit(together.do, first_key, work, time.monotonic() + 30)
        begun.wait(30)
        second = pool.submit(together.do, second_key, lambda: "worked twice", time.monotonic() + 30)
        while not (first_key.met.is_set() or second_key.met.is_set()):
            time.sleep(0)
        go.set()
        for one in (first, second):
            assert (one.exception(30) or one.result()) is outcome
    assert together.do(first_key, lambda: "again", time.monotonic()) == "again"


def test_whoever_waits_for_another_waits_no_longer_than_he_may() -> None:
    together: Together[int] = Together()
    begun, go = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        go.wait(30)
        return 1

    with ThreadPoolExecutor() as pool:
        first = pool.submit(together.do, "key", work, time.monotonic() + 30)
        begun.wait(30)
        with pytest.raises(Full):
            together.do("key", lambda: 2, time.monotonic() + SOON)
        assert together.do("another", lambda: 7, time.monotonic()) == 7
        go.set()
        assert first.result(30) == 1
