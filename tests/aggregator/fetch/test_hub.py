"""What a hub is told, and how: one small POST, and nobody inside is asked by accident."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from aggregator.errors import FetchError
from aggregator.fetch import hub
from aggregator.fetch.hub import Hub
from aggregator.outcome import Reason
from tests.aggregator.fetch.conftest import USER_AGENT
from tests.aggregator.fetch.world import World
from tests.origin import Answer, Origin

TOPIC = "https://news.example.org/feeds/%E6%96%B0.atom"


async def tell(origin: Origin, path: str = "/") -> None:
    async with Hub(origin.url(path), USER_AGENT) as asked:
        await asked.tell(TOPIC)


async def refusal(origin: Origin, path: str = "/") -> FetchError:
    with pytest.raises(FetchError) as caught:
        await tell(origin, path)
    return caught.value


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_hub_is_told_by_a_form(origin: Origin, status: int) -> None:
    origin.answer("/hub?x=1", Answer(status))
    await tell(origin, "/hub?x=1")
    (asked,) = origin.requests
    assert (asked.method, asked.header("Content-Type")) == ("POST", "application/x-www-form-urlencoded")
    assert asked.header("User-Agent") == USER_AGENT
    assert asked.body == b"hub.mode=publish&hub.url=https%3A%2F%2Fnews.example.org%2Ffeeds%2F%25E6%2596%25B0.atom"


async def test_one_connection_does_for_many_topics(origin: Origin) -> None:
    origin.answer("/", Answer(204))
    async with Hub(origin.url(), USER_AGENT) as asked:
        for _ in range(3):
            await asked.tell(TOPIC)
    assert (len(origin.requests), origin.connections) == (3, 1)


async def test_a_hub_that_wants_to_be_left_alone_says_for_how_long(origin: Origin) -> None:
    origin.answer("/", Answer(429, b"", [("Retry-After", "900")]))
    error = await refusal(origin)
    assert (error.reason, error.retry_after) == (Reason.RATE_LIMITED, timedelta(minutes=15))


async def test_a_refusal_is_an_error(origin: Origin) -> None:
    origin.answer("/", Answer(403, b"no"))
    assert (await refusal(origin)).reason is Reason.DENIED


async def test_no_redirect_is_followed(origin: Origin) -> None:
    origin.redirect("/", "/elsewhere", 308)
    origin.answer("/elsewhere", Answer(204))
    assert (await refusal(origin)).status == 308
    assert origin.count("/elsewhere") == 0


async def test_a_hub_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "DEADLINE_SECONDS", 0.05)
    with Origin(mute=True) as mute:
        assert (await refusal(mute)).reason is Reason.TIMEOUT


@pytest.mark.parametrize("leads_to", [("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("169.254.169.254",)])
async def test_s10_a_name_that_leads_inside_is_refused(leads_to: Sequence[str]) -> None:
    world = World({"hub.example": leads_to}, {})
    async with Hub("https://hub.example/", USER_AGENT, lookup=world.lookup, open_socket=world.open_socket) as asked:
        with pytest.raises(FetchError) as caught:
            await asked.tell(TOPIC)
    assert (caught.value.reason, world.sockets) == (Reason.BLOCKED_ADDRESS, 0)
