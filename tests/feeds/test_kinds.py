"""KINDS: what is written, what it is the same as, where to look."""

import re
from contextlib import suppress

import pytest

from feeds.errors import FeedError
from feeds.kinds import KINDS

INSTANCES = ("https://one.example", "https://two.example/")


@pytest.mark.parametrize(
    ("kind", "written", "address"),
    [
        ("feed", " HTTPS://Example.org/Feed?a=B#top ", "https://example.org/Feed?a=B"),
        ("feed", "http://example.org:8080", "http://example.org:8080"),
        ("rsshub", "/zaker/source/12", "rsshub:/zaker/source/12"),
        ("rsshub", "rsshub://zaker/source/12/", "rsshub:/zaker/source/12"),
        ("rsshub", "zaker/source/12?limit=5", "rsshub:/zaker/source/12?limit=5"),
        ("file", "examples/a.xml", "file:examples/a.xml"),
        ("file", "file:examples/a.xml", "file:examples/a.xml"),
        ("file", "file:///srv/a.xml", "file:/srv/a.xml"),
    ],
)
def test_spellings_of_one_source_are_one_address(kind: str, written: str, address: str) -> None:
    assert KINDS[kind].address(written) == address
    assert KINDS[kind].address(address) == address


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("feed", "ftp://example.org/", "http://"),
        ("feed", "javascript:alert(1)", "http://"),
        ("feed", "/feed.xml", "http://"),
        ("feed", "https://", "no host"),
        ("feed", "https://e.example/a b", "blank"),
        ("feed", "https://e.example/\r\nHost: x", "blank"),
        ("feed", "http://[::1", "no address"),
        ("feed", "http://e.example:99999/", "no address"),
        ("feed", "https://me:secret@e.example/", "headers"),
        ("rsshub", "/", "/zaker/source/12"),
        ("rsshub", "/../etc", "/zaker/source/12"),
        ("rsshub", "https://rsshub.example/zaker", "whole address"),
        ("file", "", "path"),
        ("file", "file://host/share.xml", "another machine"),
    ],
)
def test_c09_what_cannot_be_a_source_is_explained(kind: str, written: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        KINDS[kind].address(written)
    assert "secret" not in str(caught.value)


def test_places_to_look_in_order() -> None:
    assert KINDS["feed"].locate("https://e.example/f", INSTANCES) == ("https://e.example/f",)
    assert KINDS["rsshub"].locate("rsshub:/a/b", INSTANCES) == ("https://one.example/a/b", "https://two.example/a/b")
    assert KINDS["rsshub"].locate("rsshub:/a/b", ()) == ()
    assert KINDS["file"].locate("file:examples/a.xml", INSTANCES) == ("examples/a.xml",)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_row_is_known_by_its_own_name(name: str) -> None:
    assert KINDS[name].name == name


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_examples_of_every_row_are_accepted(name: str) -> None:
    kind = KINDS[name]
    assert kind.address(kind.address(kind.example)) == kind.address(kind.example)
    for option in kind.options.values():
        option.check(option.example)
        if option.default:
            option.check(option.default)


@pytest.mark.parametrize(
    "body", [b"", b" ", b"<", b"{", b"[]", b"[{}]", b"<html>", b"\x1f\x8b\x08", b"\xff\xfe<\x00", b"\x00" * 9]
)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_row_reads_rubbish_as_a_feed_or_a_feed_error(name: str, body: bytes) -> None:
    kind = KINDS[name]
    options = {key: option.example for key, option in kind.options.items()}
    with suppress(FeedError):
        kind.read(body, content_type=None, url="https://a.example/", options=options, memory=b"", context="")
