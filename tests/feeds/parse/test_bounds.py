"""Limits that come before the parser: what is cut out of a document's text, and that ordinary documents stay whole."""

import xml.sax
from contextlib import suppress
from xml.sax.handler import ContentHandler

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import FeedError, Unreadable
from feeds.html import MAX_HTML
from feeds.parse import expat, items, read
from feeds.parse.bounds import MAX_ITEM_TAGS, MAX_TAGS, MAX_TEXT, bounded
from feeds.parse.claims import MAX_ENTRIES
from feeds.parse.mend import MAX_ATTRIBUTES, MAX_TAG, mend
from tests.corpus import captured


def item(inner: str = "", guid: object = 1) -> str:
    return f"<item><guid>{guid}</guid>{inner}</item>"


def rss(*content: str) -> str:
    return f"<rss version='2.0'><channel><title>T</title>{''.join(content)}</channel></rss>"


def guids(text: str) -> list[str]:
    return [entry.guid for entry in read(text.encode()).entries]


@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_x06_of_a_million_items_the_parser_gets_as_many_as_we_take(count: int) -> None:
    text, problems = bounded(rss("<item></item>" * count))
    assert text == rss("<item></item>" * MAX_ENTRIES)
    assert problems == (f"{count} entries, of which the first {MAX_ENTRIES} were read",)


@pytest.mark.parametrize("tag", ["pubDate", "dc:date", "updated"])
def test_x06_the_newer_end_is_told_by_the_dates_in_the_text(tag: str) -> None:
    dated = [
        item(f"<{tag}>2024-01-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z</{tag}>", n) for n in range(2500)
    ]
    assert bounded(rss(*dated))[0] == rss(*dated[-MAX_ENTRIES:])
    assert bounded(rss(*reversed(dated)))[0] == rss(*reversed(dated[-MAX_ENTRIES:]))


def test_x06_items_that_are_not_plain_are_left_to_the_parser() -> None:
    nested = rss("<item>" * (MAX_ENTRIES + 1) + "</item>" * (MAX_ENTRIES + 1))
    assert items.ends(nested, MAX_ENTRIES) is None
    assert bounded(nested) == (nested, ())


def test_x06_a_million_items_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(Unreadable, match="2000006 tags"):
        read(rss("<item/>" * 2_000_000).encode())


def test_n13_a_description_of_10_mb_is_shortened_before_the_parser_gets_it() -> None:
    text, problems = bounded(rss(item(f"<description>{'a &amp; b ' * 1_000_000}</description>")))
    assert MAX_TEXT < len(text) < MAX_TEXT + 200
    assert text.endswith("</description></item></channel></rss>")
    assert problems == (f"a text of 10000000 characters in line 1, of which the first {MAX_TEXT} were read",)
    assert guids(text) == ["1"]


@pytest.mark.parametrize("end", ["&amp;", "&#1234;", "<b>"])
def test_n13_a_text_is_not_cut_within_a_reference_or_the_end_of_its_section(end: str) -> None:
    for length in range(MAX_TEXT - 8, MAX_TEXT + 1):
        written = "a" * length + end * 1000
        inner = f"<![CDATA[{written}]]>" if "<" in end else written
        assert read(bounded(rss(item(f"<title>{inner}</title>")))[0].encode()).problems == ()


def test_a_picture_in_a_data_address_does_not_push_out_the_text_behind_it() -> None:
    picture = f'<img src="data:image/png;base64,{"QUFB" * (MAX_TEXT // 4)}">'
    for inner in (f"<![CDATA[{picture}<p>Behind]]>", picture.replace("<", "&lt;") + "&lt;p>Behind"):
        text, problems = bounded(rss(item(f"<description>{inner}</description>")))
        assert ("Behind" in text, len(text) < 300, problems) == (True, True, ())


@pytest.mark.parametrize("depth", [10_001, 100_000])
def test_x05_an_item_that_is_nested_without_end_is_left_out_and_the_others_live(depth: int) -> None:
    deep = "<b>" * depth + "</b>" * depth
    text, problems = bounded(rss(item(guid=1), item(deep, 2), item(guid=3)))
    assert (guids(text), len(problems)) == (["1", "3"], 1)
    assert f"entry 2 in line 1 was left out: it has {2 * depth + 4} tags" in problems[0]


def test_x05_nesting_around_the_items_is_refused_where_it_would_cost_too_much() -> None:
    with pytest.raises(Unreadable, match="around its items"):
        bounded(rss("<x>" * MAX_TAGS, item(), "</x>" * MAX_TAGS))


def test_tags_in_cdata_are_no_tags() -> None:
    text = rss(item(f"<description><![CDATA[{'<b>x</b>' * MAX_ITEM_TAGS}]]></description>"))
    assert bounded(text) == (text, ())


def test_the_last_items_go_where_all_of_them_have_too_many_tags() -> None:
    many = [item("<b/>" * (MAX_ITEM_TAGS - 10), number) for number in range(30)]
    text, problems = bounded(rss(*many))
    assert text == rss(*many[: MAX_TAGS // MAX_ITEM_TAGS])
    assert "30 entries, of which the first 25 were read" in problems[0]


def attributes(count: int) -> str:
    return " ".join(f'a{number}="{number}"' for number in range(count))


@pytest.mark.parametrize(
    "tag",
    [
        f"enclosure {attributes(50_000)}",
        f"enclosure url='{'a' * 5_000_000}'",
        f"enclosure url='{'&amp;' * 1_000_000}'",
        f"enclosure {'a' * 5_000_000}",
    ],
)
def test_x07_a_tag_with_too_much_in_it_keeps_its_name(tag: str) -> None:
    assert mend(rss(item(f"<{tag}/>"))) == rss(item("<enclosure/>"))
    assert guids(rss(item(f"<{tag}/>"))) == ["1"]


def test_x07_a_long_picture_and_many_attributes_within_reason_stay() -> None:
    usual = rss(item(f"<img src='data:image/png;base64,{'A' * (MAX_TAG - 100)}'/><b {attributes(150)}/>"))
    assert len(attributes(150)) < MAX_ATTRIBUTES
    assert mend(usual) == usual


BOMB = '<!ENTITY a "aaaaaaaaaa">' + "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declared",
    [
        BOMB,
        f'<!ENTITY b11 "{"a" * 20_000}">',
        '<!ENTITY b11 "&b10;"><!ENTITY b10 "&b11;">',
        f"<!ENTITY % p \"{'a' * 20_000}\"><!ENTITY b11 '{'a' * 20_000}'>",
        f'<!-- > --><?x >?><!ATTLIST item x CDATA ">"><!ENTITY y "<a>"><!ENTITY b11 "{"a" * 20_000}">',
    ],
    ids=["laughs", "quadratic", "recursive", "quotes", "hidden"],
)
def test_x02_entities_do_not_grow(declared: str) -> None:
    text = f"<?xml version='1.0'?><!DOCTYPE rss [{declared}]>" + rss(
        item(f"<description>{'&b11;' * 5000}</description>")
    )
    assert len(mend(text)) < len(rss(item("&b11;" * 5000))) + 150
    (entry,) = read(text.encode()).entries
    assert len(entry.html) <= len("&b11;") * 5000 * 2


def test_entities_that_stand_for_a_character_are_read() -> None:
    text = '<!DOCTYPE rss [ <!ENTITY eacute "&#233;"> <!ENTITY us "A &#169; B"> ]>' + rss(
        item("<title>caf&eacute;</title>")
    )
    assert read(text.encode()).entries[0].title == "café"


def test_the_parser_gathers_text_and_follows_no_document_type() -> None:
    class Counting(ContentHandler):
        calls = 0

        def characters(self, content: str) -> None:
            self.calls += 1

    handler = Counting()
    parser = xml.sax.make_parser(["feeds.parse.expat"])
    assert isinstance(parser, expat.BufferingParser)
    parser.setContentHandler(handler)
    parser.feed("<a>" + "x &amp; y\n" * 10_000 + "</a>")
    parser.close()
    assert handler.calls <= 3


def test_ordinary_documents_come_out_as_they_are() -> None:
    for one in captured():
        text = one.path.read_bytes().decode("utf-8", "replace")
        assert bounded(text)[0] is text


piece = st.sampled_from(
    ["<item>", "</item>", "<item/>", "<entry>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "a" * 300, "<", ">", "\n"]
)


@given(st.lists(piece, max_size=60).map("".join), st.integers(1, 3))
def test_the_ends_of_a_document_are_among_its_items(text: str, most: int) -> None:
    spans, found = items.item_spans(text), items.ends(text, most)
    if spans is not None and len(spans) > most:
        assert found == (len(spans), spans[:most], spans[-most:])
    if found is not None:
        assert all(text[start] == "<" and text[end - 1] == ">" for start, end in (*found[1], *found[2]))


@given(st.lists(piece, max_size=40).map("".join))
def test_whatever_is_cut_the_rest_is_read_or_refused(inner: str) -> None:
    with suppress(FeedError):
        assert read(rss(item(), inner, item(guid=2)).encode()).entries or inner


def test_what_is_kept_of_a_text_is_what_becomes_of_it() -> None:
    text, _ = bounded(rss(item(f"<description>{'&lt;b>x&lt;/b>' * 200_000}</description>")))
    assert len(read(text.encode()).entries[0].html) >= MAX_HTML
