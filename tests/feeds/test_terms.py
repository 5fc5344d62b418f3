"""What texts are found by, what is looked for, and where it is in a text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.terms import LONGEST_QUERY, MOST_PHRASES, MOST_TERMS, Phrase, Terms, asked, marked, terms, terms_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello, WORLD!", ["hello", "world"]),
        ("Café naïve cafe\u0301 Straße", ["cafe", "naive", "cafe", "strasse"]),
        ("don’t don't", ["dont", "dont"]),
        ("C++ U.S. snake_case v3.11", ["c", "u", "s", "snake", "case", "v3", "11"]),
        ("Łódź København Ærø", ["lodz", "kobenhavn", "aero"]),
        ("ＦＥＥＤ ﾃｽﾄ", ["feed", "テス", "スト", "ト"]),
        ("高铁首发", ["高铁", "铁首", "首发", "发"]),
        ("iPhone手机，好", ["iphone", "手机", "机", "好"]),
        ("한국어", ["한국", "국어", "어"]),
        ("ไทย", ["ไท", "ทย", "ย"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("الْكِتَاب الكتاب كتـاب", ["الكتاب", "الكتاب", "كتاب"]),
        ("مدرسة مدرسه على علي", ["مدرسه", "مدرسه", "علي", "علي"]),
        ("שָׁלוֹם שלום", ["שלום", "שלום"]),
        ("Ёлка МОСКВА Ελλάς", ["елка", "москва", "ελλασ"]),
        ("𠮷野家", ["𠮷野", "野家", "家"]),
        ("… ! — 🚀", []),
        ("", []),
    ],
)
def test_a_text_is_found_by_its_folded_terms(text: str, found: list[str]) -> None:
    assert terms(text) == found


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("feeds", [Phrase(("feeds",), True)]),
        ("AI", [Phrase(("ai",), False)]),
        ("2026", [Phrase(("2026",), False)]),
        ("two words", [Phrase(("two",), False), Phrase(("words",), True)]),
        ('"two words"', [Phrase(("two", "words"), False)]),
        ("“two words", [Phrase(("two", "words"), False)]),
        ("state-of-the-art", [Phrase(("state", "of", "the", "art"), False)]),
        ("高铁", [Phrase(("高铁",), False)]),
        ("高铁首发", [Phrase(("高铁", "铁首", "首发"), False)]),
        ("高", [Phrase(("高",), True)]),
        ("「高铁」首发", [Phrase(("高铁",), False), Phrase(("首发",), False)]),
        ("高铁　首发", [Phrase(("高铁",), False), Phrase(("首发",), False)]),
        ('"手机 iphone"', [Phrase(("手机", "机", "iphone"), False)]),
        ("「猫」", [Phrase(("猫",), True)]),
        ("日 月 水 火 高铁", [*(Phrase((one,), True) for one in "日月水"), Phrase(("高铁",), False)]),
        ("some many more words", [Phrase((w,), w != "words") for w in ("some", "many", "more", "words")]),
        ("word word WORD", [Phrase(("word",), True)]),
        ("a AND b OR c*", [Phrase((one,), False) for one in ("a", "and", "b", "or", "c")]),
    ],
)
def test_a_query_is_phrases_all_of_which_must_be_there(query: str, phrases: list[Phrase]) -> None:
    assert list(asked(query)) == phrases


@pytest.mark.parametrize("query", ["", " ", '"', '""', "*", "%", "_", "'); --", "🚀", "\x00", "\u0301"])
def test_a_query_without_a_letter_asks_nothing(query: str) -> None:
    assert asked(query) == ()


@given(st.text(max_size=2 * LONGEST_QUERY))
def test_whatever_is_asked_is_bounded_and_plain(query: str) -> None:
    phrases = asked(query)
    assert len(phrases) <= MOST_PHRASES
    assert sum(len(phrase.terms) for phrase in phrases) <= MOST_TERMS
    assert all(term.replace("_", "x") and not set(term) & set("\"'*():&|!<> \\") for p in phrases for term in p.terms)


@given(st.text(max_size=80))
def test_a_text_has_the_terms_of_itself_in_a_row(text: str) -> None:
    have = terms(text)
    for phrase in asked(f'"{text.replace(chr(34), " ")}"'[:LONGEST_QUERY])[:1]:
        rows = (have[at : at + len(phrase.terms)] for at in range(len(have)))
        assert '"' in text or any(tuple(row) == phrase.terms for row in rows) or phrase.open


def test_a_snippet_that_was_cut_after_a_sentence_has_no_fourth_dot() -> None:
    assert bold("One of feeds... and " + "more " * 20, "feeds", 15) == "…of [feeds]…"


def bold(text: str, query: str, characters: int | None = None) -> str:
    pieces = marked(text, asked(query), characters=characters)
    return "".join(f"[{piece.text}]" if piece.found else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("All feeds feed", "feed", "All [feeds] [feed]"),
        ("An article of art", "art", "An article of [art]"),
        ("Un café, Café", "cafe", "Un [café], [Café]"),
        ("Straße und strasse", "strasse", "[Straße] und [strasse]"),
        ("新一代高铁首发了", "高铁首发", "新一代[高铁首发]了"),
        ("一只猫", "猫", "一只[猫]"),
        ("two, words and two more", '"two words"', "[two, words] and two more"),
        ("الْكِتَاب هنا", "الكتاب", "[الْكِتَاب] هنا"),
        ("nothing", "else", "nothing"),
        ("<b> & feeds", "feeds", "<b> & [feeds]"),
    ],
)
def test_what_was_looked_for_is_marked_in_the_text_as_it_is_written(text: str, query: str, shown: str) -> None:
    assert bold(text, query) == shown


def test_a_long_text_is_cut_around_the_first_that_is_found() -> None:
    text = "before it " * 50 + "the needle " + "after it " * 50
    shown = bold(text, "needle", 60)
    assert "[needle]" in shown
    assert (shown[0], shown[-1]) == ("…", "…")
    assert len(shown) <= 64


@given(st.text(max_size=200), st.text(min_size=1, max_size=20), st.integers(10, 50))
def test_marking_never_changes_a_text(text: str, query: str, characters: int) -> None:
    pieces = marked(text, asked(query))
    assert "".join(piece.text for piece in pieces) == unicodedata.normalize("NFC", text)
    assert sum(len(piece.text) for piece in marked(text, asked(query), characters=characters)) <= characters + 2


def test_a_text_has_the_terms_of_what_its_reader_sees() -> None:
    html = '<p class="big">高铁 &amp; <i>co</i></p><img src="https://a.example/x">'
    assert terms_of("Élan vital", html) == Terms("elan vital", "高铁 铁 co")
