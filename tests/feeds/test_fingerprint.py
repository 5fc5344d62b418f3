"""What is compared of entries, and what proves nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fingerprint import (
    LEAD_WORDS,
    NEAR_KEYS,
    SKETCH,
    alias_key,
    fingerprint,
    hashes,
    headline,
    link_key,
    normalise_title,
    telling,
    title_key,
    tokens,
    unpacked,
    url_key,
)
from feeds.model import Enclosure, Entry

WORDS = " ".join(f"word{number}" for number in range(300))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/story?utm_source=rss", "https://a.example/story"),
        ("http://a.example/story", "https://a.example/story"),
        ("https://A.example/story#comments", "https://a.example/story"),
        ("https://a.example:443/story/", "https://m.a.example/story?amp=1"),
        ("https://www.google.com/url?q=https%3A%2F%2Fa.example%2Fstory&sa=D", "https://a.example/story"),
    ],
)
def test_d19_addresses_of_one_article_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other) is not None


@pytest.mark.parametrize(
    "url", [None, "", "https://a.example", "https://a.example/", "https://a.example/#top", "https://[broken"]
)
def test_a_front_page_is_no_evidence(url: str | None) -> None:
    assert url_key(url) is None or url == "https://[broken"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Moon has been Found to be Hollow", "the moon has been found to be hollow!"),
        ("Ｆｕｌｌ ｗｉｄｔｈ letters are still letters", "Full width letters are still letters"),
        ("新华社：中国空间站迎来新乘组", "新华社 中国空间站迎来新乘组"),
        ("Why it’s not what they don't say", "Why it's not what they don’t say"),
        ("Cafe\u0301 owners of the city unite", "Caf\u00e9 owners of the city unite"),
    ],
)
def test_d20_titles_that_read_the_same_have_one_key(one: str, other: str) -> None:
    assert title_key(one) == title_key(other) is not None


@pytest.mark.parametrize(
    "title",
    [
        "", "Daily links", "Links", "Quoting Ada Lovelace", "每日新闻", "a b c d", "!!! ???",
        "Quoting somebody with a very long name indeed", "Links for 2026-03-01 and the day before",
        "Weekly roundup of what happened in the city", "Episode 12 of the show about nothing", "2026 03 01 12 00 00",
        "早报：今天发生的十件重要的事情在这里",
    ],
)  # fmt: skip
def test_a_short_or_formulaic_title_is_no_evidence(title: str) -> None:
    assert not telling(title)


def test_words_that_differ_in_a_vowel_sign_differ() -> None:
    assert normalise_title("किताब") != normalise_title("कताब")


@given(st.text())
def test_normalising_a_title_twice_changes_nothing_more(title: str) -> None:
    assert normalise_title(normalise_title(title)) == normalise_title(title)


@pytest.mark.parametrize(
    ("title", "site", "url", "expected"),
    [
        ("Floods in Ghent - The Example Times", "The Example Times", None, "Floods in Ghent"),
        ("Floods in Ghent | Reuters", "Google News", "https://www.reuters.com/x", "Floods in Ghent"),
        ("根特发生洪水_新浪网", "新浪网", None, "根特发生洪水"),
        (
            "Floods in Ghent - what we know",
            "The Example Times",
            "https://a.example/x",
            "Floods in Ghent - what we know",
        ),
        ("C - the language", "", "https://c.example/", "C - the language"),
    ],
)
def test_the_name_of_the_site_is_no_part_of_a_headline(title: str, site: str, url: str | None, expected: str) -> None:
    assert headline(title, site=site, url=url) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://www.a.example/1", "https://a.example/1/", True),
        ("https://a.example:443/1", "http://A.example/1", True),
        ("https://a.example/1#b", "https://a.example/1#c", False),
        ("https://a.example/?p=1", "https://a.example/?p=2", False),
        ("https://a.example/Ab", "https://a.example/aB", False),
    ],
)
def test_d01_a_guid_that_is_an_address_has_an_alias(one: str, other: str, same: bool) -> None:
    assert (alias_key(one) == alias_key(other) is not None) == same


@pytest.mark.parametrize(
    "guid", ["12", "tag:a.example,2026:1", "urn:uuid:1", "https://a.example", "https://a.example/"]
)
def test_a_guid_that_is_no_address_has_none(guid: str) -> None:
    assert alias_key(guid) is None


def test_what_identifies_an_entry_within_its_source_is_its_address_with_the_fragment_or_else_its_title() -> None:
    assert link_key("https://a.example/x#1", "") != link_key("https://a.example/x#2", "")
    assert link_key("http://a.example/x/", "A") == link_key("https://a.example/x", "B")
    assert link_key(None, "Some Title!") == link_key(None, "some title") != link_key(None, "")


def test_a_sketch_holds_the_smallest_hashes_of_the_lead() -> None:
    made = fingerprint(Entry(guid="1", html=f"<p>{WORDS}</p>"))
    sketch, keys = unpacked("I", made.sketch), unpacked("q", made.near_keys)
    assert (made.words, made.shingles, len(sketch), len(keys)) == (300, 298, SKETCH, NEAR_KEYS)
    assert list(sketch) == sorted(sketch)
    assert [key + 2**63 >> 32 for key in keys] == list(sketch[:NEAR_KEYS])


def test_what_comes_after_the_lead_does_not_count() -> None:
    lead = [f"word{number}" for number in range(LEAD_WORDS)]
    assert hashes([*lead, "more", "words"]) == hashes(lead)


@pytest.mark.parametrize(
    ("text", "shingles"),
    [
        ("one two three four", 2),
        ("中国空间站迎来新乘组", 5),  # ten characters, six at a time
        ("สวัสดีชาวโลก", 7),
        ("한국어 문장은 띄어 쓴다", 2),
        ("two words", 0),
        ("", 0),
    ],
)
def test_every_script_has_shingles(text: str, shingles: int) -> None:
    assert len(hashes(tokens(text))) == shingles


def test_markup_is_no_part_of_the_text_and_an_enclosure_is() -> None:
    one = Entry(guid="1", title="T", html="<p>Some <b>text</b></p>")
    other = replace(one, html="<div>Some text</div>")
    more = replace(one, enclosures=(Enclosure(url="https://a.example/1.mp3"),))
    assert fingerprint(one).text_digest == fingerprint(other).text_digest != fingerprint(more).text_digest


@given(st.text(), st.text(), st.text())
def test_whatever_an_entry_says_it_has_a_fingerprint(title: str, url: str, html: str) -> None:
    made = fingerprint(Entry(guid=url or "1", title=title, url=url, html=html), site=title[:5])
    assert made.shingles >= len(unpacked("I", made.sketch)) >= len(unpacked("q", made.near_keys))
