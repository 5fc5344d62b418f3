"""Ordinary documents are read without feedparser, and nobody can tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.documents import document
from feeds.errors import FeedError
from feeds.model import Feed
from feeds.parse import read, syndication
from feeds.parse.ordinary import items_of
from tests.corpus import captured

DATA = Path(__file__).parents[2] / "data" / "feeds"
RSS = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>T</title>{}</channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"{}><title>T</title>{}</feed>'
ITEM = "<item><title>One</title><link>https://e.example/1</link><description>Text</description></item>"
ENTRY = "<entry><title>One</title><id>urn:1</id><updated>2026-01-01T00:00:00Z</updated>{}</entry>"


ODD = {
    "an item in the image of the channel": RSS.format(f"<image>{ITEM}</image>{ITEM}"),
    "windows' dashes": RSS.format(ITEM.replace("One", "One \x96 two").replace("Text", "caf\xc3\xa9")),
    "windows' dashes in a name": ATOM.format("", ENTRY.format("<author><name>Ann \x96 B</name></author>")),
    "an address of too many slashes": RSS.format(ITEM.replace("https://", "https:////")),
}


def _documents() -> Iterator[tuple[str, bytes]]:
    yield from ((f"made {number}", document(number)) for number in range(10))
    yield from ((name, text.encode()) for name, text in ODD.items())
    yield from ((path.name, path.read_bytes()) for path in sorted(DATA.rglob("*.xml")))


def _read(body: bytes) -> Feed | str:
    try:
        return read(body, content_type="application/xml", url="https://e.example/feed")
    except FeedError as error:
        return repr(error)


def _by_feedparser(body: bytes, patch: pytest.MonkeyPatch) -> Feed | str:
    with patch.context() as patched:
        patched.setattr(syndication, "items_of", lambda text: None)
        return _read(body)


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in _documents()])
def test_a_document_reads_as_feedparser_reads_it(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _read(body) == _by_feedparser(body, monkeypatch)


def test_captured_feeds_read_as_feedparser_reads_them_and_many_of_them_are_ordinary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ordinary = 0
    for one in captured():
        body = one.path.read_bytes()
        ordinary += items_of(body.decode(errors="replace")) is not None
        assert _read(body) == _by_feedparser(body, monkeypatch), one.path.name
    assert ordinary > 60


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RSS.format(ITEM), id="rss"),
        pytest.param(ATOM.format("", ENTRY.format("")), id="atom"),
        pytest.param(ATOM.format(' xml:lang="de"', ENTRY.format('<content type="html">x</content>')), id="language"),
        pytest.param(ATOM.format("", ENTRY.format("<author><name>Ann</name></author>")), id="author"),
    ],
)
def test_a_plain_document_is_ordinary(text: str) -> None:
    assert items_of(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RSS.format(ITEM.replace("Text", "<p>Text</p>")), id="markup"),
        pytest.param(RSS.format(ITEM.replace("</item>", "<title>Two</title></item>")), id="twice"),
        pytest.param(RSS.format(ITEM.replace("</item>", "<media:title>x</media:title></item>")), id="element"),
        pytest.param(RSS.format(ITEM.replace("<title>", '<title type="html">')), id="attribute"),
        pytest.param(RSS.format(ITEM + "<ttl>5</ttl>"), id="after-the-items"),
        pytest.param(RSS.format(ITEM.replace("</item>", "")), id="not-well-formed"),
        pytest.param("<!DOCTYPE rss>" + RSS.format(ITEM), id="document-type"),
        pytest.param(RSS.format(""), id="no-items"),
        pytest.param(ATOM.format(' xml:base="https://o.example/"', ENTRY.format("")), id="base"),
        pytest.param(ATOM.format("", ENTRY.format('<content type="xhtml">x</content>')), id="xhtml"),
        pytest.param(ATOM.format("", ENTRY.format('<summary xml:lang="fr">x</summary>')), id="own-language"),
    ],
)
def test_what_is_not_plain_is_left_to_feedparser(text: str) -> None:
    assert items_of(text) is None


def test_what_is_around_the_items_stays_in_place() -> None:
    items = items_of(RSS.format(ITEM * 3))
    assert items is not None
    assert len(items.fields) == 3
    assert items.around == RSS.format("")
