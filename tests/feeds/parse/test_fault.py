"""Where a document is broken, in the lines that its publisher would count."""

import codecs
import json

import pytest

from feeds.errors import Truncated, Unreadable
from feeds.parse import jsondata, read, read_new, sitemap
from feeds.parse.bounds import MAX_ITEM_TAGS, MAX_TEXT
from feeds.parse.claims import MAX_ENTRIES
from feeds.parse.fault import fault_of, place_of
from feeds.parse.trim import PART

BROKEN = "not well-formed, read as well as could be: "
INVALID = "a character that may not stand there, often a bare & or <"
DECLARED = '<?xml version="1.0" encoding="{}"?>\n'
OPENED = "<rss version='2.0'><channel>\n<title>T</title>\n"
CLOSED = "</channel></rss>\n"
GOOD = "<item><guid>{}</guid><title>A</title></item>\n"
UNCLOSED = "<item><title>Z</item>\n"  # the name of the wrong tag is in column 17
FEED = OPENED + GOOD.format(1) + UNCLOSED + CLOSED  # its fourth line is the broken one
SHORT_ENTITY = "<!DOCTYPE rss [\n<!ENTITY a 'b'>\n\n]>\n"
LONG_ENTITY = f"<!DOCTYPE rss [\n<!ENTITY long '{'x' * 100}'>\n]>\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (FEED.encode(), "line 4, column 17: mismatched tag"),
        (DECLARED.format("utf-8").encode() + FEED.encode(), "line 5, column 17: mismatched tag"),
        (b"\n\n" + FEED.encode(), "line 6, column 17: mismatched tag"),
        (b"\r\n\r\n" + FEED.replace("\n", "\r\n").encode(), "line 6, column 17: mismatched tag"),
        (FEED.replace("\n", "\r").encode(), "line 4, column 17: mismatched tag"),
        (b"\n" + DECLARED.format("utf-8").encode() + FEED.encode(), "line 6, column 17: mismatched tag"),
        (codecs.BOM_UTF8 + FEED.encode(), "line 4, column 17: mismatched tag"),
        (codecs.BOM_UTF8 + FEED.replace("\n", "").encode(), "line 1, column 104: mismatched tag"),
        (codecs.BOM_UTF16_LE + FEED.encode("utf-16-le"), "line 4, column 17: mismatched tag"),
        ((DECLARED.format("utf-16") + FEED).encode("utf-16-be"), "line 5, column 17: mismatched tag"),
        ((DECLARED.format("latin1") + FEED.replace("Z", "é")).encode("latin-1"), "line 5, column 17: mismatched tag"),
        (b"<b>Warning</b>\n" + DECLARED.format("utf-8").encode() + FEED.encode(), "line 6, column 17: mismatched tag"),
        (b"<b>Warning</b>\n" + FEED.encode(), "line 2, column 1: junk after document element"),
        (f"<!-- by\nhand -->\n{FEED}".encode(), "line 6, column 17: mismatched tag"),
        ((SHORT_ENTITY + FEED.replace("Z", "&a;")).encode(), "line 8, column 19: mismatched tag"),
        (FEED.replace("Z</", "R & D</title></").encode(), f"line 4, column 17: {INVALID}"),
        (FEED.replace("Z</", "a&nbsp;b</title></").encode(), "line 4, column 15: undefined entity"),
        (FEED.replace("<title>Z", "<dc:date>1</dc:date>").encode(), "line 4, column 7: unbound prefix"),
        (FEED.replace(">Z", " a='1'\n a='2'>Z</title>").encode(), "line 5, column 2: duplicate attribute"),
        (FEED.replace(UNCLOSED, "").encode() + b"\n<p>more</p>\n", "line 6, column 1: junk after document element"),
    ],
    ids=[
        "plain", "declaration", "blank lines", "CRLF", "CR", "blank before declaration", "mark", "mark and one line",
        "UTF-16 with a mark", "UTF-16 without", "declared Latin", "warning before", "warning that is an element",
        "comment", "short entities", "ampersand", "HTML's entity", "prefix", "attribute", "after the end",
    ],
)  # fmt: skip
def test_a_problem_names_the_line_of_the_document_as_it_is_served(body: bytes, told: str) -> None:
    assert read(body).problems[-1] == BROKEN + told


def test_of_a_document_whose_entities_we_refuse_no_line_is_named() -> None:
    assert read((LONG_ENTITY + FEED).encode()).problems == (f"{BROKEN}mismatched tag",)


def test_items_that_were_read_before_count_as_lines() -> None:
    before = read_new((OPENED + "".join(GOOD.format(n) for n in range(9)) + CLOSED).encode())
    assert before.memory
    body = OPENED + "".join(GOOD.format(n) for n in range(9)) + UNCLOSED + CLOSED
    problems = read_new(body.encode(), memory=before.memory).feed.problems
    assert problems == (f"{BROKEN}line 12, column 17: mismatched tag",)


def test_items_that_are_too_many_to_be_read_count_as_lines() -> None:
    old, new = ("<item><pubDate>2026-01-01</pubDate></item>\n", "<item><pubDate>2026-02-01</pubDate></item>\n")
    cut, fault = read((OPENED + old * MAX_ENTRIES + UNCLOSED + new + CLOSED).encode()).problems
    assert "of which the last" in cut
    assert fault == f"{BROKEN}line {MAX_ENTRIES + 3}, column 17: mismatched tag"


def test_a_document_that_is_parsed_in_parts_is_broken_in_one_place() -> None:
    item = f"<item><title>A</title>\n<description>a & {'b' * (PART // 2)}</description></item>\n"
    assert read((OPENED + item * 4 + CLOSED).encode()).problems == (f"{BROKEN}line 4, column 17: {INVALID}",)


def test_a_document_that_only_expat_sees_the_end_of_is_cut_in_its_last_line() -> None:
    body = OPENED + "<item>\n<title><![CDATA[A</title></item></channel></rss>\n"
    with pytest.raises(Truncated, match=r"complete: line 5, column 1: unclosed CDATA section$"):
        read(body.encode())


def test_texts_and_items_that_are_cut_out_are_named_with_their_lines() -> None:
    deep = "<b></b>" * MAX_ITEM_TAGS
    long = "a " * MAX_TEXT
    item = f"<item>{deep}</item>\n"
    (problem,) = read(f"\n{OPENED}{GOOD.format(1)}{item}{CLOSED}".encode()).problems
    assert problem.startswith("entry 2 in line 5 was left out: ")
    (problem,) = read(f"\n{OPENED}<item>\n<description>{long}</description></item>{CLOSED}".encode()).problems
    assert f"{len(long)} characters in line 5, of which" in problem


def test_where_something_was_cut_out_before_an_item_has_no_line() -> None:
    picture = "data:image/png;base64," + "A\n" * MAX_TEXT
    many = "<item><title>A</title>\n" + "<b></b>" * MAX_ITEM_TAGS + "</item>\n"
    body = f"{OPENED}<item><description>&lt;img src='{picture}'></description></item>{many}{CLOSED}"
    (problem,) = read(body.encode()).problems
    assert problem.startswith("entry 2 was left out: ")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{\n"items": [\n{"id": "1",}\n]}', "line 3, column 12"),
        ('{\r"items": [\r{"id": "1",}\r]}', "line 3, column 12"),
        ('\ufeff\n{"items": [1 2]}', "line 2, column 14"),
    ],
)
def test_broken_json_is_told_by_line_and_column(body: str, told: str) -> None:
    with pytest.raises(json.JSONDecodeError) as raised:
        json.loads(body.removeprefix("\ufeff"))
    with pytest.raises(Unreadable) as refused:
        read(body.encode())
    with pytest.raises(Unreadable) as refused_data:
        jsondata.read(body.encode(), content_type=None, url="", options={})
    said = f"this is broken JSON: {told}: {raised.value.msg}"
    assert (str(refused.value), str(refused_data.value)) == (said, said)


def test_a_broken_sitemap_is_told_by_line_and_column() -> None:
    body = "\n<?xml version='1.0'?>\n<urlset>\n<url><loc>https://e.example/1</loc>\n</urll></urlset>"
    feed = sitemap.read(body.encode(), content_type=None, url="", options={})
    assert feed.problems == (f"{BROKEN}line 5, column 3: mismatched tag",)


@pytest.mark.parametrize("value", ["x" * 65, "&b;", "<b/>"])
def test_entities_are_never_expanded_for_it(value: str) -> None:
    nested = f"<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c \"{value}\">]>"
    assert fault_of(f"{nested}<a d='&c;'>&c;</b>") is None


def test_a_document_without_fault_has_none() -> None:
    assert fault_of("<?xml version='1.0' encoding='utf-16'?><a>é</a>") is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_three_ways(end: str) -> None:
    assert place_of(f"\ufeffa{end}{end}bc", len(f"\ufeffa{end}{end}b")) == (3, 2)
