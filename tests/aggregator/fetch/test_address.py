"""One strict reader of addresses."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.address import parse, resolve

BASE = parse("https://feeds.example/a/b.xml?x=1")


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://0177.0.0.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://0/", "0.0.0.0"),
        ("http://①②⑦.0.0.1/", "127.0.0.1"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://[::FFFF:7f00:1]/", "::ffff:7f00:1"),
    ],
)
def test_s04_every_spelling_of_an_ip_address_becomes_the_canonical_one(written: str, host: str) -> None:
    assert parse(written).host == host
    assert parse(written).ip == ip_address(host)


@pytest.mark.parametrize(
    "written",
    [
        "http://127.0.0.1\\@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://exa\tmple.com/",
        "http://example.com/a\r\nHost: x",
        "http://example.com/a b",
        " http://example.com/",
        "http://example.com/\0",
        "http://example.com/%00",
        "http://a@b@example.com/",
        "http:///h",
        "http:h",
        "//example.com/",
        "example.com",
        "",
        "http://",
        "http://[::1/",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://h:99999/",
        "http://h:0/",
        "http://h:/",
        "http://h:１２/",
        "http://h:+80/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://" + "9" * 40 + "/",
        "http://1.2.3.09/",
        "http://exa%6dple.com/",
        "http://-a.example/",
        "http://a..b/",
        "http://" + "a" * 64 + ".example/",
        "http://example.com/\udcff",
        "http://example.com/" + "a" * 9000,
        "ftp://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ],
)
def test_s09_what_two_parsers_could_read_differently_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(written)


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("http://h.example", "/"),
        ("http://h.example?", "/?"),
        ("http://h.example?q=1", "/?q=1"),
        ("http://h.example/a/../b%2f?x=%41&y#part", "/a/../b%2f?x=%41&y"),
        ("http://h.example/a?", "/a?"),
        ("http://h.example/新", "/%E6%96%B0"),
        ("http://h.example/[a]|{b}", "/[a]|{b}"),
    ],
)
def test_e35_the_path_is_sent_byte_for_byte(written: str, target: str) -> None:
    assert parse(written).target == target


def test_an_address_is_called_by_one_name() -> None:
    address = parse("HTTPS://Bücher.Example:443/a#b")
    assert address.url == "https://xn--bcher-kva.example/a"
    assert parse(address.url) == address
    assert address.authority == "xn--bcher-kva.example"
    assert parse("http://[2606:2800::1]:8080/").authority == "[2606:2800::1]:8080"


def test_s15_a_password_is_in_the_header_and_nowhere_else() -> None:
    address = parse("http://us%65r:p%3Aw@h.example/feed")
    assert address.authorization == b"Basic dXNlcjpwOnc="
    assert address.url == "http://h.example/feed"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("http://other.example/x", "http://other.example/x"),
        ("//other.example/x", "https://other.example/x"),
        ("/x?y", "https://feeds.example/x?y"),
        ("c.xml", "https://feeds.example/a/c.xml"),
        ("../c.xml", "https://feeds.example/c.xml"),
        ("?y", "https://feeds.example/a/b.xml?y"),
        ("/新", "https://feeds.example/%E6%96%B0"),
    ],
)
def test_a_redirect_is_resolved(location: str, url: str) -> None:
    assert resolve(BASE, location).url == url


@pytest.mark.parametrize(
    "location",
    [
        "",
        "//",
        "/\udcff\udcfe",
        "http://[::1",
        "http://h:99999/",
        "\\\\e\\x",
        "/a\\b",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/xml,<rss/>",
        "gopher://x/",
        "http:other.example",
        "https://user@other.example/",
        "#part",
        "/a b",
    ],
)
def test_n23_a_redirect_to_nonsense_is_a_value_error(location: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        resolve(BASE, location)


@given(st.text(max_size=60), st.sampled_from(["", "http://", "http://h.example/", "http://a@", "http://[", "//"]))
def test_any_text_is_an_address_or_a_value_error(text: str, start: str) -> None:
    try:
        address = parse(start + text)
    except ValueError:
        return
    assert address.url.isascii()
    assert parse(address.url).url == address.url
