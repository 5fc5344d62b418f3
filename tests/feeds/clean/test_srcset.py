"""srcset: commas in addresses, commas between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.clean.srcset import MAX_CANDIDATES, Candidate, parse, write


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.jpg", [("a.jpg", "")]),
        ("a.jpg 1x, b.jpg 2x", [("a.jpg", "1x"), ("b.jpg", "2x")]),
        ("a.jpg 480w,b.jpg 960w", [("a.jpg", "480w"), ("b.jpg", "960w")]),
        ("a.jpg, b.jpg 2x", [("a.jpg", ""), ("b.jpg", "2x")]),
        (
            "https://c/w_1,h_2/a.jpg 1x, https://c/w_2,h_4/a.jpg 1.5x",
            [("https://c/w_1,h_2/a.jpg", "1x"), ("https://c/w_2,h_4/a.jpg", "1.5x")],
        ),
        ("data:image/gif;base64,R0 1w", [("data:image/gif;base64,R0", "1w")]),
        ("\n a.jpg  2x ,\n\tb.jpg  3x , ", [("a.jpg", "2x"), ("b.jpg", "3x")]),
        ("a.jpg 2q, b.jpg 1x 2x, c.jpg 3x", [("c.jpg", "3x")]),
        ("a.jpg type(x, y), b.jpg 2x", [("b.jpg", "2x")]),
        (", ,", []),
        ("", []),
    ],
)
def test_candidates(written: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.url, one.descriptor) for one in parse(written)][-len(expected) or None :] == expected


def test_p13_a_hostile_set_is_capped() -> None:
    assert len(parse(", ".join(f"{n}.jpg {n}w" for n in range(500)))) == MAX_CANDIDATES


@given(st.text(max_size=60) | st.text("ab,. 12xw()\t", max_size=60))
def test_what_is_written_is_read_again(text: str) -> None:
    candidates = parse(text)
    assert parse(write(candidates)) == parse(write(parse(write(candidates))))


def test_writing_keeps_addresses_apart() -> None:
    assert write((Candidate(url="a,", descriptor="1x"), Candidate(url=",b"))) == "a%2C 1x, %2Cb"
