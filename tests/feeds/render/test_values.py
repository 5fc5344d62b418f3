"""Values made fit to be written: text, addresses, instants, types."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.render.values import email, instant, language, line, media_type, text, uri


@pytest.mark.parametrize(
    ("written", "fit"),
    [
        ("你好 مرحبا 🎉 é", "你好 مرحبا 🎉 é"),
        ("a\x00b\x1fc\x7fd\x85e", "abcde"),
        ("a\ud83db", "ab"),
        ("a\ufffeb\uffffc\ufdd0d", "abcd"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("caf\ufffd", "caf□"),
        ("a\u00c2\x1f\xa0b", "a\xa0b"),  # misread once what stood between is gone
    ],
)
def test_text_keeps_what_xml_can_hold(written: str, fit: str) -> None:
    assert text(written) == fit


@given(st.text(st.characters(codec=None)))
def test_text_made_fit_stays_as_it_is(written: str) -> None:
    assert text(text(written)) == text(written)


def test_a_line_is_one_line() -> None:
    assert line("  two\n lines\tand\u3000more ") == "two lines and more"


@pytest.mark.parametrize(
    ("address", "fit"),
    [
        ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org?q=1", "https://example.org/?q=1"),
        (
            "http://例子.测试/路 径?查=询#段",
            "http://xn--fsqu00a.xn--0zwm56d/%E8%B7%AF%20%E5%BE%84?%E6%9F%A5=%E8%AF%A2#%E6%AE%B5",
        ),
        ("http://example.org/100%?a[]=1|2", "http://example.org/100%25?a%5B%5D=1%7C2"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://me:secret@example.org/", "https://example.org/"),
        (" https://example.org/a\x00b ", "https://example.org/ab"),
        ("HTTPS://Example.org/", "https://Example.org/"),
        ("javascript:alert(1)", None),
        ("ftp://example.org/", None),
        ("/relative", None),
        ("http://", None),
        ("http://[::1", None),
        ("http://" + "ä" * 70 + ".org/", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_an_http_uri_or_nothing(address: str | None, fit: str | None) -> None:
    assert uri(address) == fit


@given(st.text(st.characters(codec=None)).map("https://example.org/".__add__))
def test_an_address_made_fit_stays_as_it_is(address: str) -> None:
    fit = uri(address)
    assert fit is not None
    assert fit.isascii()
    assert uri(fit) == fit


@pytest.mark.parametrize(
    ("moment", "fit"),
    [
        (datetime(2024, 5, 1, 10, 0, tzinfo=timezone(timedelta(hours=8))), datetime(2024, 5, 1, 2, 0, tzinfo=UTC)),
        (datetime(2024, 5, 1, 10, 0), datetime(2024, 5, 1, 10, 0, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), datetime(1970, 1, 1, tzinfo=UTC)),
        (None, None),
    ],
)
def test_an_instant_is_utc_and_not_before_1970(moment: datetime | None, fit: datetime | None) -> None:
    assert instant(moment) == fit


@pytest.mark.parametrize(
    ("tag", "fit"), [("zh-Hans-CN", "zh-Hans-CN"), ("en_US", None), ("english!", None), ("", None)]
)
def test_a_language_is_a_tag_or_nothing(tag: str, fit: str | None) -> None:
    assert language(tag) == fit


@pytest.mark.parametrize(
    ("claimed", "url", "fit"),
    [
        ("Audio/MPEG", "https://example.org/a", "audio/mpeg"),
        ("audio/ogg; codecs=opus", "https://example.org/a", "audio/ogg; codecs=opus"),
        ("mp3", "https://example.org/a.MP3?x=1", "audio/mpeg"),
        (None, "https://example.org/a.unknown", "application/octet-stream"),
    ],
)
def test_a_media_type_is_always_found(claimed: str | None, url: str, fit: str) -> None:
    assert media_type(claimed, url) == fit


@pytest.mark.parametrize(("address", "fit"), [(" a@example.org ", "a@example.org"), ("a at b", None), (None, None)])
def test_an_email_address_is_one_or_nothing(address: str | None, fit: str | None) -> None:
    assert email(address) == fit
