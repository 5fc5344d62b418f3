"""Fragments as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.html import MAX_DEPTH, MAX_HTML, bounded, escape_text, text_of, with_base, word_count

MARKUP = st.lists(
    st.sampled_from(["<p>", "</p>", "<", ">", "<b", "&amp;", "&", "<!--", "-->", "<script>", " ", "\n", "a", "中"])
).map("".join)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("a &amp; b &copy; &#8211; &amp;amp;", "a & b © – &amp;"),
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<b>H</b>ello <i>you</i><br>there", "Hello you\nthere"),
        ("a<script>var x = '<p>';</script>b<style>c</style><!-- d -->", "ab"),
        ("<!-->seen", "seen"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<ul><li>a</li><li> b </li></ul>", "a\nb"),
        ("line\nbreaks  are   blanks", "line\nbreaks are blanks"),
        ("<p>line\nbreaks</p>", "line breaks"),
        ("?a=1&copy=2", "?a=1&copy=2"),
    ],
)
def test_text_is_what_a_reader_sees(html: str, text: str) -> None:
    assert text_of(html) == text


@given(st.text() | MARKUP)
def test_any_fragment_has_a_text(html: str) -> None:
    text_of(html)


def test_a_million_brackets_are_one_pass() -> None:
    assert len(text_of("<" * 1_000_000)) == 1_000_000
    assert text_of("<!--" * 250_000) == text_of("<script" * 100_000 + ">") == ""


@pytest.mark.parametrize(("text", "count"), [("", 0), ("one two  three", 3), ("中文字", 2), ("Python 中文 rules", 3)])
def test_words_are_counted_in_scripts_without_spaces_too(text: str, count: int) -> None:
    assert word_count(text) == count


def test_h15_plain_text_becomes_html_that_shows_just_that() -> None:
    assert escape_text("a < b & c") == "a &lt; b &amp; c"
    assert escape_text("one\ntwo\r\n\r\n \nthree\n") == "<p>one<br>two</p><p>three</p>"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_escaped_text_reads_as_the_text_itself(text: str) -> None:
    assert text_of(escape_text(text)).split() == text.split()


def test_relative_addresses_are_made_absolute_by_their_own_base() -> None:
    html = with_base('<a href="../x">a</a><img src="y.png">', "https://e.example/a/b/")
    assert html == '<a href="https://e.example/a/x">a</a><img src="https://e.example/a/b/y.png">'
    absolute = '<a href="mailto:b@e.example">c</a>'
    assert with_base(absolute, "https://e.example/") is absolute


def test_h06_what_is_too_long_ends_early_and_not_inside_a_tag() -> None:
    cut = bounded("<p>text</p>" * MAX_HTML)
    assert len(cut) <= MAX_HTML
    assert cut.endswith(("</p>", "text", "<p>"))


def test_h06_what_is_too_deep_keeps_its_text() -> None:
    assert bounded("<div>" * 1000 + "text" + "</div>" * 1000) == "text"
    assert bounded("<p>text" * (MAX_DEPTH + 100)).startswith("<p>text")


def test_h06_a_tag_of_endless_attributes_goes() -> None:
    assert bounded("a<b " + "x " * 20_000 + ">c") == "ac"


def test_images_inside_addresses_do_not_count_for_the_length() -> None:
    html = f'<img src="data:image/png;base64,{"A" * MAX_HTML}">text'
    assert bounded(html) == '<img src="">text'
