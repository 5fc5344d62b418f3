"""The picture that stands for an entry."""

import pytest

from feeds.clean.context import Context
from feeds.clean.rules import Rules
from feeds.clean.thumbnail import choose
from feeds.model import Entry

CONTEXT = Context(base="", rules=Rules())
FIT = '<img src="https://e.example/photo.jpg?a=1&amp;b=2">'


def image_of(html: str, **fields: str) -> str | None:
    return choose(Entry(guid="1", html=html, **fields), CONTEXT).image  # type: ignore[arg-type]


def test_what_the_source_names_wins() -> None:
    assert image_of(FIT, image="https://e.example/own.jpg") == "https://e.example/own.jpg"


@pytest.mark.parametrize(
    "unfit",
    [
        '<img src="https://secure.gravatar.com/avatar/1?s=96">',
        '<img src="https://e.example/avatars/1.png">',
        '<img src="https://s.w.org/images/core/emoji/15/72x72/1f600.png">',
        '<img src="https://feeds.feedburner.com/~r/x/~4/y">',
        '<img src="https://e.example/icon.png" width="32" height="32">',
        '<img src="https://e.example/logo.svg">',
        '<img alt="no address">',
    ],
)
def test_avatars_emoji_counters_and_icons_stand_for_nothing(unfit: str) -> None:
    assert image_of(unfit) is None
    assert image_of(unfit + FIT) == "https://e.example/photo.jpg?a=1&b=2"


def test_the_summary_may_have_the_picture() -> None:
    assert image_of("<p>text</p>", summary=FIT) == "https://e.example/photo.jpg?a=1&b=2"
