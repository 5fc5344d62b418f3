"""The contract of every row of FORMATS: well-formed, the same bytes everywhere, nothing lost, nothing taken down."""

import json
import locale
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.model import Enclosure, Entry, Feed, Person, Source
from feeds.render import FORMATS, Format
from tests.feeds.render.samples import (
    BARE,
    BARE_FEED,
    EMPTY_FEED,
    EVERYTHING,
    FULL_FEED,
    GOLDEN,
    GOLDEN_FEEDS,
    feed_of,
)

ALL = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS.keys())
POISON = "a\x00b\x08c\x0bd\ufffee\uffff f\ud800g\udfff ]]> <!-- & </title> \x85\x9f"


def assert_well_formed(form: Format, document: bytes) -> None:
    if form.name == "json":
        json.loads(document.decode("utf-8"))
    else:
        expat.ParserCreate().Parse(document, True)
        etree.fromstring(document)


def ids(form: Format, document: bytes) -> list[str]:
    if form.name == "json":
        return [item["id"] for item in json.loads(document)["items"]]
    root: Any = etree.fromstring(document)
    return [
        str(found) for found in root.xpath("//item/guid/text() | //*[local-name()='entry']/*[local-name()='id']/text()")
    ]


@ALL
def test_a_row_is_filed_under_its_own_name(form: Format) -> None:
    assert FORMATS[form.name] is form
    assert form.content_type.endswith("; charset=utf-8")


@ALL
@pytest.mark.parametrize("feed", [FULL_FEED, EMPTY_FEED, BARE_FEED, Feed()], ids=["full", "empty", "bare", "nothing"])
def test_any_feed_gives_a_well_formed_document(form: Format, feed: Feed) -> None:
    assert_well_formed(form, form.render(feed))


@ALL
@pytest.mark.parametrize("name", GOLDEN_FEEDS)
def test_a_feed_gives_exactly_the_golden_document(form: Format, name: str) -> None:
    assert form.render(GOLDEN_FEEDS[name]) == (GOLDEN / f"{name}.{form.name}").read_bytes()


@ALL
def test_entries_keep_their_order_and_ids(form: Format) -> None:
    assert ids(form, form.render(FULL_FEED)) == [entry.guid for entry in FULL_FEED.entries]


@ALL
def test_nothing_of_an_entry_is_lost(form: Format) -> None:
    document = form.render(feed_of(EVERYTHING)).decode()
    said = [EVERYTHING.guid, "新款折叠屏手机发布", "article/1?a=1", "正文", "摘要", "李雷", "Zoë Ångström", "手机"]
    said += [enclosure.url for enclosure in EVERYTHING.enclosures] + ["12345678", "1.jpg", "zh-CN"]
    said += ["2024-05-02T09:00:00", "新媒体/ZAKER/source", "Technology", "ZAKER 科技", "rsshub.app/zaker/source/12"]
    assert [words for words in said if words not in document] == []


@ALL
def test_o01_poisoned_text_is_well_formed_and_kept_but_for_forbidden_characters(form: Format) -> None:
    poisoned = replace(EVERYTHING, title=POISON, html=f"<p>{POISON}</p>", summary=POISON, tags=(POISON,))
    feed = replace(feed_of(poisoned), title=POISON, description=POISON)
    document = form.render(feed)
    assert_well_formed(form, document)
    assert ids(form, document) == [EVERYTHING.guid]
    assert "abcde fg ]]" in document.decode()


@ALL
def test_o02_one_poisoned_entry_is_left_out_and_logged(form: Format, caplog: pytest.LogCaptureFixture) -> None:
    entries = [replace(BARE, guid=f"urn:uuid:00000000-0000-5000-8000-{number:012}") for number in range(100)]
    entries[50] = replace(entries[50], published="yesterday\nevening")  # type: ignore[arg-type]
    document = form.render(feed_of(*entries))
    assert ids(form, document) == [entry.guid for entry in entries if entry is not entries[50]]
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert entries[50].guid in record.getMessage()
    assert "\n" not in record.getMessage()


@ALL
def test_o10_another_process_with_other_surroundings_gives_the_same_bytes(form: Format) -> None:
    script = (
        "import sys; from feeds.render import FORMATS; from tests.feeds.render.samples import FULL_FEED;"
        f"sys.stdout.buffer.write(FORMATS[{form.name!r}].render(FULL_FEED))"
    )
    root = Path(__file__).parents[3]
    surroundings = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(root)}
    elsewhere = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | surroundings, cwd=root, capture_output=True, check=True
    )
    assert elsewhere.stdout == form.render(FULL_FEED)


@ALL
def test_threads_that_render_at_once_all_get_the_same_bytes(form: Format) -> None:
    with ThreadPoolExecutor(8) as threads:
        documents = set(threads.map(form.render, [FULL_FEED] * 32))
    assert documents == {form.render(FULL_FEED)}


@ALL
def test_rendering_leaves_the_locale_of_the_process_as_it_was(form: Format) -> None:
    before = locale.setlocale(locale.LC_ALL)
    form.render(FULL_FEED)
    assert locale.setlocale(locale.LC_ALL) == before


@ALL
def test_dates_before_1970_and_without_a_zone_are_mended(form: Format) -> None:
    odd = replace(BARE, published=datetime(1, 1, 1, tzinfo=UTC), updated=datetime(2024, 2, 29, 12, 0))  # noqa: DTZ001
    document = form.render(feed_of(odd)).decode()
    assert "1970" in document
    assert "2024-02-29T12:00:00" in document


@ALL
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//no.scheme/", "http://[", "http://a b/"]
)
def test_h03_an_address_that_is_not_http_is_left_out_and_the_entry_kept(form: Format, address: str) -> None:
    hostile = Source(title="S", url=address, link=address)
    entry = Entry(
        guid="urn:uuid:6ba7b814-9dad-51d1-80b4-00c04fd430c8",
        title="Kept",
        url=address,
        image=address,
        enclosures=(Enclosure(url=address),),
        authors=(Person(name="A", url=address),),
        source=hostile,
        via=(hostile,),
    )
    document = form.render(replace(feed_of(entry), image=address, hubs=(address,)))
    assert ids(form, document) == [entry.guid]
    assert address.encode() not in document


ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
ANY_SOURCE = st.builds(Source, title=ANY_TEXT, url=ANY_TEXT, link=ANY_TEXT)
ANY_ENTRY = st.builds(
    Entry,
    guid=ANY_TEXT.map("urn:".__add__),
    title=ANY_TEXT,
    url=st.one_of(st.none(), ANY_TEXT, ANY_TEXT.map("https://example.org/".__add__)),
    html=ANY_TEXT,
    summary=ANY_TEXT,
    authors=st.tuples(st.builds(Person, name=ANY_TEXT, email=ANY_TEXT, url=ANY_TEXT)),
    tags=st.tuples(ANY_TEXT),
    enclosures=st.tuples(st.builds(Enclosure, url=ANY_TEXT.map("http://".__add__), type=ANY_TEXT)),
    image=ANY_TEXT,
    language=ANY_TEXT,
    published=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
    updated=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
    categories=st.tuples(st.tuples(ANY_TEXT, ANY_TEXT)),
    source=st.one_of(st.none(), ANY_SOURCE),
    via=st.tuples(ANY_SOURCE),
)
ANY_FEED = st.builds(
    Feed,
    title=ANY_TEXT,
    url=st.one_of(st.none(), ANY_TEXT),
    link=ANY_TEXT,
    description=ANY_TEXT,
    language=ANY_TEXT,
    image=ANY_TEXT,
    updated=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
    entries=st.tuples(ANY_ENTRY),
    hubs=st.tuples(ANY_TEXT),
)


@ALL
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feed=ANY_FEED)
def test_whatever_is_in_the_texts_the_document_is_well_formed_and_complete(form: Format, feed: Feed) -> None:
    document = form.render(feed)
    assert_well_formed(form, document)
    assert len(ids(form, document)) == len(feed.entries)
