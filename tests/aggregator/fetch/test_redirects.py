"""Where redirects lead; what they look like on the wire is in test_etiquette."""

import pytest
from multidict import CIMultiDict

from aggregator.errors import FetchError
from aggregator.fetch.address import parse
from aggregator.fetch.redirects import Trail
from aggregator.outcome import Reason


def follow(start: str, *steps: tuple[int, str]) -> Trail:
    trail = Trail(parse(start))
    for status, location in steps:
        trail = trail.follow(status, CIMultiDict(Location=location))
    return trail


def test_e31_from_https_to_http_nobody_follows() -> None:
    with pytest.raises(FetchError) as caught:
        follow("https://a.example/", (301, "http://a.example/"))
    assert caught.value.reason is Reason.REDIRECT


def test_from_http_to_https_is_the_way_of_the_world() -> None:
    assert follow("http://a.example/feed", (301, "https://a.example/feed")).moved_to == "https://a.example/feed"


def test_e29_one_temporary_step_and_the_source_has_not_moved() -> None:
    assert follow("http://a.example/1", (301, "/2"), (302, "/3"), (301, "/4")).moved_to is None
    assert follow("http://a.example/1", (301, "/2"), (308, "/3")).moved_to == "http://a.example/3"
    assert Trail(parse("http://a.example/1")).moved_to is None


def test_e31_a_circle_is_seen_whatever_the_path_is_called() -> None:
    with pytest.raises(FetchError):
        follow("http://a.example", (302, "HTTP://A.EXAMPLE:80/#x"))
