"""Headers that say when to return, and validators."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from aggregator.fetch.hints import LONGEST, hints, http_date, received, refreshed, retry_after
from aggregator.outcome import Validators

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def headers(*pairs: tuple[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(pairs)


def fresh(*pairs: tuple[str, str]) -> timedelta | None:
    return hints(headers(*pairs), NOW).fresh_for


def test_e23_max_age_says_how_long_an_answer_is_fresh() -> None:
    assert fresh(("cache-control", "public, Max-Age=43200")) == 43200 * SECOND


def test_e24_the_age_of_a_cached_answer_counts() -> None:
    assert fresh(("Cache-Control", "max-age=43200"), ("Age", "40000")) == 3200 * SECOND
    assert fresh(("Cache-Control", "max-age=43200"), ("Age", "50000")) == timedelta()
    assert fresh(("Cache-Control", "max-age=43200"), ("Age", "old")) == 43200 * SECOND


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("no-cache, max-age=6000", None),
        ("max-age=6000, no-cache", None),
        ("no-store, max-age=6000", None),
        ('no-cache="set-cookie", max-age=6000', 6000),
        ('max-age="60"', 60),
        ("max-age=-1", None),
        ("max-age=", None),
        ("max-age", None),
        ("max-age=1_0", None),
        ("max-age=１２", None),
        ("max-age=5.5", None),
        ("max-age=60, max-age=7200", 60),
        ("max-age = 60", 60),
        ("s-maxage=60", None),
        ("x-max-age=60", None),
        ('foo="max-age=60", bar', None),
        ("max-age=504921600", LONGEST.total_seconds()),
        ("max-age=" + "9" * 5000, None),
        (",,;=\"'", None),
    ],
)
def test_e25_garbage_in_cache_control_is_ignored(said: str, seconds: float | None) -> None:
    assert fresh(("Cache-Control", said)) == (None if seconds is None else seconds * SECOND)


def test_e25_expires_counts_where_max_age_is_silent() -> None:
    expires = ("Expires", "Sun, 01 Mar 2026 18:00:00 GMT")
    assert fresh(expires) == timedelta(hours=6)
    assert fresh(expires, ("Date", "Sun, 01 Mar 2026 13:00:00 GMT")) == timedelta(hours=5)
    assert fresh(expires, ("Cache-Control", "max-age=60")) == 60 * SECOND
    assert fresh(expires, ("Cache-Control", "no-cache")) is None


def test_e25_expires_in_the_past_or_none_at_all_is_no_reason_to_wait() -> None:
    assert fresh(("Expires", "0")) is None
    assert fresh(("Expires", "-1")) is None
    assert fresh(("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")) == timedelta()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7200", 7200),
        (" 7200 ", 7200),
        ("0", 0),
        ("-1", None),
        ("1_0", None),
        ("１２", None),
        ("5.5", None),
        ("0x10", None),
        (str(10**20), None),
        ("9" * 5000, None),
        ("9999999999", LONGEST.total_seconds()),
        ("", None),
        ("soon", None),
        ("Sun, 01 Mar 2020 12:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST.total_seconds()),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Sun, 01 Mar 2026 13:00:00 GMT", 3600),
        ("Sunday, 01-Mar-26 13:00:00 GMT", 3600),
        ("Sun Mar  1 13:00:00 2026", 3600),
        ("Sun, 01 Mar 2026 99:99:99 GMT", None),
    ],
)
def test_e22_retry_after_is_read_strictly(said: str, seconds: float | None) -> None:
    wait = retry_after(headers(("Retry-After", said)), NOW)
    assert wait == (None if seconds is None else seconds * SECOND)


def test_e22_of_two_wishes_the_longer_one_counts() -> None:
    assert retry_after(headers(("Retry-After", "60"), ("Retry-After", "x"), ("Retry-After", "90")), NOW) == 90 * SECOND


def test_e21_a_date_is_relative_to_the_clock_of_the_host_if_that_is_a_clock() -> None:
    until = ("Retry-After", "Sun, 01 Mar 2026 20:00:00 GMT")
    ahead = ("Date", "Sun, 01 Mar 2026 19:00:00 GMT")
    broken = ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")
    assert retry_after(headers(until, ahead), NOW) == timedelta(hours=1)
    assert retry_after(headers(until, broken), NOW) == timedelta(hours=8)


@given(st.text(max_size=80))
def test_no_header_raises(text: str) -> None:
    said = headers(*((name, text) for name in ("Retry-After", "Cache-Control", "Expires", "Date", "Age", "ETag")))
    wait = retry_after(said, NOW)
    assert wait is None or timedelta() <= wait <= LONGEST
    fresh_for = hints(said, NOW).fresh_for
    assert fresh_for is None or timedelta() <= fresh_for <= LONGEST


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30)))  # noqa: DTZ001
def test_an_http_date_is_read_back(instant: datetime) -> None:
    instant = instant.replace(microsecond=0, tzinfo=UTC)
    assert http_date(f"{instant:%a, %d %b} {instant.year:04d} {instant:%H:%M:%S} GMT") == instant


@pytest.mark.parametrize("etag", ['W/"x"', "noquotes", '"a""b"', '"a\tb"', '"a-gzip"', '"é"', "x" * 300, "x" * 3000])
def test_e08_an_etag_is_kept_as_it_is(etag: str) -> None:
    assert received(headers(("etag", etag)), "u").etag == etag.encode()


@pytest.mark.parametrize("value", ["", "a\0b", "a\nb", "x" * 4097])
def test_e10_what_cannot_be_echoed_is_dropped(value: str) -> None:
    assert received(headers(("ETag", value), ("Last-Modified", value)), "u") == Validators(url="u")


@pytest.mark.parametrize(
    "said",
    [
        "yesterday-ish",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 +0200",
        "Fri, 19 Mar 2038 03:14:07 GMT",
    ],
)
def test_e07_last_modified_is_kept_as_it_is(said: str) -> None:
    assert received(headers(("Last-Modified", said)), "u").last_modified == said.encode()


def test_e03_a_304_refreshes_what_it_carries() -> None:
    known = Validators(url="u", etag=b"1", last_modified=b"Mon")
    both = headers(("ETag", "2"), ("Last-Modified", "Tue"))
    assert refreshed(known, both) == Validators(url="u", etag=b"2", last_modified=b"Tue")
    assert refreshed(known, headers(("ETag", "2"))) == Validators(url="u", etag=b"2", last_modified=b"Mon")


def test_e04_a_304_without_validators_keeps_the_old_ones() -> None:
    known = Validators(url="u", etag=b"1", last_modified=b"Mon")
    assert refreshed(known, headers(("ETag", ""))) == known
