"""Conditional requests, HEAD and codings, as RFC 9110 says; over a real feed."""

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta

import brotli  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date

from aggregator.publish.packing import CODINGS

pytestmark = pytest.mark.usefixtures("stories")
PATH = "/feeds/all.atom"
UNPACK: dict[str | None, Callable[[bytes], bytes]] = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ('"other", {tag}', 304),
        ('"with, comma", {tag}', 304),
        ('W/"other",W/{tag}', 304),
        ("*", 304),
        (" * ", 304),
        ('"other"', 200),
        ('"with, comma"', 200),
        ("garbage", 200),
        ('"unterminated', 200),
        (",,,", 200),
        ("", 200),
    ],
)
def test_o07_if_none_match_compares_weakly(client: FlaskClient, held: str, status: int) -> None:
    tag = client.get(PATH).headers["ETag"]
    assert client.get(PATH, headers={"If-None-Match": held.format(tag=tag)}).status_code == status


@pytest.mark.parametrize("held", ['"other"', "garbage", '"unterminated', ""])
def test_o08_if_none_match_wins_over_if_modified_since(client: FlaskClient, held: str) -> None:
    modified = client.get(PATH).headers["Last-Modified"]
    answer = client.get(PATH, headers={"If-None-Match": held, "If-Modified-Since": modified})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", 304),  # equal
        ("Sun, 01 Mar 2026 11:59:59 GMT", 200),  # older
        ("Fri, 01 Mar 2086 12:00:00 GMT", 304),  # in the future
        ("yesterday, perhaps", 200),
        ("", 200),
        ("Sunday, 01-Mar-26 12:00:00 GMT", 304),  # RFC 850
        ("Sun Mar  1 12:00:00 2026", 304),  # asctime
    ],
)
def test_o09_if_modified_since_in_every_spelling(client: FlaskClient, written: str, status: int) -> None:
    assert client.get(PATH).headers["Last-Modified"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert client.get(PATH, headers={"If-Modified-Since": written}).status_code == status


@pytest.mark.parametrize("validator", ["If-None-Match", "If-Modified-Since"])
def test_o12_a_304_keeps_its_validators_and_rules_and_has_no_body(client: FlaskClient, validator: str) -> None:
    full = client.get(PATH)
    held = {"If-None-Match": full.headers["ETag"], "If-Modified-Since": full.headers["Last-Modified"]}[validator]
    answer = client.get(PATH, headers={validator: held})
    assert (answer.status_code, answer.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary", "Last-Modified"):
        assert answer.headers[name] == full.headers[name]
    assert not {"Content-Type", "Content-Length", "Content-Encoding"} & set(answer.headers.keys())


@pytest.mark.parametrize("path", [PATH, "/feeds/all.rss?limit=1", "/feeds.opml", "/", "/category/tech", "/status"])
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_o13_head_says_what_get_says_without_the_body(client: FlaskClient, path: str, coding: str) -> None:
    get, head = (client.open(path, method=m, headers={"Accept-Encoding": coding}) for m in ("GET", "HEAD"))
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(get.headers)
    assert int(head.headers["Content-Length"]) == len(get.data)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, br;q=0.9", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0.5, identity;q=0", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, br", "br"),
        ("identity, gzip;q=0.2", None),
        ("identity;q=0", None),
        ("*", None),
        ("", None),
        (None, None),
    ],
)
def test_o14_each_client_gets_the_coding_that_it_likes(
    client: FlaskClient, accepted: str | None, coding: str | None
) -> None:
    plain = client.get(PATH)
    answer = client.get(PATH, headers={} if accepted is None else {"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == coding
    assert UNPACK[coding](answer.data) == plain.data
    assert answer.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"


def test_o14_each_coding_has_a_strong_etag_of_its_own(client: FlaskClient) -> None:
    tags = [client.get(PATH, headers={"Accept-Encoding": coding}).headers["ETag"] for coding in ("identity", *CODINGS)]
    assert tags[1:] == [f'{tags[0][:-1]}-{coding}"' for coding in CODINGS]
    assert tags[0].startswith('"')


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
@pytest.mark.parametrize("weakened", ["", "W/"])
def test_o14_any_coding_s_etag_gets_its_304_back(client: FlaskClient, accepted: str, weakened: str) -> None:
    for coding in (*CODINGS, "identity"):
        tag = client.get(PATH, headers={"Accept-Encoding": coding}).headers["ETag"]
        answer = client.get(PATH, headers={"Accept-Encoding": accepted, "If-None-Match": weakened + tag})
        assert (answer.status_code, answer.headers["ETag"]) == (304, tag)


def test_a_page_has_an_etag_too(client: FlaskClient, now: datetime) -> None:
    tag = client.get("/").headers["ETag"]
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/", headers={"If-Modified-Since": http_date(now + timedelta(days=1))}).status_code == 200
