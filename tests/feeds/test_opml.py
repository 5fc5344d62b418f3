"""Lists of subscriptions: read however they are written, written as the specification wants them."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds import opml
from feeds.errors import EmptyDocument, NotAFeed
from feeds.opml import Outline, Subscription
from tests.corpus import CORPUS, require_corpus

SCHEMAS = Path(__file__).parents[3] / "shared" / "schemas"


def found(body: str) -> list[tuple[str, tuple[str, ...]]]:
    outline = opml.read(f"<opml version='1.0'><head><title>Mine</title></head><body>{body}</body></opml>".encode())
    assert outline.title == "Mine"
    return [(one.url, one.path) for one in outline.subscriptions]


@pytest.mark.parametrize(
    "outline",
    [
        '<outline type="rss" text="A" xmlUrl="https://a.example/feed"/>',
        '<outline text="A" XMLURL="https://a.example/feed" />',
        "<OUTLINE TEXT='A' xmlurl='https://a.example/feed'></OUTLINE>",
        '<outline text="A" type="atom" url="https://a.example/feed">',
        '<outline\n  text="A"\n  xmlUrl = " https://a.example/feed "\n/>',
        '<outline text="Q & A" title="a > b" xmlUrl="https://a.example/feed"/>',
        '<outline text="&nbsp;&laquo;A&raquo;" xmlUrl="https://a.example/feed"/>',
    ],
)
def test_a_subscription_is_read_in_every_spelling(outline: str) -> None:
    assert found(outline) == [("https://a.example/feed", ())]


def test_an_address_keeps_its_parameters_escaped_or_not() -> None:
    both = [found(f'<outline xmlUrl="https://a.example/?x=1{amp}y=2"/>') for amp in ("&amp;", "&")]
    assert both == [[("https://a.example/?x=1&y=2", ())]] * 2


def test_folders_are_category_paths() -> None:
    assert found(
        '<outline text="新媒体"><outline title="ZAKER"><outline xmlUrl="https://a.example/"/></outline>'
        '<outline xmlUrl="https://b.example/"/></outline><outline xmlUrl="https://c.example/"/>'
    ) == [("https://a.example/", ("新媒体", "ZAKER")), ("https://b.example/", ("新媒体",)), ("https://c.example/", ())]


def test_a_category_attribute_counts_where_there_is_no_folder() -> None:
    assert found('<outline xmlUrl="https://a.example/" category="/Tech/Python,/News"/>') == [
        ("https://a.example/", ("Tech", "Python")),
        ("https://a.example/", ("News",)),
    ]
    assert found('<outline text="Blogs"><outline xmlUrl="https://a.example/" category="/Tech"/></outline>') == [
        ("https://a.example/", ("Blogs",))
    ]


def test_a_feed_stands_once_in_each_folder() -> None:
    twice = '<outline text="A" xmlUrl="https://a.example/"/>' * 2
    assert found(twice + f'<outline text="B">{twice}</outline>') == [
        ("https://a.example/", ()),
        ("https://a.example/", ("B",)),
    ]


@pytest.mark.parametrize(
    "outline",
    [
        '<outline text="A note"/>',
        '<outline type="include" text="Others" url="https://a.example/others.opml"/>',
        '<outline type="link" text="A page" url="https://a.example/"/>',
        '<!-- <outline xmlUrl="https://a.example/"/> -->',
        "<!-- never closed <outline xmlUrl='https://a.example/'/>",
    ],
)
def test_what_is_no_subscription_is_left_out(outline: str) -> None:
    assert found(outline) == []


def test_a_title_that_was_escaped_twice_is_shown_once() -> None:
    (one,) = opml.read(b'<opml><outline text="Q &amp;amp; A" xmlUrl="https://a.example/"/></opml>').subscriptions
    assert one.title == "Q & A"


def test_other_encodings_are_read() -> None:
    body = '<?xml version="1.0" encoding="windows-1251"?><opml><outline text="Новости" xmlUrl="https://a.example/"/></opml>'
    assert opml.read(body.encode("cp1251")).subscriptions[0].title == "Новости"


@pytest.mark.parametrize(("body", "error"), [(b" ", EmptyDocument), (b"<rss/>", NotAFeed), (b"{}", NotAFeed)])
def test_what_is_no_list_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"\w"):
        opml.read(body)


def test_folders_without_end_are_bounded() -> None:
    body = '<outline text="x">' * 100_000 + '<outline xmlUrl="https://a.example/"/>'
    assert found(body) == [("https://a.example/", ("x",) * opml.MAX_DEPTH)]


LINES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cn"), exclude_characters="&"), min_size=1
)
SUBSCRIPTIONS = st.builds(
    Subscription,
    url=st.sampled_from(["https://a.example/?x=1&y=2", "https://b.example/<>'\"", "https://c.example/新"]),
    title=LINES,
    link=st.none() | st.just("https://a.example/"),
    path=st.lists(LINES, max_size=3).map(tuple),
)


@given(st.builds(Outline, title=LINES, subscriptions=st.lists(SUBSCRIPTIONS, unique=True).map(tuple)))
def test_what_is_written_is_read_again(outline: Outline) -> None:
    again = opml.read(opml.write(outline))
    assert again.title == outline.title
    assert set(again.subscriptions) == set(outline.subscriptions)
    assert opml.write(again) == opml.write(outline)


def test_what_is_written_is_valid() -> None:
    if not SCHEMAS.is_dir():
        require_corpus()
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "opml-2.0.xsd"))
    full = (
        Subscription(
            url="https://a.example/?x=1&y=2", title='<A> & "B"\x00', link="https://a.example/", path=("新媒体", "Z")
        ),
        Subscription(url="https://b.example/"),
    )
    for subscriptions in (full, ()):
        document = etree.fromstring(opml.write(Outline(title="Mine", subscriptions=subscriptions)))
        assert schema.validate(document), schema.error_log


def test_every_list_of_the_corpus_is_read_with_all_its_subscriptions() -> None:
    with (require_corpus() / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["kind"] == "opml"]
    total = 0
    for row in rows:
        body = (CORPUS / "files" / row["local"]).read_bytes()
        addresses = {one.url for one in opml.read(body).subscriptions}
        assert len(addresses) == len(set(re.findall(rb"""xmlUrl\s*=\s*["']([^"']+)""", body, re.IGNORECASE))), row[
            "local"
        ]
        total += len(addresses)
    assert len(rows) > 30
    assert total > 400
