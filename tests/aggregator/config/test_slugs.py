"""Paths of categories, and their slugs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.slugs import parts, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Technology/Python", "technology/python"),
        ("新媒体/ZAKER/source", "新媒体/zaker/source"),
        ("Tech & Science / AI, ML", "tech-science/ai-ml"),
        ("C++", "c"),
        ("أخبار", "أخبار"),
        ("हिन्दी", "हिन्दी"),
        ("Cafe\u0301", "café"),
        ("ÄÖÜ ß", "äöü-ß"),
        ("--a--b--", "a-b"),
    ],
)
def test_slugs_are_lower_case_words_of_every_script(name: str, expected: str) -> None:
    assert slug(parts(name)) == expected


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../../etc/passwd", "a//b", "/a", "a/", "%2e%2e", "a/&", "a\u202eb", "a\nb"]
)
def test_c08_names_that_would_mean_something_else_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name|characters"):
        parts(name)


@pytest.mark.parametrize("name", ["All", "top", "SEARCH", "x" * 201, "字" * 67])
def test_c08_slugs_that_are_taken_or_too_long_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"address of our own|at most 200"):
        slug(parts(name))


def test_reserved_words_are_free_below_the_top() -> None:
    assert slug(("News", "All")) == "news/all"


@given(st.text(st.sampled_from("aZ9ß字ع é/-_.&ⅳ\u0301") | st.characters(), min_size=1, max_size=30))
def test_the_slug_of_a_slug_is_itself(name: str) -> None:
    try:
        once = slug(parts(name))
    except ValueError:
        return
    assert slug(parts(once)) == once
    assert all(part and part not in (".", "..") for part in once.split("/"))
