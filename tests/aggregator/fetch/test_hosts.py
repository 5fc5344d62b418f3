"""Turns at a host."""

import asyncio
from datetime import timedelta

import pytest

from aggregator.fetch.hosts import Hosts

A, B = ("a.example", 80), ("b.example", 80)


async def most_at_once(hosts: Hosts, *places: tuple[str, int]) -> int:
    inside = most = 0

    async def visit(place: tuple[str, int]) -> None:
        nonlocal inside, most
        async with hosts.slot(place):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*map(visit, places))
    return most


@pytest.mark.parametrize("per_host", [1, 2, 3])
async def test_a_host_gets_so_many_requests_at_a_time(per_host: int) -> None:
    assert await most_at_once(Hosts(per_host), *[A] * 10) == per_host


async def test_hosts_do_not_wait_for_each_other() -> None:
    assert await most_at_once(Hosts(1), A, B, A, B) == 2


async def test_a_turn_that_is_given_up_is_free_again() -> None:
    hosts = Hosts(1)
    async with hosts.slot(A):
        waiting = asyncio.create_task(most_at_once(hosts, A))
        await asyncio.sleep(0)
        waiting.cancel()
    assert await asyncio.wait_for(most_at_once(hosts, A), 1) == 1
    assert not hosts._slots


async def test_e19_a_host_that_wants_to_be_left_alone_is_and_others_are_not() -> None:
    hosts = Hosts(1)
    hosts.hold(A, timedelta(hours=2))
    hosts.hold(A, timedelta(hours=1))
    held = hosts.held_for(A)
    assert held is not None
    assert timedelta(minutes=119) < held <= timedelta(hours=2)
    assert hosts.held_for(B) is None


async def test_a_hold_ends() -> None:
    hosts = Hosts(1)
    hosts.hold(A, timedelta())
    assert hosts.held_for(A) is None
