"""Lists of subscriptions are fetched politely, and a bad answer changes nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config.lists import Fetched, fetched
from aggregator.config.settings import ListSettings, Settings
from aggregator.errors import FetchError
from aggregator.fetch.client import Request, Response
from aggregator.ingest.lists import due, fetch_list
from aggregator.outcome import Reason
from tests.builders import settings
from tests.fakes import FakeClient, answer

URL = "https://a.example/list.opml"
HOUR = timedelta(hours=1)


def opml(number: int) -> bytes:
    return "<opml>{}</opml>".format(
        "".join(f'<outline xmlUrl="https://{one}.example/f"/>' for one in range(number))
    ).encode()


@pytest.fixture
def one(tmp_path: Path) -> ListSettings:
    return ListSettings(address=URL, copy=tmp_path / "var/x.opml", category=None, every=24 * HOUR, line=5)


async def get(one: ListSettings, answered: Response | Exception, now: datetime) -> tuple[bool, Request]:
    client = FakeClient({URL: answered})
    return await fetch_list(one, client, now), client.asked[0]


async def test_the_first_fetch_keeps_a_copy(one: ListSettings, now: datetime) -> None:
    changed, asked = await get(one, answer(opml(3), URL), now)
    assert (changed, one.copy.read_bytes(), asked.validators.etag) == (True, opml(3), None)


async def test_the_next_one_is_conditional_and_304_keeps_the_copy(one: ListSettings, now: datetime) -> None:
    await get(one, answer(opml(3), URL), now)
    changed, asked = await get(one, replace(answer(b"", URL), status=304), now + 24 * HOUR)
    assert (changed, asked.validators.etag, one.copy.read_bytes()) == (False, b'"1"', opml(3))
    assert fetched(one).trouble is None


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (FetchError(Reason.MISSING, "nothing there (404)", status=404), "404"),
        (answer(b"<html>gone</html>", URL), "no OPML"),
        (answer(b"<opml><body/></opml>", URL), "no"),
        (answer(b"", URL), "empty"),
        (answer(opml(1), URL), "had 3"),
    ],
    ids=["404", "page", "no subscriptions", "empty", "less than half"],
)
async def test_a_bad_answer_keeps_the_last_good_copy_and_says_why(
    one: ListSettings, now: datetime, bad: Response | Exception, said: str
) -> None:
    await get(one, answer(opml(3), URL), now)
    changed, _ = await get(one, bad, now + 24 * HOUR)
    assert (changed, one.copy.read_bytes()) == (False, opml(3))
    assert said in str(fetched(one).trouble)
    assert fetched(one).etag == b'"1"'


async def test_a_host_that_asks_us_to_wait_is_left_alone_for_longer(
    one: ListSettings, now: datetime, tmp_path: Path
) -> None:
    await get(one, FetchError(Reason.RATE_LIMITED, "wait", retry_after=5 * HOUR), now)
    assert not is_due(one, tmp_path, now + 5 * HOUR)
    assert is_due(one, tmp_path, now + 6 * HOUR)


def is_due(one: ListSettings, folder: Path, now: datetime, known: Fetched | None = None) -> bool:
    some: Settings = settings(folder)
    return due(one, known or fetched(one), some, now)


def test_a_list_is_asked_for_as_often_as_it_is_said_and_after_a_failure_once_an_hour(
    one: ListSettings, now: datetime, tmp_path: Path
) -> None:
    good = Fetched(tried_at=now.timestamp())
    bad = Fetched(tried_at=now.timestamp(), trouble="x")
    assert [is_due(one, tmp_path, now + after * HOUR, good) for after in (1, 23, 24)] == [False, False, True]
    assert [is_due(one, tmp_path, now + after * HOUR, bad) for after in (0, 1)] == [False, True]
    assert is_due(one, tmp_path, now)


def test_no_list_is_asked_for_more_often_than_the_floor(one: ListSettings, now: datetime, tmp_path: Path) -> None:
    often = replace(one, every=timedelta(minutes=1))
    known = Fetched(tried_at=now.timestamp())
    assert not is_due(often, tmp_path, now + timedelta(minutes=14), known)
    assert is_due(often, tmp_path, now + timedelta(minutes=15), known)


async def test_l03_neither_the_log_nor_the_note_has_the_address_of_a_list(
    tmp_path: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "https://me:hush@a.example/list.opml?token=hush"
    one = ListSettings(address=secret, copy=tmp_path / "x.opml", category=None, every=24 * HOUR, line=5)
    caplog.set_level("INFO")
    await fetch_list(one, FakeClient({secret: FetchError(Reason.MISSING, f"nothing at {secret}", status=404)}), now)
    assert fetched(one).trouble == "nothing at the list"
    await fetch_list(one, FakeClient({secret: answer(opml(3), secret)}), now + HOUR)
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert [record.getMessage() for record in caplog.records] == ["kept the old list", "fetched list"]
    assert "hush" not in logged
