"""Titles: one plain line, whatever the source put in it."""

import pytest

from feeds.clean.context import Context
from feeds.clean.rules import Rules
from feeds.clean.titles import STAND_IN, plain, tidy
from feeds.model import Enclosure, Entry

CONTEXT = Context(base="", rules=Rules())


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("  two\n\tlines  ", "two lines"),
        ("The <b> tag", "The <b> tag"),
        ("safe\u202etxt.exe\u202c", "safetxt.exe"),
        ("\u2066iso\u2069lated", "isolated"),
        ("zero\u200b\u200b\u200bwidth\ufeff", "zerowidth"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a" + "\u200d" * 1000 + "b", "a\u200db"),
        ("e" + "\u0301" * 10_000, "e" + "\u0301" * 4),
        ("full\u3000width\u00a0blanks", "full width blanks"),
        ("bell\x07\x9b", "bell"),
    ],
)
def test_h11_titles_cannot_play_tricks(title: str, expected: str) -> None:
    assert plain(title) == expected
    assert plain(plain(title)) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (Entry(guid="1", title="\u200b", html="<p>First &amp; <b>only</b></p>"), "First & only"),
        (Entry(guid="1", summary="From the summary", url="https://e.example/"), "From the summary"),
        (Entry(guid="1", html="<img src=x>", url="https://e.example/a"), "e.example/a"),
        (Entry(guid="1", enclosures=(Enclosure(url="https://e.example/a.mp3"),)), "e.example/a.mp3"),
        (Entry(guid="1"), ""),
    ],
)
def test_x17_something_stands_in_for_a_missing_title(entry: Entry, expected: str) -> None:
    assert tidy(entry, CONTEXT).title == expected


def test_what_stands_in_is_short_and_ends_between_words() -> None:
    title = tidy(Entry(guid="1", html="word, " * 100), CONTEXT).title
    assert len(title) <= STAND_IN + 1
    assert title.endswith("word…")
    assert len(tidy(Entry(guid="1", html="字" * 300), CONTEXT).title) == STAND_IN
