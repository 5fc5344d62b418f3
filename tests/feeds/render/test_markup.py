"""Between plain text and HTML: first words, and text that nobody takes for markup."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.render.markup import excerpt, plain, unmistakable


@pytest.mark.parametrize(
    ("written", "first_words"),
    [
        ("", ""),
        ('<img src="a.jpg">', ""),
        ("<p>One &amp; two</p><p>three</p>", "One & two three"),
        ("A<b>B</b>, C<br>D", "AB, C D"),
        ("<ul><li>one</li><li>two</li></ul>", "one two"),
    ],
)
def test_an_excerpt_is_plain_text(written: str, first_words: str) -> None:
    assert excerpt(written) == first_words


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("<p>" + "word " * 100 + "</p>", longest=22) == "word word word word…"


@pytest.mark.parametrize("ends", ["...", "…", "……", ".", ",", " –", "。", "，"])
def test_an_ellipsis_takes_the_place_of_what_separates(ends: str) -> None:
    assert excerpt(f"<p>One word{ends} And more of them</p>", longest=14) == "One word…"


@pytest.mark.parametrize("ends", ["?", "!", ")", "”"])
def test_an_ellipsis_comes_after_what_a_sentence_needs(ends: str) -> None:
    assert excerpt(f"<p>One word{ends} And more of them</p>", longest=14) == f"One word{ends}…"


def test_what_a_text_ends_with_stays() -> None:
    assert excerpt("<p>And so on...</p>") == "And so on..."


def test_an_excerpt_of_a_text_without_blanks_is_cut_anywhere() -> None:
    assert excerpt("<p>" + "字" * 400 + "</p>", longest=10) == "字" * 9 + "…"


def test_an_excerpt_never_shows_half_a_tag() -> None:
    written = "<p>" + "word " * 6 + '<img src="https://example.org/1.jpg">' * 9
    assert excerpt(written, longest=30) == "word word word word word word"


def test_an_excerpt_looks_behind_markup_that_is_longer_than_the_text() -> None:
    assert excerpt('<img src="https://example.org/' + "x" * 5000 + '.jpg"><p>Text</p>') == "Text"


def test_plain_text_is_all_of_it() -> None:
    assert plain("<p>" + "word " * 1000 + "</p>").count("word") == 1000


@pytest.mark.parametrize("text", ["AT&T and R&D", "a < b > c", "Using <details>", "你好", ""])
def test_text_that_reads_as_text_is_left_alone(text: str) -> None:
    assert unmistakable(text) == text


@pytest.mark.parametrize("text", ["Use </p>", "<b>x</b>", "The &amp; entity", "&#38;", "a &lt b", "Q&A2"])
def test_text_that_reads_as_html_is_escaped(text: str) -> None:
    assert unmistakable(text) == html.escape(text, quote=False)


@given(st.text())
def test_no_text_is_lost_either_way(text: str) -> None:
    assert text in (unmistakable(text), html.unescape(unmistakable(text)))
