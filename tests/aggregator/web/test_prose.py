"""What a source wrote, in the middle of our page: its headings in order, and nothing without a name."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from aggregator.web.prose import readable


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("1", "2"),
        ("4 4 5", "2 2 3"),
        ("2 3 4 2", "2 3 4 2"),
        ("2 5 5 3 6 1", "2 3 3 3 4 2"),
        ("1 2 3 4 5 6", "2 3 4 5 6 6"),
    ],
)
def test_headings_begin_below_ours_and_skip_no_rank(theirs: str, ours: str) -> None:
    html = readable("".join(f"<h{rank}>x</h{rank}>" for rank in theirs.split()))
    assert html == "".join(f"<h{rank}>x</h{rank}>" for rank in ours.split())


@given(st.lists(st.integers(1, 6), max_size=12))
def test_whatever_their_ranks_no_heading_is_two_below_the_one_before(theirs: list[int]) -> None:
    tree = LexborHTMLParser(readable("".join(f"<h{rank}>x</h{rank}><p>y</p>" for rank in theirs)))
    ours = [1, *(int(node.tag[1]) for node in tree.css("h1, h2, h3, h4, h5, h6"))]
    assert len(ours) == len(theirs) + 1
    assert all(2 <= below <= above + 1 for above, below in pairwise(ours))


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<img src="/1.png">', '<img alt="" src="/1.png">'),
        ('<img src="/1.png" alt=" ">', '<img src="/1.png" alt="">'),
        ('<img src="/1.png" alt="A cat">', '<img src="/1.png" alt="A cat">'),
        ('<a href="/x"><img src="/1.png"></a>', '<a href="/x"><img src="/1.png" alt="Picture"></a>'),
        ('<a href="/x"><img alt="" src="/1.png"></a>', '<a href="/x"><img src="/1.png" alt="Picture"></a>'),
        ('<a href="/x"><img src="/1.png" alt="A cat"></a>', '<a href="/x"><img src="/1.png" alt="A cat"></a>'),
        ('<a href="/x"> </a>text', "text"),
        ("<pre>wide</pre>", '<pre tabindex="0">wide</pre>'),
        ("<p>h1 &lt;h1&gt;</p><hr>", "<p>h1 &lt;h1&gt;</p><hr>"),
    ],
)
def test_what_has_no_name_gets_one_or_goes(html: str, shown: str) -> None:
    assert readable(html) == shown


def test_a_player_is_a_link_for_no_other_site_runs_in_ours() -> None:
    html = readable('<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>')
    assert "<iframe" not in html
    assert 'href="https://www.youtube.com/watch?v=abcdefghijk"' in html
