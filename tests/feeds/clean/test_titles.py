"""Titles: one plain line, whatever the source put in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.clean.context import Context
from feeds.clean.rules import Rules
from feeds.clean.titles import LONGEST, MOST_MARKS, STAND_IN, plain, tidy
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
        ("e" + "\u0301" * 10_000, "e" + "\u0301" * MOST_MARKS),
        ("ก" + "็" * 10_000, "ก" + "็" * MOST_MARKS),
        ("b" + "\u064b" * 10_000 + "c", "b" + "\u064b" * MOST_MARKS + "c"),
        ("a" + "\u0301\u200d" * 10_000, "a" + "\u0301\u200d" * (MOST_MARKS // 2)),
        ("a" + "\ufe0f" * 10_000, "a" + "\ufe0f" * MOST_MARKS),
        ("hidden" + "".join(chr(0xE0000 + ord(one)) for one in "text"), "hidden"),
        ("\u200e\u200f\u061c" * 1000 + "a", "\u200ea"),
        ("\u3164\u115f\u2800", ""),
        ("\u200d \u0301", ""),
        ("full\u3000width\u00a0blanks", "full width blanks"),
        ("bell\x07\x9b", "bell"),
    ],
)
def test_h11_titles_cannot_play_tricks(title: str, expected: str) -> None:
    assert plain(title) == expected
    assert plain(plain(title)) == expected


@pytest.mark.parametrize(
    "title",
    [
        "👩‍👩‍👧‍👦 family 👩🏽‍🚀",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 2:1 🇩🇪🇫🇷",
        "❤️ 1️⃣ ☎︎",
        "می‌خواهم کتاب‌ها را",
        "שָׁלוֹם עֲלֵיכֶם בְּרֵאשִׁ֖ית",
        "السَّلَامُ عَلَيْكُمْ",
        "क्‍ष हिन्दी श्री",
        "မြွှော် ကျွန်ုပ်",
        "སྒྲུབས་བརྒྱུད",
        "Tiếng Việt ở Huế",
        "「新聞」……——《評論》！！！？？？",
        "g̈ ō̃ a̋",
        "Price \u200e100 ₪\u200f (חדש)",
    ],
)
def test_h11_scripts_and_emoji_keep_what_they_need(title: str) -> None:
    assert plain(title) == title


@pytest.mark.parametrize("piece", ["a", "字", "e\u0301", "👩\u200d💻", "🇩🇪", "👍🏽", "word "])
def test_h11_a_title_is_capped_between_what_readers_see_as_characters(piece: str) -> None:
    title = plain(piece * 1000)
    assert LONGEST // 2 < len(title) <= LONGEST
    assert title.endswith(piece.strip() + "…")
    assert plain(title) == title


@given(st.text() | st.text("a \u0301\u200d\u200b\u202e\ufe0f\u3164👩🇩🏴\U000e0067ก็字…", max_size=40))
def test_a_plain_title_stays_as_it_is(title: str) -> None:
    assert plain(plain(title)) == plain(title)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (Entry(guid="1", title="\u200b", html="<p>First &amp; <b>only</b></p>"), "First & only"),
        (Entry(guid="1", summary="From the summary", url="https://e.example/"), "From the summary"),
        (Entry(guid="1", html="<img src=x>", url="https://e.example/a"), "e.example/a"),
        (Entry(guid="1", enclosures=(Enclosure(url="https://e.example/a.mp3"),)), "e.example/a.mp3"),
        (Entry(guid="tag:e.example,2026:1"), "tag:e.example,2026:1"),
    ],
)
def test_x17_something_stands_in_for_a_missing_title(entry: Entry, expected: str) -> None:
    assert tidy(entry, CONTEXT).title == expected


def test_what_stands_in_is_short_and_ends_between_words() -> None:
    title = tidy(Entry(guid="1", html="word, " * 100), CONTEXT).title
    assert len(title) <= STAND_IN + 1
    assert title.endswith("word…")
    assert len(tidy(Entry(guid="1", html="字" * 300), CONTEXT).title) == STAND_IN
