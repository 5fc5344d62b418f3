"""Words without quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.scalars import Surprise, meaning


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("12", 12),
        ("-3", -3),
        ("15m", "15m"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("https://a.example/1:30", "https://a.example/1:30"),
        ("-a", "-a"),
        ("y", "y"),
    ],
)
def test_words_that_mean_one_thing(word: str, value: object) -> None:
    assert meaning(word) == value


@pytest.mark.parametrize(
    "word",
    [
        *("no", "Yes", "ON", "off", "1:30", "12:30:45", "012", "0o17", "0x1F", "0b1", "1_000", "1e3", "1.5", ".5"),
        *("-.inf", ".nan", "2026-11-23", "2026-11-23T10:00:00Z", "2026-1-1 10:00", "9" * 5000),
    ],
)
def test_c06_words_that_yaml_may_read_otherwise(word: str) -> None:
    assert isinstance(meaning(word), Surprise)


@given(st.text())
def test_every_word_has_some_meaning(word: str) -> None:
    assert isinstance(meaning(word), str | int | bool | Surprise | None)
