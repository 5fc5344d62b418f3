"""The checks of options: what is taken, and words for what is not."""

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.parse import jsondata, options


@pytest.mark.parametrize(
    "written", ["a", "article.post", ".list > li a[href]", "h2, h3", "li:has(a)", "标题", ":is(a, b)"]
)
def test_a_selector_that_can_be_read(written: str) -> None:
    assert options.selector(written) == written


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "is no CSS selector"),
        ("a[", "is no CSS selector"),
        ("p,", "is no CSS selector"),
        ("//div[@class='x']/a", "XPath"),
        ("(//a)[1]", "XPath"),
        ("h2::text", "without `::text`"),
        ("a::attr(href)", "without `::text`"),
        ("p:contains('x')", "jQuery"),
        ("li:first", "jQuery"),
        ("> a", "before the first sign"),
        ("p:first-word", "is no CSS selector; write one such as"),
        ("a" * 2000, "has 2000 characters; at most 1000"),
        ("\ud800", "codec"),
    ],
)
def test_c09_what_is_no_selector_is_explained(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        options.selector(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "it is empty"),
        ("a[", "it ends too early"),
        ("a.", "it ends too early"),
        ("a-b", 'needs quotation marks around it: `"a-b"`'),
        ("a..b", "`.` cannot stand at character 3"),
        ("a = 'b'", "cannot be read"),
        ("nope(@)", "calls `nope`, which is no function"),
        ("[?nope(a)]", "calls `nope`"),
        ("a" * 1001, "at most 1000"),
    ],
)
def test_c09_what_is_no_expression_is_explained(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        options.expression(written)


@pytest.mark.parametrize("written", ["(" * 400 + "a" + ")" * 400, "!" * 999 + "a", "a" + "[0]" * 333, "[" * 999])
def test_x12_a_nested_expression_is_taken_or_refused(written: str) -> None:
    with suppress(ValueError):
        options.expression(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("https://a.example/", "would be the same for every item"),
        ("https://a.example/{}", "it is empty"),
        ("/p/{id", "would be the same"),
        ("/p/{post-id}", "quotation marks"),
        ("https:", "cannot stand at character 6"),
    ],
)
def test_c09_what_is_no_link_is_explained(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        jsondata.link(written)


@pytest.mark.parametrize(("written", "said"), [("(", "missing )"), ("(?=a)", "RE2"), ("a" * 1001, "at most 1000")])
def test_c09_what_is_no_pattern_is_explained(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        options.pattern(written)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%d/%m/%Y", "20/11/2026"),
        ("%d.%m.%y", "20.11.26"),
        ("%Y年%m月%d日", "2026年11月20日"),
        ("%d %B %Y", " 20  November\n2026 "),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-11-20T08:00:00+0800"),
        ("%Y %j", "2026 324"),
    ],
)
def test_a_format_and_a_date_in_it(form: str, written: str) -> None:
    assert options.date_format(form) == form
    assert options.read_date(written, form) == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("", "it is written as in"),
        ("DD/MM/YYYY", "it is written as in"),
        ("%d/%m", "year, month and day"),
        ("%H:%M", "year, month and day"),
        ("%Y-%m-%Q", "is no format for `strptime`"),
        ("%Y-%m-%e", "is no format for `strptime`"),
        ("%Y-%m-%d %", "is no format for `strptime`"),
    ],
)
def test_c09_what_is_no_format_is_explained(form: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        options.date_format(form)


@pytest.mark.parametrize("written", ["", "20/11", "31/02/2026", "20/11/1960", "20/11/2026 10:00", "x" * 10_000])
def test_what_is_not_in_the_format_is_no_date(written: str) -> None:
    assert options.read_date(written, "%d/%m/%Y") is None


@given(st.text(max_size=60) | st.lists(st.sampled_from([*"a.[]()*|&'`>:{}@?", "%Y", "%m", "%d"])).map("".join))
def test_no_text_makes_a_check_fail_in_another_way(written: str) -> None:
    for check in (options.selector, options.expression, options.pattern, options.date_format, jsondata.link):
        with suppress(ValueError):
            check(written)
