"""Lists of subscriptions: read however they are written, written as the specification wants them."""

import csv
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds import opml
from feeds.errors import EmptyDocument, FeedError, NotAFeed
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
        '<outline text="A" xmlUrl="" xmlUrl="https://a.example/feed" xmlUrl="https://b.example/feed"/>',
        '<outline type="link" text="A" xmlUrl="https://a.example/feed"/>',
        '<outline text="a <b>bold</b> name" xmlUrl="https://a.example/feed"/>',
        '<outline text="forgotten xmlUrl="https://no.example/"/><outline xmlUrl="https://a.example/feed"/>',
    ],
)
def test_a_subscription_is_read_in_every_spelling(outline: str) -> None:
    assert found(outline) == [("https://a.example/feed", ())]


def test_an_address_keeps_its_parameters_escaped_or_not() -> None:
    every = [found(f'<outline xmlUrl="https://a.example/?x=1{amp}copy=2"/>') for amp in ("&amp;", "&", "&amp;amp;")]
    assert every == [[("https://a.example/?x=1&copy=2", ())]] * 3


def test_folders_are_category_paths() -> None:
    assert found(
        '<outline text="新媒体"><outline title="ZAKER"><outline xmlUrl="https://a.example/"/></outline>'
        '<outline xmlUrl="https://b.example/"/></outline><outline xmlUrl="https://c.example/"/>'
    ) == [("https://a.example/", ("新媒体", "ZAKER")), ("https://b.example/", ("新媒体",)), ("https://c.example/", ())]


def test_folders_stay_apart_where_feeds_are_never_closed() -> None:
    lines = ["<outline text='A'>", "<outline xmlUrl='https://a.example/'>", "<outline xmlUrl='https://b.example/'>"]
    lines += ["</outline>", "<outline text='B'>", "<outline xmlUrl='https://c.example/'>", "</outline>"]
    paths = [("https://a.example/", ("A",)), ("https://b.example/", ("A",)), ("https://c.example/", ("B",))]
    assert found("\n".join(lines)) == paths
    assert found("\n".join(lines).replace("/'>", "/'></outline>")) == paths


def test_deep_folders_and_feeds_beside_them() -> None:
    body = (
        "<outline text='1'><outline text='2'><outline text='3'><outline text='4'><outline xmlUrl='https://a.example/'/>"
    )
    body += "</outline></outline><outline xmlUrl='https://b.example/'/></outline></outline>"
    assert found(body) == [("https://a.example/", ("1", "2", "3", "4")), ("https://b.example/", ("1", "2"))]


def test_a_title_in_cdata_is_a_title() -> None:
    assert opml.read(b"<opml><head><title><![CDATA[R & D]]></title></head></opml>").title == "R & D"


def test_a_feed_under_two_names_is_one_subscription() -> None:
    twice = "<outline text='A' xmlUrl='https://a.example/'/><outline text='B' xmlUrl='https://a.example/'/>"
    assert [one.title for one in opml.read(f"<opml>{twice}</opml>".encode()).subscriptions] == ["A"]


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


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8", "utf-8-sig", "utf-16", "koi8-r"])
def test_other_encodings_are_read(encoding: str) -> None:
    declared = "utf-8" if "utf-8" in encoding else encoding
    body = (
        f'<?xml version="1.0" encoding="{declared}"?><opml><outline text="Новости" xmlUrl="https://a.example/"/></opml>'
    )
    assert opml.read(body.encode(encoding)).subscriptions[0].title == "Новости"


def test_an_encoding_that_is_claimed_wrongly_does_no_harm() -> None:
    body = '<?xml version="1.0" encoding="utf-16"?><opml><outline text="新闻" xmlUrl="https://a.example/"/></opml>'
    assert opml.read(body.encode()).subscriptions[0].title == "新闻"


@pytest.mark.parametrize(("body", "error"), [(b" ", EmptyDocument), (b"<rss/>", NotAFeed), (b"{}", NotAFeed)])
def test_what_is_no_list_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"\w"):
        opml.read(body)


def test_folders_without_end_are_bounded() -> None:
    body = '<outline text="x">' * 100_000 + '<outline xmlUrl="https://a.example/"/>'
    assert found(body) == [("https://a.example/", ("x",) * opml.MAX_DEPTH)]


@pytest.mark.parametrize(
    "piece", ['<outline "', "<outline a", "a" * 99, "<!--", "<title ", "<outline a='<", "</outline>"]
)
def test_x12_a_hostile_list_costs_one_pass(piece: str) -> None:
    body = f"<opml><outline {piece * (1_000_000 // len(piece))}"
    assert opml.read(body.encode()).subscriptions == ()


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<outline {text}".encode(errors="replace")))
def test_any_bytes_are_a_list_or_a_feed_error(body: bytes) -> None:
    with suppress(FeedError):
        for one in opml.read(body).subscriptions:
            assert one.url


LINES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cn"), exclude_characters=";"), min_size=1
)
SUBSCRIPTIONS = st.builds(
    Subscription,
    url=st.sampled_from(["https://a.example/?x=1&copy=2", "https://b.example/<>'\"", "https://c.example/新"]),
    title=LINES,
    link=st.none() | st.just("https://a.example/"),
    path=st.lists(LINES, max_size=3).map(tuple),
)


@given(
    st.builds(
        Outline,
        title=LINES,
        subscriptions=st.lists(SUBSCRIPTIONS, unique_by=lambda one: (one.url, one.path)).map(tuple),
    )
)
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
