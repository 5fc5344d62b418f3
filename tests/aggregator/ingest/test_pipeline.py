"""The journey of one source: what comes of it, and what it costs when something is wrong."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from aggregator.config.settings import FetchSettings
from aggregator.errors import FetchError, ParserDied
from aggregator.ingest.pipeline import CRASHES_ALLOWED, Pipeline, decide
from aggregator.outcome import Exchange, Failed, Hints, Move, Outcome, Reason, Unchanged, Updated, Validators
from aggregator.store.claims import Claim
from feeds.model import Rhythm
from tests.builders import entry, source_settings, updated
from tests.fakes import FakeClient, FakeParser, answer, rss

A = "https://a.example/feed"


def claim(address: str = A, **changes: object) -> Claim:
    fields: dict[str, object] = {
        "source_id": 1, "kind": source_settings(address).kind, "host": "a.example", "token": UUID(int=1), "attempts": 1,
        "validators": Validators(), "body_digest": None, "rhythm": Rhythm(), "arrivals": (), "failures": 0,
        "move": Move(), "last_document_at": None,
    }  # fmt: skip
    return Claim(address=address, **(fields | changes))  # type: ignore[arg-type]


def pipeline(client: FakeClient, parser: FakeParser | None = None, *, folder: Path = Path()) -> Pipeline:
    instances = ("https://one.example", "https://two.example")
    return Pipeline(client, parser or FakeParser(), FetchSettings(), instances=instances, folder=folder)  # type: ignore[arg-type]


async def poll(client: FakeClient, claimed: Claim, parser: FakeParser | None = None) -> Outcome:
    return await pipeline(client, parser).poll(claimed, source_settings(claimed.address))


async def test_a_feed_that_is_new_is_an_update() -> None:
    outcome = await poll(FakeClient({A: answer(rss("1", "2"))}), claim())
    assert isinstance(outcome, Updated)
    assert [one.guid for one in outcome.feed.entries] == ["1", "2"]
    assert outcome.validators.etag == b'"1"'


async def test_the_same_bytes_again_are_not_read_again() -> None:
    client, parser = FakeClient({A: answer(rss("1"), etag=None)}), FakeParser()
    first = await poll(client, claim(), parser)
    assert isinstance(first, Updated)
    again = await poll(client, claim(body_digest=first.body_digest), parser)
    assert isinstance(again, Unchanged)
    assert len(parser.documents) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", Reason.NOT_A_FEED),
        (rss("1")[:-10], Reason.TRUNCATED),
        (b'{"error": "no"}', Reason.NOT_A_FEED),
    ],
)
async def test_n06_n26_what_is_no_feed_fails_with_its_reason(body: bytes, reason: Reason) -> None:
    outcome = await poll(FakeClient({A: answer(body)}), claim())
    assert isinstance(outcome, Failed)
    assert (outcome.reason, outcome.exchange.status) == (reason, 200)


async def test_what_the_fetch_says_is_kept_for_the_operator_and_the_cadence() -> None:
    wait = timedelta(hours=2)
    error = FetchError(Reason.RATE_LIMITED, "429 Too Many Requests", status=429, retry_after=wait)
    outcome = await poll(FakeClient({A: error}), claim())
    assert outcome == Failed(
        reason=Reason.RATE_LIMITED,
        detail="429 Too Many Requests",
        exchange=Exchange(status=429),
        hints=Hints(retry_after=wait),
    )


async def test_n12_a_document_that_costs_too_much_fails_alone() -> None:
    class Dying(FakeParser):
        async def read(self, document: object) -> object:  # type: ignore[override]
            raise ParserDied("out of memory")

    outcome = await poll(FakeClient({A: answer(rss("1"))}), claim(), Dying())
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.PARSER_DIED


async def test_n12_what_the_service_died_at_too_often_is_put_aside_unfetched() -> None:
    client = FakeClient({})
    outcome = await poll(client, claim(attempts=CRASHES_ALLOWED + 1))
    assert isinstance(outcome, Failed)
    assert (outcome.reason, client.asked) == (Reason.PARSER_DIED, [])


async def test_rsshub_instances_are_tried_in_order() -> None:
    client = FakeClient({"https://two.example/zaker/1": answer(rss("1"))})
    outcome = await poll(client, claim("rsshub:/zaker/1"))
    assert isinstance(outcome, Updated)
    assert [request.url for request in client.asked] == ["https://one.example/zaker/1", "https://two.example/zaker/1"]


async def test_a_file_is_read_from_the_folder_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(rss("1"))
    polled = pipeline(FakeClient({}), folder=tmp_path)
    assert isinstance(await polled.poll(claim("file:a.xml"), source_settings("file:a.xml")), Updated)
    outcome = await polled.poll(claim("file:b.xml"), source_settings("file:b.xml"))
    assert isinstance(outcome, Failed)
    assert outcome.reason is Reason.FILE


async def test_a_page_is_read_as_its_source_says() -> None:
    page = "page:https://a.example/news"
    body = b"<html><ul><li><a href='/1'>One</a></li><li><a href='/2'>Two</a></li></ul></html>"
    client = FakeClient({"https://a.example/news": answer(body, "https://a.example/news")})
    polled = pipeline(client).poll(claim(page), source_settings(page, options={"item": "li"}))
    outcome = await polled
    assert isinstance(outcome, Updated)
    assert [one.url for one in outcome.feed.entries] == ["https://a.example/1", "https://a.example/2"]


async def test_a_page_that_has_moved_within_its_host_is_sent_its_headers() -> None:
    client = FakeClient({})
    page = source_settings("page:https://a.example/news", headers={"Authorization": "x"}, options={"item": "li"})
    for learnt in ("https://a.example/new", "https://b.example/new"):
        await pipeline(client).poll(claim(page.address, move=Move(learnt=learnt)), page)
    assert [request.headers for request in client.asked] == [{"Authorization": "x"}, {}]


def test_a_result_has_fingerprints_arrivals_and_the_next_fetch(now: datetime) -> None:
    one = entry("1", published=now - timedelta(hours=5))
    result = decide(claim(), source_settings(A), updated(one), FetchSettings(), now, spread=0.0)
    assert result.seen[0].fingerprint.url_key is not None
    assert result.arrivals == (now - timedelta(hours=5),)
    assert now + FetchSettings().floor <= result.next_fetch_at <= now + FetchSettings().ceiling


def test_a_failure_keeps_what_we_knew_and_backs_off(now: datetime) -> None:
    failed = Failed(reason=Reason.CONNECT, detail="", exchange=Exchange())
    before = claim(arrivals=(now,), failures=3)
    result = decide(before, source_settings(A), failed, FetchSettings(), now, spread=0.0)
    assert (result.seen, result.arrivals) == ((), (now,))
    assert result.next_fetch_at > now + FetchSettings().default
