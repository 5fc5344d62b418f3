"""What is mended before feedparser sees a document, and what when expat has refused it."""

import pytest

from feeds.model import Feed
from feeds.parse import read

MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'


def rss(inside: str, attributes: str = "", before: str = "") -> Feed:
    return read(f'{before}<rss version="2.0" {attributes}><channel><title>T</title>{inside}</channel></rss>'.encode())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Salt & pepper", "Salt & pepper"),
        ("?page=1&copy=2 &amp; done", "?page=1&copy=2 & done"),
        ("a&nbsp;b &eacute;t&eacute; &unheardof;", "a b été &unheardof;"),
        ("<![CDATA[R&D &eacute;]]> & more", "R&D é & more"),
        ("<!-- & --> & so on", "& so on"),
    ],
)
def test_x13_bare_ampersands_and_references_of_html_are_what_they_seem(written: str, meant: str) -> None:
    feed = rss(f"<item><title>{written}</title></item>")
    assert feed.entries[0].title == meant
    assert "not well-formed" in feed.problems[0]


def test_x14_a_prefix_that_is_not_declared_means_what_it_usually_means() -> None:
    feed = rss(
        '<atom:link rel="self" href="https://e.example/feed"/>'
        "<item><dc:creator>A</dc:creator><content:encoded>&lt;p&gt;B&lt;/p&gt;</content:encoded><x:y>1</x:y></item>"
    )
    assert (feed.url, feed.entries[0].authors[0].name, feed.entries[0].html) == (
        "https://e.example/feed",
        "A",
        "<p>B</p>",
    )
    assert feed.problems


def test_x25_a_comment_that_speaks_of_a_doctype_is_a_comment() -> None:
    feed = rss("<item><title>A</title></item>", before="<?xml version='1.0'?>\n<!-- no\n<!DOCTYPE rss here -->\n")
    assert (feed.title, len(feed.entries), feed.problems) == ("T", 1, ())


def test_a_caption_is_the_text_only_where_there_is_no_other() -> None:
    caption = "<media:description>A caption that is far longer than the text.</media:description>"
    feed = rss(f"<item><description>Text</description>{caption}</item><item>{caption}</item>", MEDIA)
    assert [(entry.html, entry.summary) for entry in feed.entries] == [
        ("Text", ""),
        ("A caption that is far longer than the text.", ""),
    ]


def test_a_link_with_two_addresses_is_the_one_that_can_be_followed() -> None:
    feed = rss('<item><link uri="at://did:plc:x/app/1">https://e.example/1</link></item>')
    assert feed.entries[0].url == "https://e.example/1"


@pytest.mark.parametrize("host", ["my", "channel"])
def test_x14_x20_rss_090_is_known_by_both_its_names_and_may_be_empty(host: str) -> None:
    names = (
        f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://{host}.netscape.com/rdf/simple/0.9/"'
    )
    assert read(f"<rdf:RDF {names}></rdf:RDF>".encode()).entries == ()


@pytest.mark.parametrize(
    "inside",
    [
        "<![CDATA[" * 50_000,
        "<!--" * 50_000,
        "&" * 100_000,
        "<a:b>" * 50_000,
        "".join(f"<p{n}:x/>" for n in range(5000)),
    ],
    ids=["CDATA", "comments", "ampersands", "nested", "prefixes"],
)
def test_hostile_documents_are_mended_or_refused(inside: str) -> None:
    feed = rss(f"<item><title>A</title></item><![CDATA[]]><item><title>{'&'}</title>{inside}]]>--></item>")
    assert feed.problems


@pytest.mark.parametrize(
    "texts",
    [
        "<description>Long</description><itunes:subtitle>Short</itunes:subtitle>",
        "<itunes:summary>Other</itunes:summary><itunes:subtitle></itunes:subtitle><description>Long</description>",
        "<itunes:subtitle>Short</itunes:subtitle><itunes:summary>Long</itunes:summary>",
        "<itunes:subtitle>Long</itunes:subtitle>",
    ],
)
def test_the_description_of_a_feed_is_its_own_whatever_itunes_is_told(texts: str) -> None:
    assert rss(texts, 'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"').description == "Long"
