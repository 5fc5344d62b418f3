"""What merging compares, and what proves nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.fingerprint import normalise_title, title_key, url_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/story?utm_source=rss", "https://a.example/story"),
        ("http://a.example/story", "https://a.example/story"),
        ("https://A.example/story#comments", "https://a.example/story"),
    ],
)
def test_addresses_of_one_article_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other) is not None


@pytest.mark.parametrize("url", [None, "", "https://a.example", "https://a.example/", "https://a.example/#top"])
def test_a_front_page_is_no_evidence(url: str | None) -> None:
    assert url_key(url) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Moon has been Found to be Hollow", "the moon has been found to be hollow!"),
        ("Ｆｕｌｌ ｗｉｄｔｈ letters are still letters", "Full width letters are still letters"),
        ("新华社：中国空间站迎来新乘组", "新华社 中国空间站迎来新乘组"),
    ],
)
def test_titles_that_read_the_same_have_one_key(one: str, other: str) -> None:
    assert title_key(one) == title_key(other) is not None


@pytest.mark.parametrize(
    "title", ["", "Daily links", "Links", "Quoting Ada Lovelace", "每日新闻", "a b c d", "!!! ???"]
)
def test_a_short_title_is_no_evidence(title: str) -> None:
    assert title_key(title) is None


@given(st.text())
def test_normalising_a_title_twice_changes_nothing_more(title: str) -> None:
    assert normalise_title(normalise_title(title)) == normalise_title(title)
