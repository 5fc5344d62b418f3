"""What a publisher sees of us: the E cases that one client can show."""

from datetime import timedelta

import pytest

from aggregator.fetch.client import Client, Request
from aggregator.outcome import Reason, Validators
from tests.aggregator.fetch.conftest import FEED, USER_AGENT, Fail, Get, limits
from tests.origin import Answer, Asked, Origin

MODIFIED = "Mon, 02 Mar 2026 10:00:00 GMT"


def conditions(asked: Asked) -> tuple[bytes | None, bytes | None]:
    return asked.raw("If-None-Match"), asked.raw("If-Modified-Since")


async def test_e01_both_validators_are_echoed(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED, etag='"a"', last_modified=MODIFIED)
    first = await get("/a")
    second = await get("/a", first.validators)
    assert (first.status, first.body, second.status, second.body) == (200, FEED, 304, b"")
    assert conditions(origin.requests[1]) == (b'"a"', MODIFIED.encode())


async def test_e02_new_validators_of_the_same_body_are_used(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED, etag='"old"', last_modified=MODIFIED)
    known = (await get("/a")).validators
    origin.feed("/a", FEED, etag='"new"', last_modified="Tue, 03 Mar 2026 10:00:00 GMT")
    known = (await get("/a", known)).validators
    assert (await get("/a", known)).status == 304
    assert conditions(origin.requests[2]) == (b'"new"', b"Tue, 03 Mar 2026 10:00:00 GMT")


async def test_e03_what_a_304_carries_is_kept(origin: Origin, get: Get) -> None:
    origin.answer("/a", Answer(304, b"", [("ETag", '"2"'), ("Cache-Control", "max-age=7200")]))
    known = Validators(url=origin.url("/a"), etag=b'"1"', last_modified=b"Mon")
    response = await get("/a", known)
    assert response.validators == Validators(url=origin.url("/a"), etag=b'"2"', last_modified=b"Mon")
    assert response.hints.fresh_for == timedelta(hours=2)


async def test_e04_a_304_without_validators_keeps_the_old_ones(origin: Origin, get: Get) -> None:
    origin.answer("/a", Answer(304))
    known = Validators(url=origin.url("/a"), etag=b'"1"', last_modified=b"Mon")
    assert (await get("/a", known)).validators == known


async def test_e05_a_200_without_etag_clears_it(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED, last_modified=MODIFIED)
    known = Validators(url=origin.url("/a"), etag=b'"1"')
    assert (await get("/a", known)).validators == Validators(url=origin.url("/a"), last_modified=MODIFIED.encode())


async def test_e06_the_first_request_has_no_condition(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED, etag='"a"')
    await get("/a")
    await get("/a", Validators(url=origin.url("/a"), etag=b"", last_modified=b""))
    assert [conditions(asked) for asked in origin.requests] == [(None, None)] * 2


@pytest.mark.parametrize(
    "said",
    [b'W/"x"', b"noquotes", b'"a""b"', b'"a\tb"', b'"a-gzip"', b'"\xe9\xff"', b'"\xc3\xa9"', b"x" * 300, b"y" * 3000],
)
async def test_e08_e09_e10_an_etag_is_echoed_byte_for_byte(origin: Origin, get: Get, said: bytes) -> None:
    origin.feed("/a", FEED, etag=said, last_modified=said)
    known = (await get("/a")).validators
    assert (await get("/a", known)).status == 304
    assert conditions(origin.requests[1]) == (said, said)


async def test_e08_an_empty_etag_is_none(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED, etag="", last_modified="")
    assert (await get("/a")).validators == Validators(url=origin.url("/a"))


@pytest.mark.parametrize("said", [b"x" * 4097, b"x" * 60_000, b"a\x01b"])
async def test_e10_an_etag_that_is_a_book_is_dropped_and_the_feed_read(origin: Origin, get: Get, said: bytes) -> None:
    origin.feed("/a", FEED, etag=said)
    response = await get("/a")
    assert (response.body, response.validators.etag) == (FEED, None)


async def test_e11_an_origin_that_wants_both_validators_gets_both(origin: Origin, get: Get) -> None:
    both = [("ETag", '"a"'), ("Last-Modified", MODIFIED)]
    origin.script("/a", lambda asked: Answer(304) if None not in conditions(asked) else Answer(200, FEED, both))
    known = (await get("/a")).validators
    for _ in range(3):
        response = await get("/a", known)
        assert response.status == 304
        known = response.validators


@pytest.mark.parametrize("wait", ["7200", "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [429, 503])
async def test_e18_e19_a_host_that_asked_us_to_wait_is_not_asked_again(
    origin: Origin, fail: Fail, status: int, wait: str
) -> None:
    origin.answer("/a", Answer(status, b"", [("Retry-After", wait)]))
    origin.feed("/b", FEED)
    first, second = await fail("/a"), await fail("/b")
    assert (first.reason, first.status, second.reason) == (Reason.RATE_LIMITED, status, Reason.RATE_LIMITED)
    assert first.retry_after is not None
    assert second.retry_after is not None
    assert timedelta() < first.retry_after - second.retry_after < timedelta(seconds=10)
    assert len(origin.requests) == 1


async def test_e20_429_and_503_without_retry_after(origin: Origin, fail: Fail) -> None:
    origin.answer("/a", Answer(429))
    origin.answer("/b", Answer(503))
    one, other = await fail("/a"), await fail("/b")
    assert (one.reason, one.retry_after) == (Reason.RATE_LIMITED, None)
    assert (other.reason, other.retry_after) == (Reason.SERVER_ERROR, None)


@pytest.mark.parametrize("wait", ["-1", "1_0", "5.5", "0x10", "1" + "0" * 20, "9" * 5000, "", "\xb2"])
async def test_e22_nonsense_in_retry_after_is_not_said(origin: Origin, fail: Fail, wait: str) -> None:
    origin.answer("/a", Answer(429, b"", [("Retry-After", wait)]))
    error = await fail("/a")
    assert (error.reason, error.retry_after) == (Reason.RATE_LIMITED, None)


async def test_e27_e28_only_permanent_redirects_all_the_way_move_a_source(origin: Origin, get: Get) -> None:
    origin.feed("/c", FEED)
    origin.redirect("/a", "/b", 301)
    origin.redirect("/b", "/c", 308)
    response = await get("/a")
    assert (response.url, response.moved_to) == (origin.url("/c"), origin.url("/c"))
    assert (await get("/c")).moved_to is None


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_e29_temporary_redirects_are_followed_and_forgotten(origin: Origin, get: Get, status: int) -> None:
    origin.feed("/c", FEED)
    origin.redirect("/a", "/b", 301)
    origin.redirect("/b", "/c", status)
    for path in ("/a", "/b"):
        response = await get(path)
        assert (response.url, response.moved_to) == (origin.url("/c"), None)


async def test_e30_validators_go_only_to_the_address_that_they_came_from(origin: Origin, get: Get) -> None:
    origin.feed("/b", FEED, etag='"1"')
    origin.feed("/c", FEED, etag='"1"')
    origin.answer("/a", *(Answer(302, b"", [("Location", place)]) for place in ("/b", "/b", "/c")))
    known = (await get("/a")).validators
    assert known.url == origin.url("/b")
    assert (await get("/a", known)).status == 304
    assert (await get("/a", known)).status == 200
    asked = [(asked.path, asked.raw("If-None-Match")) for asked in origin.requests]
    assert asked[2:] == [("/a", None), ("/b", b'"1"'), ("/a", None), ("/c", None)]


async def test_e31_redirects_end_after_five(origin: Origin, get: Get, fail: Fail) -> None:
    for hop in range(11):
        origin.redirect(f"/{hop}", f"/{hop + 1}", 301)
    origin.feed("/11", FEED)
    assert (await get("/6")).url == origin.url("/11")
    assert (await fail("/5")).reason is Reason.REDIRECT
    assert origin.count("/10") == 2
    assert origin.count("/11") == 1


async def test_e31_redirects_in_a_circle_are_seen_at_once(origin: Origin, fail: Fail) -> None:
    origin.redirect("/a", "/b")
    origin.redirect("/b", "/a")
    assert (await fail("/a")).reason is Reason.REDIRECT
    assert len(origin.requests) == 2


@pytest.mark.parametrize(
    "location",
    [
        b"/\xff\xfe",
        b"http://[::1",
        b"http://h:99999/",
        b"//",
        b"",
        b"\\\\e\\x",
        b"javascript:alert(1)",
        b"file:///etc/passwd",
        b"data:text/xml,<rss/>",
        b"http://user:password@example.org/",
        b"/a b",
        b"/%00",
    ],
)
async def test_n23_a_redirect_to_nonsense_is_an_error(origin: Origin, fail: Fail, location: bytes) -> None:
    origin.redirect("/a", location)
    error = await fail("/a")
    assert (error.reason, error.status) == (Reason.REDIRECT, 302)
    assert "password" not in error.detail


async def test_n23_a_redirect_to_nowhere_or_to_two_places_is_an_error(origin: Origin, fail: Fail) -> None:
    origin.answer("/a", Answer(302))
    origin.answer("/b", Answer(302, b"", [("Location", "/x"), ("Location", "/y")]))
    assert (await fail("/a")).reason is Reason.REDIRECT
    assert (await fail("/b")).reason is Reason.REDIRECT


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, Reason.STATUS),
        (401, Reason.DENIED),
        (402, Reason.DENIED),
        (403, Reason.DENIED),
        (404, Reason.MISSING),
        (406, Reason.DENIED),
        (410, Reason.GONE),
        (415, Reason.DENIED),
        (418, Reason.STATUS),
        (451, Reason.DENIED),
        (500, Reason.SERVER_ERROR),
        (502, Reason.SERVER_ERROR),
        (599, Reason.SERVER_ERROR),
        (206, Reason.STATUS),
        (204, Reason.STATUS),
        (205, Reason.STATUS),
        (300, Reason.STATUS),
        (226, Reason.STATUS),
        (202, Reason.STATUS),
        (305, Reason.STATUS),
    ],
)
async def test_e32_e33_e36_e40_every_other_status_is_an_error_after_one_request(
    origin: Origin, fail: Fail, status: int, reason: Reason
) -> None:
    origin.answer("/a", Answer(status, FEED if status not in (204, 205) else b""))
    error = await fail("/a")
    assert (error.reason, error.status, len(origin.requests)) == (reason, status, 1)


async def test_e40_203_is_as_good_as_200(origin: Origin, get: Get) -> None:
    origin.answer("/a", Answer(203, FEED, [("ETag", '"a"')]))
    response = await get("/a")
    assert (response.status, response.exchange.status, response.body) == (200, 203, FEED)


async def test_e34_no_cookie_is_ever_sent(origin: Origin, get: Get) -> None:
    cookie = ("Set-Cookie", "a=b; Path=/")
    origin.answer("/a", Answer(302, b"", [cookie, ("Location", "/b")]))
    origin.answer("/b", Answer(200, FEED, [cookie]))
    await get("/a")
    await get("/a")
    assert all(asked.raw("Cookie") is None for asked in origin.requests)


async def test_e35_e37_a_poll_is_one_request_with_what_is_needed_in_it(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED, etag='"a"')
    known = (await get("/a?b=%41&c=/../x%2F")).validators
    await get("/a?b=%41&c=/../x%2F", known)
    first, second = origin.requests
    assert (first.method, first.path) == ("GET", "/a?b=%41&c=/../x%2F")
    assert [name for name, _ in first.headers] == [b"Host", b"User-Agent", b"Accept", b"Accept-Encoding"]
    assert [name for name, _ in second.headers][4:] == [b"If-None-Match", b"A-IM"]
    assert first.header("User-Agent") == USER_AGENT
    assert first.header("Accept-Encoding") == "gzip"
    assert "application/atom+xml" in (first.header("Accept") or "")


async def test_e38_a_304_that_nobody_asked_for_is_an_error(origin: Origin, fail: Fail) -> None:
    origin.answer("/a", Answer(304))
    for known in (None, Validators(url=origin.url("/b"), etag=b'"1"'), Validators(url=origin.url("/a"))):
        assert (await fail("/a", known)).reason is Reason.UNEXPECTED_304


async def test_e39_226_is_the_new_part_if_it_says_so_and_we_asked(origin: Origin, get: Get, fail: Fail) -> None:
    known = Validators(url=origin.url("/a"), etag=b'"1"')
    origin.answer("/a", Answer(226, FEED, [("IM", "feed"), ("ETag", '"2"')]))
    response = await get("/a", known)
    assert (response.status, response.body, response.validators.etag) == (226, FEED, b'"2"')
    assert origin.requests[0].header("A-IM") == "feed"
    assert (await fail("/a")).reason is Reason.STATUS
    origin.answer("/a", Answer(226, FEED, [("IM", "vcdiff")]))
    assert (await fail("/a", known)).reason is Reason.STATUS


async def test_the_headers_of_a_source_are_sent(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED)
    await get("/a", headers={"authorization": "Bearer x", "User-Agent": "mine"})
    asked = origin.requests[0]
    assert (asked.header("Authorization"), asked.header("User-Agent")) == ("Bearer x", "mine")
    assert len([name for name, _ in asked.headers if name.lower() == b"user-agent"]) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("Host", "x"), ("If-None-Match", "x"), ("A b", "x"), ("X", "a\r\nb: c"), ("X", "新"), ("X", ""), ("新", "x")],
)
async def test_a_header_that_cannot_be_sent_is_an_error_that_keeps_its_value_secret(
    origin: Origin, fail: Fail, name: str, value: str
) -> None:
    error = await fail("/a", headers={name: value})
    assert error.reason is Reason.ADDRESS
    assert not value or "\r" not in error.detail
    assert not origin.requests


async def test_a_host_gets_one_request_at_a_time(origin: Origin) -> None:
    origin.feed("/a", FEED)
    async with Client(limits(per_host=1), USER_AGENT) as client:
        for _ in range(3):
            await client.get(Request(url=origin.url("/a"), allow_private=True))
    assert origin.connections == 1


async def test_the_answer_says_what_it_cost(origin: Origin, get: Get) -> None:
    origin.feed("/a", FEED * 10, compress=True)
    response = await get("/a")
    assert response.body == FEED * 10
    assert 0 < response.exchange.wire_bytes < len(FEED) * 10
    assert response.exchange.elapsed > timedelta()
    assert response.content_type == "application/rss+xml"
