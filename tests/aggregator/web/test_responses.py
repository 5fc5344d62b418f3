"""Conditional requests, HEAD and gzip, as RFC 9110 says; over a real feed."""

import gzip
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.http import http_date

pytestmark = pytest.mark.usefixtures("stories")
PATH = "/feeds/all.atom"


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


@pytest.mark.parametrize("path", [PATH, "/feeds/all.rss?limit=1", "/", "/category/tech", "/status", "/status.json"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_o13_head_says_what_get_says_without_the_body(client: FlaskClient, path: str, coding: str) -> None:
    get, head = (client.open(path, method=m, headers={"Accept-Encoding": coding}) for m in ("GET", "HEAD"))
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(get.headers)
    assert int(head.headers["Content-Length"]) == len(get.data)


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("GZIP", True),
        ("gzip;q=0.5, identity;q=0", True),
        ("identity;q=0, gzip", True),
        ("br", False),
        ("gzip;q=0", False),
        ("identity, gzip;q=0.2", False),
        ("identity;q=0", False),
        ("*", False),
        ("", False),
        (None, False),
    ],
)
def test_o14_gzip_is_for_those_who_want_it(client: FlaskClient, accepted: str | None, compressed: bool) -> None:
    plain = client.get(PATH)
    answer = client.get(PATH, headers={} if accepted is None else {"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") is compressed
    assert (gzip.decompress(answer.data) if compressed else answer.data) == plain.data
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_o14_each_coding_has_a_strong_etag_of_its_own(client: FlaskClient) -> None:
    plain, packed = client.get(PATH), client.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
    assert plain.headers["ETag"].startswith('"')


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
@pytest.mark.parametrize("weakened", ["", "W/"])
def test_o14_either_coding_s_etag_gets_its_304_back(client: FlaskClient, accepted: str, weakened: str) -> None:
    for coding in ("gzip", "identity"):
        tag = client.get(PATH, headers={"Accept-Encoding": coding}).headers["ETag"]
        answer = client.get(PATH, headers={"Accept-Encoding": accepted, "If-None-Match": weakened + tag})
        assert (answer.status_code, answer.headers["ETag"]) == (304, tag)


def test_a_page_has_an_etag_too(client: FlaskClient, now: datetime) -> None:
    tag = client.get("/").headers["ETag"]
    assert client.get("/", headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/", headers={"If-Modified-Since": http_date(now + timedelta(days=1))}).status_code == 200
