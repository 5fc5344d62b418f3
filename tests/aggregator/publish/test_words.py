"""Instants and numbers as people say them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.publish.words import counted, full_date, minute, relative, stamp, with_breaks, with_code

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (44, "just now"),
        (50, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (7_300, "2 hours ago"),
        (86_400 * 20, "20 days ago"),
        (86_400 * 70, "2 months ago"),
        (86_400 * 800, "2 years ago"),
        (-20, "any moment"),
        (-300, "in 5 minutes"),
        (-86_400, "in 1 day"),
    ],
)
def test_an_instant_is_said_relative_to_now(seconds: int, said: str) -> None:
    assert relative(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [(1, "story", "1 story"), (0, "story", "0 stories"), (1200, "day", "1,200 days"), (2, "source", "2 sources")],
)
def test_nouns_follow_their_numbers(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said


def test_absolute_instants_are_utc_for_machines_and_for_people() -> None:
    assert stamp(NOW) == "2026-03-01T12:00:00Z"
    assert minute(NOW) == "1 Mar 2026, 12:00 UTC"
    assert full_date(date(2026, 3, 1)) == "Sunday, 1 March 2026"


def test_backticks_become_code_and_all_else_is_escaped() -> None:
    assert with_code("set `<a>` & go") == "set <code>&lt;a&gt;</code> &amp; go"


def test_an_address_may_break_after_its_slashes_and_is_escaped() -> None:
    assert with_breaks("http://a.example/?<x>") == "http:/<wbr>/<wbr>a.example/<wbr>?&lt;x&gt;"
