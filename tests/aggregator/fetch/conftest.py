"""An origin to ask and a client to ask it with, for every test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from aggregator.config.settings import FetchSettings
from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request, Response
from aggregator.outcome import Validators
from tests.origin import Origin

FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>t</title></channel></rss>"
USER_AGENT = "feed-aggregator/1 (+https://example.org/about)"

Get = Callable[..., Awaitable[Response]]
Fail = Callable[..., Awaitable[FetchError]]


def limits(**changes: Any) -> FetchSettings:
    """Settings whose deadline a test can wait for."""
    options: dict[str, Any] = {"deadline": timedelta(seconds=10), "max_body": 1 << 20} | changes
    return FetchSettings(**options)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(limits(), USER_AGENT) as client:
        yield client


@pytest.fixture
def get(client: Client, origin: Origin) -> Get:
    """Fetch a path of the origin, which is a private host that the source allows."""

    async def get(path: str, known: Validators | None = None, **options: Any) -> Response:
        known = Validators() if known is None else known
        return await client.get(Request(url=origin.url(path), validators=known, allow_private=True, **options))

    return get


@pytest.fixture
def fail(get: Get) -> Fail:
    """Fetch a path of the origin that cannot be used, and return why."""

    async def fail(path: str, known: Validators | None = None, **options: Any) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await get(path, known, **options)
        return caught.value

    return fail
