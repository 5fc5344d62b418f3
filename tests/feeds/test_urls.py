"""Addresses: resolving, stripping, comparing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeds.urls import TRACKING, canonicalise, resolve, strip_tracking

BASE = "https://e.example/a/b"
# What addresses are made of, so that made-up ones come near the rules.
PIECES = [
    *(
        "http://",
        "https://",
        "HTTPS:",
        "//",
        "/",
        "\\",
        "www.",
        "m.",
        "amp.",
        "google.com",
        "e.example",
        "bücher.example",
        ".",
    ),
    *(
        ":80",
        ":443",
        ":x",
        "@",
        "?",
        "&",
        "#",
        "#!",
        "=",
        "utm_source=x",
        "amp=1",
        "url?q=https%3A%2F%2Fe.example",
        "/amp",
    ),
    *(
        "/../",
        "/./",
        "%7e",
        "%2F",
        "%",
        "%%341",
        "%zz",
        " ",
        "\t",
        "\x01",
        "é",
        "ＥＶＩＬ",
        "[::1]",
        "[",
        "javascript:",
        "\ud800",
    ),
    *("/amp/s/", "cdn.ampproject.org", "/c/s/", "1", "a"),
]
ADDRESSES = st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/x", "https://e.example/x"),
        ("x y.png", "https://e.example/a/x%20y.png"),
        ("?p=1&amp;q=2", "https://e.example/a/b?p=1&q=2"),
        ("#note", "https://e.example/a/b#note"),
        ("//evil.example/x", "https://evil.example/x"),
        ("\\\\evil.example", "https://evil.example"),
        ("/\\evil.example", "https://evil.example"),
        ("ht\ttp://x.example", "http://x.example"),
        ("HTTPS://ＥＶＩＬ.example/Ä", "https://evil.example/Ä"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("https://e.example?a=1", "https://e.example/?a=1"),
        ("  https://e.example/ok  ", "https://e.example/ok"),
        ("https://e.example:8443/", "https://e.example:8443/"),
        ("http:evil.example", None),
        ("http://", None),
        ("http://[::1", None),
        ("http://h:99999/", None),
        ("http://a b/", None),
        ("ftp://e.example/", None),
        ("mailto:a@e.example", None),
        ("", None),
        ("https://e.example/" + "a" * 9000, None),
    ],
)
def test_h10_h16_an_address_means_what_a_browser_makes_of_it(href: str, expected: str | None) -> None:
    assert resolve(BASE, href) == expected


@pytest.mark.parametrize(
    "href",
    [
        *(
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "\x01javascript:1",
            "java\tscript:1",
            "java\r\nscript:1",
            " javascript:1",
        ),
        *("&#x6a;avascript:1", "&#106;avascript:1", "javascript&colon;1", "javascript&#58;1", "\u200bjavascript:1"),
        *("data:text/html,<script>", "vbscript:x", "file:///etc/passwd", "feed:https://e.example/"),
    ],
)
def test_h03_script_schemes_and_their_disguises_are_no_addresses(href: str) -> None:
    assert resolve(BASE, href) is None
    assert resolve("", href) is None


def test_without_a_base_a_relative_address_means_nothing() -> None:
    assert resolve("", "/x") is None
    assert resolve("examples/a.xml", "b") is None


@given(ADDRESSES, ADDRESSES)
def test_resolving_never_raises_and_gives_web_addresses_only(base: str, href: str) -> None:
    found = resolve(base, href)
    assert found is None or found.startswith(("http://", "https://"))


@given(ADDRESSES)
def test_resolving_what_was_resolved_changes_nothing(href: str) -> None:
    found = resolve(BASE, href)
    assert found is None or resolve("", found) == found


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.example/a?utm_source=rss&b=2&fbclid=x&a=%20+", "https://e.example/a?b=2&a=%20+"),
        ("https://e.example/a?UTM_Medium=x", "https://e.example/a"),
        ("https://e.example/a#utm_source=x", "https://e.example/a"),
        ("https://e.example/a#xtor=RSS-1", "https://e.example/a"),
        ("https://e.example/a?ref=home&source=x&id=1#top", "https://e.example/a?ref=home&source=x&id=1#top"),
        ("https://e.example/a?", "https://e.example/a?"),
        ("https://e.example/a?x=?utm_source", "https://e.example/a?x=?utm_source"),
    ],
)
def test_h12_trackers_go_and_nothing_else(url: str, expected: str) -> None:
    assert strip_tracking(url) == expected


@given(ADDRESSES)
def test_stripping_twice_changes_nothing(url: str) -> None:
    assert strip_tracking(strip_tracking(url)) == strip_tracking(url)


@pytest.mark.parametrize("name", sorted(TRACKING))
def test_every_tracker_of_the_table_is_stripped(name: str) -> None:
    assert strip_tracking(f"https://e.example/?a=1&{name}=x&b=2") == "https://e.example/?a=1&b=2"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://e.example/page",
        "http://e.example/page",
        "HTTPS://WWW.E.EXAMPLE:443/page/",
        "http://m.e.example:80/page#comments",
        "https://user:secret@e.example./page?utm_source=a&fbclid=b",
        "https://e.example/x/../%70age",
        "https://e.example/page/amp/",
        "https://e.example/page.amp",
        "https://amp.e.example/page?amp=1",
        "https://www.google.com/amp/s/e.example/page",
        "https://e-example.cdn.ampproject.org/c/s/e.example/page",
        "https://www.google.com/url?rct=j&q=https%3A%2F%2Fe.example%2Fpage&sa=U",
    ],
)
def test_d19_spellings_of_one_page_compare_equal(spelling: str) -> None:
    assert canonicalise(spelling) == "https://e.example/page"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://e.example/a", "https://e.example/A"),
        ("https://e.example/a?x=1&y=2", "https://e.example/a?y=2&x=1"),
        ("https://e.example/?p=1", "https://e.example/?p=2"),
        ("https://a.e.example/", "https://b.e.example/"),
        ("https://e.example:8080/", "https://e.example/"),
        ("https://e.example/#!/a", "https://e.example/#!/b"),
        ("https://e.example/a%2Fb", "https://e.example/a/b"),
        ("https://www.example/", "https://m.example/"),
    ],
)
def test_d19_different_pages_stay_different(one: str, two: str) -> None:
    assert canonicalise(one) != canonicalise(two)


def test_d19_hosts_and_paths_of_all_scripts_have_one_spelling() -> None:
    assert canonicalise("http://Bücher.example/中") == canonicalise("https://xn--bcher-kva.example/%e4%b8%ad")


@pytest.mark.parametrize("other", ["urn:uuid:1", "tag:e.example,2024:1", "", "not an address", "ftp://e.example/"])
def test_what_is_no_web_address_stays_as_it_is(other: str) -> None:
    assert canonicalise(other) == other


@given(ADDRESSES)
@example("https://google.com/url?q=https%3A%2F%2Fgoogle.com/url?q=http:x")
def test_d19_canonicalising_twice_changes_nothing(url: str) -> None:
    assert canonicalise(canonicalise(url)) == canonicalise(url)
