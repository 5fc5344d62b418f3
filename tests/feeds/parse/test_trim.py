"""Reading only what is new gives what reading everything would have added."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Feed
from feeds.parse import Reading, read, read_new
from tests.corpus import captured

URL = "https://a.example/feed"


def item(name: str, *, guid: str | None = None, more: str = "") -> str:
    return (
        f"<item><guid>{guid or name}</guid><title>Entry {name}</title><link>/{name}</link>"
        f"<description>&lt;p&gt;Text {name}&lt;/p&gt;</description>{more}</item>"
    )


def rss(*items: str, head: str = "<link>https://a.example/</link>", tail: str = "") -> bytes:
    return f'<rss version="2.0"><channel><title>A blog</title>{head}{"".join(items)}{tail}</channel></rss>'.encode()


def atom(*names: str, root: str = "", head: str = "") -> bytes:
    entries = "".join(f"<entry><id>{name}</id><title>{name}</title><link href='{name}'/></entry>" for name in names)
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {root}><title>A</title>{head}{entries}</feed>".encode()


def again(body: bytes, before: Reading, context: str = "") -> Reading:
    return read_new(body, url=URL, memory=before.memory, context=context)


def first(body: bytes, context: str = "") -> Reading:
    return read_new(body, url=URL, context=context)


def guids(reading: Reading) -> list[str]:
    return [entry.guid for entry in reading.feed.entries]


def test_without_a_memory_everything_is_given() -> None:
    reading = first(rss(item("2"), item("1")))
    assert guids(reading) == ["2", "1"]
    assert reading.feed == read(rss(item("2"), item("1")), url=URL)


def test_what_was_read_is_not_given_again() -> None:
    before = first(rss(item("2"), item("1")))
    reading = again(rss(item("3"), item("2"), item("1")), before)
    assert (guids(reading), reading.carried) == (["3"], 3)
    assert guids(again(rss(item("3"), item("2"), item("1")), reading)) == []


def test_the_feed_itself_is_read_every_time() -> None:
    before = first(rss(item("1")))
    body = rss(
        item("1"), head="<link>https://a.example/</link><lastBuildDate>Tue, 24 Nov 2026 10:00:00 GMT</lastBuildDate>"
    )
    reading = again(body, before)
    assert guids(reading) == []
    assert reading.feed == replace(read(body, url=URL), entries=())


def test_an_item_that_changed_is_given() -> None:
    before = first(rss(item("2"), item("1")))
    assert guids(again(rss(item("2"), item("1", more="<author>A</author>")), before)) == ["1"]


def test_what_left_the_document_is_forgotten() -> None:
    before = first(rss(item("2"), item("1")))
    without = again(rss(item("2")), before)
    assert guids(again(rss(item("2"), item("1")), without)) == ["1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (rss(item("1")), rss(item("1"), head="<link>https://b.example/</link>")),
        (rss(item("1")), rss(item("1"), head="<link>https://a.example/</link><language>de</language>")),
        (rss(item("1")), rss(item("1"), tail="<language>de</language>")),
        (atom("1"), atom("1", root="xml:lang='de'")),
        (atom("1"), atom("1", root="xml:base='https://b.example/'")),
        (atom("1"), atom("1", head="<author><name>A</name></author>")),
    ],
)
def test_what_entries_inherit_makes_all_of_them_new(before: bytes, after: bytes) -> None:
    assert len(again(after, first(before)).feed.entries) == 1


def test_other_rules_make_all_entries_new() -> None:
    before = first(rss(item("1")), context="keep")
    assert guids(again(rss(item("1")), before, context="keep")) == []
    assert guids(again(rss(item("1")), before, context="drop")) == ["1"]


def test_dates_of_the_feed_and_comments_make_nothing_new() -> None:
    before = first(rss(item("1"), head="<pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate>", tail="<!-- in 0.3 s -->"))
    body = rss(item("1"), head="<pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate>", tail="<!-- in 0.9 s -->")
    assert guids(again(body, before)) == []


def test_a_guid_that_a_known_item_has_too_makes_everything_be_read() -> None:
    before = first(rss(item("1"), item("2")))
    assert len(again(rss(item("3", guid="1"), item("1"), item("2")), before).feed.entries) == 3


def test_new_items_that_share_one_guid_make_everything_be_read() -> None:
    before = first(rss(item("1")))
    reading = again(rss(item("3", guid="x"), item("2", guid="x"), item("1")), before)
    assert reading.feed == read(rss(item("3", guid="x"), item("2", guid="x"), item("1")), url=URL)


def test_an_ill_formed_document_leaves_no_memory() -> None:
    assert first(rss(item("1", more="<b>open"), item("2"))).memory == b""


def test_an_ill_formed_new_item_makes_everything_be_read() -> None:
    before = first(rss(item("1")))
    reading = again(rss(item("2", more="<b>open"), item("1")), before)
    assert reading.feed == read(rss(item("2", more="<b>open"), item("1")), url=URL)


def test_items_that_cannot_be_told_apart_without_parsing_are_all_read() -> None:
    body = rss(item("1"), "<title>between</title>", item("2"))
    assert first(body).memory == b""


def stored(state: dict[str, object], feed: Feed) -> dict[str, object]:
    """What a store that keeps the last version of each guid would hold."""
    return state | {entry.guid: entry for entry in reversed(feed.entries)}


NAMES = st.sampled_from("abcdef")
ITEMS = st.builds(
    lambda name, version, guid: item(name, guid=guid, more=f"<category>{version}</category>"),
    NAMES,
    st.integers(0, 2),
    st.none() | st.sampled_from("ax"),
)
HEADS = st.sampled_from(
    ["", "<language>de</language>", "<pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate>", "<!-- x -->"]
)


@given(st.lists(st.tuples(HEADS, st.lists(ITEMS, max_size=6)), min_size=1, max_size=6))
def test_any_series_of_documents_stores_the_same_with_and_without_a_memory(
    series: list[tuple[str, list[str]]],
) -> None:
    whole: dict[str, object] = {}
    trimmed: dict[str, object] = {}
    memory = b""
    for head, items in series:
        body = rss(*items, head=head)
        reading = read_new(body, url=URL, memory=memory)
        memory = reading.memory
        whole, trimmed = stored(whole, read(body, url=URL)), stored(trimmed, reading.feed)
        assert trimmed == whole
        assert reading.carried == len(read(body, url=URL).entries)


def test_every_captured_feed_gives_exactly_the_item_that_its_memory_lacks() -> None:
    trimmed = 0
    for document in captured():
        body = document.path.read_bytes()
        whole = read_new(body, content_type=document.content_type, url=URL)
        records = [whole.memory[at : at + 16] for at in range(0, len(whole.memory), 16)]
        if len(records) < 2 or len(records) != whole.carried or len(set(guids(whole))) != whole.carried:
            continue
        for missing in (0, len(records) // 2, len(records) - 1):
            memory = b"".join(records[:missing] + records[missing + 1 :])
            reading = read_new(body, content_type=document.content_type, url=URL, memory=memory)
            assert reading.feed == replace(whole.feed, entries=(whole.feed.entries[missing],)), document.path
            trimmed += 1
    assert trimmed > 450
