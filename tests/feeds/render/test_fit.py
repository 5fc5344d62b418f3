"""Feeds and entries made fit to be written."""

import pytest

from feeds.model import Enclosure, Entry, Feed, Person
from feeds.render.fit import GENERATOR, NEVER, fit_entry, fit_feed

GUID = "urn:uuid:6ba7b815-9dad-51d1-80b4-00c04fd430c8"


def test_authors_with_nothing_to_show_are_left_out() -> None:
    authors = (Person(name=" "), Person(email="not an address"), Person(name="A &amp; B", email="a@example.org"))
    assert fit_entry(Entry(guid=GUID, authors=authors)).authors == (Person(name="A & B", email="a@example.org"),)


def test_an_enclosure_has_a_type_and_a_length_that_says_something() -> None:
    written = (Enclosure(url="https://example.org/a.mp3", length=0), Enclosure(url="mailto:a@example.org"))
    (enclosure,) = fit_entry(Entry(guid=GUID, enclosures=written)).enclosures
    assert enclosure == Enclosure(url="https://example.org/a.mp3", type="audio/mpeg")


def test_an_entry_without_a_title_is_called_by_its_address() -> None:
    assert fit_entry(Entry(guid=GUID, url="https://example.org/a")).title == "https://example.org/a"


def test_an_entry_whose_guid_is_blank_is_refused() -> None:
    with pytest.raises(ValueError, match="guid"):
        fit_entry(Entry(guid="\x00 "))


def test_a_feed_of_nothing_has_a_title_and_a_date_that_does_not_move() -> None:
    assert (fit_feed(Feed()).title, fit_feed(Feed()).updated) == (GENERATOR, NEVER)
