"""JSON Feeds whose values are of any type and any size (case X18), and what is kept of them."""

import json

import pytest

from feeds.errors import FeedError, NotAFeed, Unreadable
from feeds.model import Feed
from feeds.parse import read
from feeds.parse.jsonfeed import MAX_NESTED


def feed(items: str, more: str = "") -> Feed:
    return read(f'{{"version":"https://jsonfeed.org/version/1.1","title":"T","items":{items}{more}}}'.encode())


@pytest.mark.parametrize(
    ("written", "guid"),
    [("7", "7"), ("-7.5", "-7.5"), ("true", "true"), ("false", "false"), ('" a "', "a"), ("1e3", "1000.0")],
)
def test_x18_an_id_is_coerced_to_text(written: str, guid: str) -> None:
    (entry,) = feed(f'[{{"id":{written},"content_text":"x"}}]').entries
    assert entry.guid == guid


@pytest.mark.parametrize(
    "item", ['{"id":null}', '{"id":""}', '{"id":[1]}', '{"id":NaN}', '{"content_text":"x"}', "7", "null", '"id"', "[]"]
)
def test_x18_an_item_without_an_id_is_dropped_and_reported(item: str) -> None:
    found = feed(f'[{item},{{"id":"good"}}]')
    assert [entry.guid for entry in found.entries] == ["good"]
    assert found.problems == ("item 1 was left out: it has no `id`",)


@pytest.mark.parametrize("items", ["{}", "null", "7", '"a"', "true"])
def test_x18_items_that_are_no_list_are_refused(items: str) -> None:
    with pytest.raises(Unreadable, match="no list of `items`"):
        feed(items)
    with pytest.raises(NotAFeed):
        read(f'{{"items":{items}}}'.encode())


def test_x18_of_keys_that_come_twice_the_last_one_counts() -> None:
    (entry,) = feed('[{"id":"1","id":"2","title":"a","title":"b"}]').entries
    assert (entry.guid, entry.title) == ("2", "b")


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "-" + "9" * 5000, "0." + "9" * 5000]
)
def test_x18_numbers_that_are_none_or_endless_harm_nobody(number: str) -> None:
    attachment = f'{{"url":"https://e.example/a.mp3","mime_type":"audio/mpeg","size_in_bytes":{number}}}'
    (entry,) = feed(f'[{{"id":"1","attachments":[{attachment}],"date_published":{number}}}]').entries
    assert (entry.enclosures[0].length, entry.published) == (None, None)
    assert feed(f'[{{"id":{number}}},{{"id":"2"}}]').entries[-1].guid == "2"


@pytest.mark.parametrize("depth", [10_000, MAX_NESTED + 1])
@pytest.mark.parametrize(
    "form", ['{{"items":{0}}}', '{{"version":"https://jsonfeed.org/version/1","items":[{{"id":{0}}}]}}']
)
def test_x18_nesting_without_end_is_refused(depth: int, form: str) -> None:
    with pytest.raises(Unreadable, match=r"nested too deeply|lists and objects"):
        read(form.format("[" * depth + "]" * depth).encode())


@pytest.mark.parametrize("broken", [b'{"items":["' + b"\\" * 3_000_001, b'{"items":[' + b'"' * 1_000_000, b"[" * 100])
def test_x18_broken_strings_are_refused(broken: bytes) -> None:
    with pytest.raises(FeedError):
        read(broken)


@pytest.mark.parametrize("address", ["self", "https://a.example/?page=2", "https://b.example/", 7, None, ["x"]])
def test_x18_the_address_of_older_items_changes_nothing(address: object) -> None:
    assert feed('[{"id":"1"}]', f',"next_url":{json.dumps(address)}') == feed('[{"id":"1"}]')
