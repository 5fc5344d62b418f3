"""Durations and sizes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.quantities import LARGEST, format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("2h", 7200),
        ("14d", 1_209_600),
        ("1w", 604_800),
        ("5 minutes", 300),
        (" 1 Hour ", 3600),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "15", "m", "-1m", "1.5h", "0m", "15 parsecs", "1h30m", "٣m", "9999999999s", "1\u00a0m"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        parse_duration(text)


@given(st.integers(1, 3650 * 86_400))
def test_a_written_duration_is_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500 KB", 500_000),
        ("5 MiB", 5 << 20),
        ("1.5MB", 1_500_000),
        ("1.25 KiB", 1280),
        ("10 B", 10),
        ("1 gib", 1 << 30),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "5", "MiB", "-5 MiB", "0 B", "5 bananas", "2000 GiB", "1.2345 KB", "5,5 MB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        parse_size(text)


@given(st.integers(1, LARGEST))
def test_a_written_size_is_read_back(size: int) -> None:
    assert parse_size(format_size(size)) == size
