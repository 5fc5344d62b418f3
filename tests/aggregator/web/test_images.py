"""The image proxy: what we signed, if it is an image, and nothing else of the other side."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from aggregator.config.settings import FetchSettings
from aggregator.errors import FetchError
from aggregator.fetch.blocking import BlockingClient
from aggregator.fetch.client import Request, Response
from aggregator.outcome import Reason
from aggregator.publish.images import Signer, load_key
from aggregator.web import create_app, images
from tests.builders import settings, source_settings
from tests.fakes import answer
from tests.origin import Origin

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
URL = "https://i.example/1.png"


class FakeFetcher:
    """Answers with one body, and remembers what it was asked for."""

    def __init__(self, body: bytes | FetchError) -> None:
        self.body = body
        self.asked: list[Request] = []

    def get(self, request: Request) -> Response:
        self.asked.append(request)
        if isinstance(self.body, FetchError):
            raise self.body
        return answer(self.body, request.url)


@pytest.fixture
def fetcher(monkeypatch: pytest.MonkeyPatch) -> FakeFetcher:
    fake = FakeFetcher(PNG)
    monkeypatch.setattr(images, "BlockingClient", lambda *_: fake)
    return fake


@pytest.fixture
def client(engine: Engine, tmp_path: Path, fetcher: FakeFetcher) -> FlaskClient:
    proxied = settings(tmp_path, source_settings("https://a.example/feed", images="proxy"))
    return create_app(proxied, engine).test_client()


@pytest.fixture
def signed(tmp_path: Path) -> str:
    return "/image/" + Signer(load_key(settings(tmp_path))).path(URL)


def test_an_image_that_we_signed_is_passed_on(client: FlaskClient, signed: str) -> None:
    got = client.get(signed)
    assert (got.status_code, got.data, got.content_type) == (200, PNG, "image/png")
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("change", [lambda p: p[:-1], lambda p: p.replace("/image/", "/image/A"), lambda p: p + "="])
def test_p01_p07_what_we_did_not_sign_is_refused_unfetched(
    client: FlaskClient, signed: str, fetcher: FakeFetcher, change: object
) -> None:
    got = client.get(change(signed), headers={"If-None-Match": "*"})  # type: ignore[operator]
    assert (got.status_code, fetcher.asked) == (403, [])


@pytest.mark.parametrize(
    "body", [b"<html><script>alert(1)</script>", b'<svg xmlns="http://www.w3.org/2000/svg"/>', b"\x89PNG but not quite"]
)
def test_p03_what_is_no_image_is_not_passed_on(
    client: FlaskClient, signed: str, fetcher: FakeFetcher, body: bytes
) -> None:
    fetcher.body = body
    got = client.get(signed)
    assert (got.status_code, got.content_type) == (502, "text/plain; charset=utf-8")
    assert body not in got.data


def test_p04_a_failure_says_nothing_of_the_address(client: FlaskClient, signed: str, fetcher: FakeFetcher) -> None:
    fetcher.body = FetchError(Reason.DNS, "http:a<script> cannot be found")
    got = client.get(signed)
    assert got.status_code == 502
    assert b"script" not in got.data


def test_p08_nothing_of_the_reader_is_passed_on(client: FlaskClient, signed: str, fetcher: FakeFetcher) -> None:
    client.get(signed, headers={"Cookie": "a=b", "Authorization": "Basic x", "Range": "bytes=0-1"})
    (asked,) = fetcher.asked
    assert dict(asked.headers) == {"Accept": images.ACCEPT}


def test_p14_a_reader_that_has_it_is_told_so(client: FlaskClient, signed: str, fetcher: FakeFetcher) -> None:
    tag = client.get(signed).headers["ETag"]
    assert client.get(signed, headers={"If-None-Match": tag}).status_code == 304
    assert len(fetcher.asked) == 1


def test_without_a_source_that_needs_it_there_is_no_proxy(engine: Engine, tmp_path: Path, signed: str) -> None:
    assert create_app(settings(tmp_path), engine).test_client().get(signed).status_code == 404


@pytest.fixture
def blocking() -> Iterator[BlockingClient]:
    client = BlockingClient(FetchSettings(), "test")
    yield client
    client.close()


def test_p02_a_signed_private_address_is_not_fetched(blocking: BlockingClient) -> None:
    with Origin() as origin:
        origin.feed("/1.png", PNG)
        with pytest.raises(FetchError) as caught:
            blocking.get(Request(url=origin.url("/1.png")))
        assert (caught.value.reason, origin.requests) == (Reason.BLOCKED_ADDRESS, [])


def test_threads_can_fetch_without_a_loop_of_their_own(blocking: BlockingClient) -> None:
    with Origin() as origin:
        origin.feed("/1.png", PNG)
        for _ in range(2):
            assert blocking.get(Request(url=origin.url("/1.png"), allow_private=True)).body == PNG
