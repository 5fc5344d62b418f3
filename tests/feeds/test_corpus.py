"""Every real feed and every test case of the shared corpus, through `read` and `clean`.

Real feeds never crash, and well-formed ones give as many entries as feedparser alone counts. Cases made to break
parsers give a `Feed` or a `FeedError`, and nothing else.
"""

import csv
from pathlib import Path

import pytest

from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.errors import FeedError
from feeds.parse import read
from tests.corpus import CORPUS, captured, require_corpus

URL = "https://feed.example.org/feed"


@pytest.fixture(scope="module", autouse=True)
def corpus() -> Path:
    return require_corpus()


def test_captured_feeds_are_read_whole_and_cleaned() -> None:
    counts = {}
    for document in captured():
        feed = read(document.path.read_bytes(), content_type=document.content_type, url=URL)
        cleaned = clean(feed, base=URL, rules=Rules())
        assert len(cleaned.entries) == len(feed.entries), (document.path, cleaned.problems)
        assert not [problem for problem in cleaned.problems if "left out" in problem and "entry" in problem], (
            document.path
        )
        if document.well_formed is not False:
            counts[document.path] = (len(feed.entries), document.entries)
    assert {path: pair for path, pair in counts.items() if pair[0] != pair[1]} == {}
    assert len(counts) > 150


def test_cleaning_a_captured_feed_twice_changes_nothing() -> None:
    for document in captured()[::3]:
        once = clean(read(document.path.read_bytes(), url=URL), base=URL, rules=Rules())
        assert clean(once, base=URL, rules=Rules()) == once, document.path


def test_cases_made_to_break_parsers_give_a_feed_or_a_feed_error() -> None:
    with (CORPUS / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        cases = [row for row in csv.DictReader(manifest, delimiter="\t") if row["provenance"] == "testcase"]
    readable = 0
    for row in cases:
        try:
            feed = read((CORPUS / "files" / row["local"]).read_bytes(), url=URL)
        except FeedError:
            continue
        clean(feed, base=URL, rules=Rules())
        readable += 1
    assert readable > 700
