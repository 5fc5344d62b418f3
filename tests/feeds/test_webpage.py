"""Pages as trees: what is content, in which encoding, and what would cost too much."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import EmptyDocument, Unreadable
from feeds.webpage import MAX_ATTRIBUTES, MAX_DEPTH, MAX_PAGE, MAX_UNCLOSED, base_of, text_of_page, title_of, tree_of

URL = "https://a.example/news/"


def text(html: str) -> str:
    body = tree_of(html.encode(), None).body
    return " ".join(body.text(separator=" ").split()) if body else ""


@pytest.mark.parametrize(
    "html",
    [
        "<script>if (a < b) document.write('<p>No</p>')</script><p>Yes</p>",
        "<SCRIPT src=a.js></SCRIPT ><p>Yes</p>",
        "<style>p > a { color: red }</style><p>Yes</p>",
        "<!-- <p>No</p> --><p>Yes</p>",
        "<!--><p>Yes</p>",
        "<template><p>No</p></template><p>Yes</p>",
        "<svg viewBox='0 0 1 1'><title>No</title></svg><p>Yes</p>",
        "<svg class=icon /><p>Yes</p>",
        "<p>Yes</p><script>never closed <p>No</p>",
        "<p>Yes</p><!-- never closed <p>No</p>",
        "<p>Yes</p><script src='never closed",
        '<a title="x > y <script>"></a><p>Yes</p>',
    ],
)
def test_what_is_not_content_is_not_there(html: str) -> None:
    assert text(html) == "Yes"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('<meta charset="gbk"><title>新闻</title>'.encode("gbk"), "text/html"),
        ('<meta http-equiv="x" content="text/html; charset=windows-1256"><title>أخبار</title>'.encode("cp1256"), None),
        ("<title>Новости</title>".encode("cp1251"), "text/html; charset=windows-1251"),
        ('<meta charset="iso-8859-1"><title>新闻</title>'.encode(), "text/html; charset=utf-8"),
        ("\ufeff<title>新闻</title>".encode("utf-16"), "text/html"),
        ("<title>新闻</title>".encode(), None),
    ],
)  # fmt: skip
def test_a_page_is_read_in_the_encoding_that_it_or_its_origin_names(body: bytes, content_type: str | None) -> None:
    assert title_of(tree_of(body, content_type)) in ("新闻", "أخبار", "Новости")


def test_a_page_in_an_encoding_that_nobody_knows_is_read_all_the_same() -> None:
    assert text_of_page(b'<meta charset="zlib"><title>T\xe9</title>', None).endswith("<title>Té</title>")


@pytest.mark.parametrize(
    ("html", "base"),
    [
        ("", URL),
        ('<base href="/">', "https://a.example/"),
        ('<base href="https://b.example/x/">', "https://b.example/x/"),
        ('<base target=_blank><base href="../">', "https://a.example/"),
        ('<base href="javascript:alert(1)">', URL),
        ('<base href="">', URL),
    ],
)
def test_the_base_of_relative_addresses(html: str, base: str) -> None:
    assert base_of(tree_of(f"<p>{html}".encode(), None), URL) == base


@pytest.mark.parametrize("body", [b"", b" \n", b"<!-- only -->", b"<script>only</script>", b"\xef\xbb\xbf"])
def test_an_empty_page_is_said_to_be_empty(body: bytes) -> None:
    with pytest.raises(EmptyDocument):
        tree_of(body, None)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        '<div title="<">' * 100_000,
        '<div title=">">' * 100_000,
        "<font size=1><div>" * 1000,
        "<div>" + "".join(f"<b id={number}>" for number in range(200)) + "</div>" + "<div>x</div>" * 20_000,
    ],
    ids=["nested", "with <", "with >", "letters", "letters that go on"],
)
def test_x12_a_page_that_would_cost_too_much_is_refused(html: str) -> None:
    with pytest.raises(Unreadable, match=r"more than \d+ elements"):
        tree_of(html.encode(), None)


@pytest.mark.parametrize(
    "html",
    [
        "<p>x" * 5000,
        "<li><a name=x>" * 5000,
        "<table>" + "<tr><td><font color=red>x" * 5000,
        "<div>" * (MAX_DEPTH - 1),
        "<div><span>x</div>" * 5000,
        "<div><b>x</div>" * 5000,
        "".join(f"<div><b id={number}>x</div>" for number in range(MAX_UNCLOSED)),
        "</div></b>" * 5000,
        "<br/>" * 5000,
    ],
)
def test_pages_of_people_who_close_nothing_are_read(html: str) -> None:
    assert tree_of(html.encode(), None).body


@pytest.mark.parametrize("value", ["1", '"1"', '">"', "'<'", ""])
def test_x12_a_tag_with_too_many_attributes_is_left_out(value: str) -> None:
    attributes = " ".join(f"a{number}={value}" if value else f"a{number}" for number in range(50_000))
    tree = tree_of(f"<h1>T</h1><div {attributes}><p>x".encode(), None)
    assert tree.css_first("div") is None
    assert tree.css_first("p") is not None
    few = " ".join(f"a{number}=1" for number in range(MAX_ATTRIBUTES))
    assert tree_of(f"<div {few}>".encode(), None).css_first("div[a9]") is not None


def test_x12_a_picture_in_an_address_takes_no_room() -> None:
    tree = tree_of(f'<img src="data:image/png;base64,{"A" * 5_000_000}"><h1>T</h1>'.encode(), None)
    assert tree.css_first("h1") is not None


@pytest.mark.parametrize("piece", ["<script ", "<!-", "</", '<a b="', "<svg><", "<style>", "<p>" * 100 + "x"])
def test_x12_the_end_of_an_endless_page_is_left_out(piece: str) -> None:
    page = "<h1>T</h1>" + piece * (3 * MAX_PAGE // len(piece))
    tree = tree_of(page.encode(), None)
    assert len(tree.html or "") <= 3 * MAX_PAGE
    assert tree.css_first("h1") is not None


PIECES = st.sampled_from(["<div>", "</div>", "<b>", "</b>", "<script>", "</script>", "<!--", "-->", "<a b='", '"', ">"])


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_no_page_makes_it_fail_in_another_way(html: str) -> None:
    with suppress(EmptyDocument, Unreadable):
        assert tree_of(html.encode(errors="replace"), "text/html; charset=utf-8").html
