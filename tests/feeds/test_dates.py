"""Dates: every dialect is a row, and what is no date is None."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.dates import parse_date

MEANT = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Tue, 02 Jan 2024 03:04:05 GMT",
        "Tue, 2 Jan 2024 03:04:05 +0000",
        "02 Jan 24 03:04:05 UT",
        "tue, 02 jan 2024 03:04:05 z",
        "Tue,02 Jan 2024 03:04:05 GMT",
        "Mon, 01 Jan 2024 22:04:05 EST",
        "Mon, 01 Jan 2024 19:04:05 PST",
        "Tue, 02 Jan 2024 04:04:05 GMT+1",
        "Tue, 02 Jan 2024 11:04:05 +08:00",
        "Tue, 02 Jan 2024 03:04:05 +0000 (UTC)",
        "Tuesday, 02-Jan-24 03:04:05 GMT",
        "Tue Jan  2 03:04:05 2024",
        "Tue Jan  2 04:04:05 CET 2024",
        "Jan 2, 2024 3:04:05 AM",
        "January 2nd, 2024 at 03:04:05",
        "mar., 02 janv. 2024 04:04:05 +0100",
        "2. Januar 2024, 03:04:05",
        "2 de enero de 2024 03:04:05",
        "2 января 2024 06:04:05 MSK",
        "2024-01-02T03:04:05Z",
        "2024-01-02t03:04:05z",
        "2024-01-02T11:04:05+08:00",
        "2024-01-02T11:04:05+0800",
        "2024-01-02 03:04:05",
        "2024-01-02 03:04:05 +0000",
        "2024/1/2 3:04:05",
        "20240102T030405Z",
        "٢٠٢٤-٠١-٠٢T٠٣:٠٤:٠٥Z",
        "2024年1月2日 03:04:05",
        "2024年01月02日 上午3时04分05秒",
        "2024年1月2日(火) 03:04:05",
        "2024年1月2日 星期二 03:04:05",
        "2024-01-02 오전 03:04:05",
        "1704164645",
        "1704164645000",
        "Tue, 02 Jan 2024 03:04:05 +0000 GMT",
        "Mon, 01 Jan 2024 22:04:05 -05:00 EST",
        "2024-01-02T03:04:05Z[UTC]",
        "2024-01-02T11:04:05+08:00[Asia/Shanghai]",
        "Tue Jan 02 2024 03:04:05 GMT+0000 (Coordinated Universal Time)",
        "2024-01-02T030405Z",
        "Tuesday, January 2, 2024 - 03:04:05",
        "Dienstag, 2. Januar 2024 um 03:04:05",
        "02/Jan/2024:03:04:05 +0000",
        "Sat, Jan 02 2024 03:04:05 AM",
        "2024/01/02(火) 03:04:05",
        "2024. 1. 2. 오전 3:04:05",
        "2024년 1월 2일 오전 3시 4분 5초",
        "周二, 02 1月 2024 11:04:05 +0800",
        "星期二, 02 一月 2024 11:04:05 +0800",
        "2 stycznia 2024 03:04:05",
        "2. ledna 2024 03:04:05",
        "2 Ocak 2024 03:04:05",
        "2. tammikuuta 2024 03:04:05",
        "tir., 2. januar 2024 03:04:05",
        "2 ianuarie 2024 03:04:05",
        "2 січня 2024 03:04:05",
        "الثلاثاء، ٢ يناير ٢٠٢٤ ٠٣:٠٤:٠٥",
        "الثلاثاء، 2 كانون الثاني 2024 03:04:05",
        "2 جانفي 2024 03:04:05",
        "2 בינואר 2024 03:04:05",
    ],
)
def test_d17_the_same_instant_in_every_dialect(written: str) -> None:
    assert parse_date(written) == MEANT


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024年1月2日", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024年1月2日 下午3时04分", datetime(2024, 1, 2, 15, 4, tzinfo=UTC)),
        ("2024-01", datetime(2024, 1, 1, tzinfo=UTC)),
        ("12/31/2024", datetime(2024, 12, 31, tzinfo=UTC)),
        ("24 تشرين الثاني 2026", datetime(2026, 11, 24, tzinfo=UTC)),
        ("31 آب 2026", datetime(2026, 8, 31, tzinfo=UTC)),
        ("5 أيلول 2026", datetime(2026, 9, 5, tzinfo=UTC)),
        ("31.12.2024 12:00", datetime(2024, 12, 31, 12, tzinfo=UTC)),
        ("02 Jan 99 00:00:00 GMT", datetime(1999, 1, 2, tzinfo=UTC)),
        ("2024-01-02T03:04:05.678Z", MEANT.replace(microsecond=678000)),
        ("2024-01-02T24:00:00Z", datetime(2024, 1, 3, tzinfo=UTC)),
        ("2024-12-31T23:59:60Z", datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1970-01-02T00:00:00Z", datetime(1970, 1, 2, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_d16_dates_that_say_less_or_stand_at_an_edge(written: str, meant: datetime) -> None:
    assert parse_date(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        *("0000-00-00", "0000-00-00 00:00:00", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
        *("31 Feb 2024", "2024-02-30", "2024-13-01", "2024-01-02T25:61:00Z", "99999-01-01T00:00:00Z"),
        *(
            "9999-12-31T23:59:59-05:00",
            "03/04/2024",
            "yesterday",
            "",
            "Tue",
            "12",
            "2024年13月1日",
            "Foo, 02 Bar 2024 03:04:05 GMT",
        ),
    ],
)
def test_d15_d16_what_is_no_date_is_none(written: str) -> None:
    assert parse_date(written, (-1, 11, 30, 0, 0, 0, 0, 0, 0)) is None


@pytest.mark.parametrize(
    "written",
    [
        *("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01", "1970-01-01T08:00:00", "0"),
        *("1969-12-31T16:00:00-08:00", "Thu, 01 Jan 1970 01:00:00 +0100", "0000000000"),
    ],
)
def test_d16_second_0_of_unix_is_no_date_in_any_zone(written: str) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize(
    "written", ["Tue, 02 Jan 2024 25:61:00 GMT", "Tue, 02 Jan 2024 03:60:00", "2024-01-02 24:00:01"]
)
def test_d16_a_time_that_no_clock_shows_makes_no_date(written: str) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize("written", ["5 listopada 2024", "2 lis 2024", "5 Farvardin 1403", "2 มกราคม 2567"])
def test_d17_a_month_that_languages_disagree_on_or_another_calendar_is_no_date(written: str) -> None:
    assert parse_date(written) is None


@pytest.mark.parametrize("zone", ["+9999", "-9999", "+1500", "+0899", "XYZ", "America/New_York"])
def test_d17_a_zone_that_does_not_exist_is_utc(zone: str) -> None:
    assert parse_date(f"Tue, 02 Jan 2024 03:04:05 {zone}") == MEANT


def test_letters_that_only_feedparser_reads_are_left_to_it() -> None:
    assert parse_date("Τρι, 02 Ιαν 2024 03:04:05 GMT", MEANT.timetuple()[:9]) == MEANT
    assert parse_date("Τρι, 02 Ιαν 2024", (-1, 11, 30, 0, 0, 0, 0, 0, 0)) is None
    assert parse_date("Τρι, 02 Ιαν 2024", ("x",) * 9) is None


@given(st.text(max_size=60) | st.text("0123456789-+:/TZ .,年月日時GMTJanFeb", max_size=40))
def test_no_text_makes_it_raise(text: str) -> None:
    found = parse_date(text)
    assert found is None or (found.tzinfo is UTC and 1970 <= found.year <= 9999)


@given(
    st.datetimes(min_value=datetime(1970, 1, 3), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is added below
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_what_is_written_with_a_zone_is_read_back_exactly(local: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    meant = local.replace(tzinfo=UTC, microsecond=0) - timedelta(minutes=minutes)
    text = local.strftime("%d %b ") + f"{local.year:04} {local:%H:%M:%S} {sign}{hours:02}{rest:02}"
    assert parse_date(text) == meant
