"""What is kept of renditions, and for how long."""

import pytest
from sqlalchemy.exc import OperationalError

from aggregator.publish.rendition import Rendition, rendition_of
from aggregator.publish.shelf import Shelf, Unavailable

AWAY = OperationalError("SELECT 1", None, Exception("database is locked"))


def document(size: int = 10) -> Rendition:
    return rendition_of(b"x" * size, "text/plain")


def away() -> Rendition:
    raise AWAY


def test_what_was_asked_for_least_lately_makes_room() -> None:
    shelf: Shelf[str] = Shelf(60)
    first = document()
    for name in ("a", "b", "c"):
        shelf.put(name, first if name == "a" else document())
    assert shelf.get("a") is first
    shelf.put("d", document())
    assert [name for name in "abcd" if shelf.get(name)] == ["a", "c", "d"]


def test_what_takes_the_place_of_another_is_counted_once() -> None:
    shelf: Shelf[str] = Shelf(60)
    for _ in range(5):
        shelf.put("a", document())
    shelf.put("b", document(20))
    assert len(shelf) == 2


def test_what_is_larger_than_the_shelf_is_kept_alone() -> None:
    shelf: Shelf[str] = Shelf(60)
    shelf.put("a", document())
    shelf.put("b", document(100))
    assert (shelf.get("a"), len(shelf)) == (None, 1)


def test_what_is_made_is_served_until_the_database_is_away_and_then_what_was_made_last() -> None:
    shelf: Shelf[str] = Shelf(1_000)
    shelf.made("a", document)
    last = shelf.made("a", document)
    assert shelf.made("a", away) is last


def test_what_was_never_made_is_unavailable() -> None:
    with pytest.raises(Unavailable) as refused:
        Shelf[str](1_000).made("a", away)
    assert refused.value.__cause__ is AWAY
