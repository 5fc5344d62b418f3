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
        '<img src="https://e.example/spacer.gif">',
        '<img src="https://twemoji.maxcdn.com/2/72x72/1f600.png"><img src="https://e.example/twemoji/1f600.png">',
        '<img src="https://e.example/wp-includes/images/smilies/icon_smile.gif">',
        '<img src="https://e.example/i.png" width="1200" height="1">',
        '<img src="https://ad.e.example/728.jpg"><img src="https://ads1.e.example/728.jpg">',
        '<img src="https://e.example/ads/728x90.jpg"><img src="https://e.example/banners/x.jpg">',
        '<img src="https://pagead2.googlesyndication.com/x.jpg">',
        '<img src="https://img.shields.io/x.png"><img src="https://e.example/share-buttons/x.png">',
    ],
)
def test_avatars_emoji_counters_and_icons_stand_for_nothing(unfit: str) -> None:
    assert image_of(unfit) is None
    assert image_of(unfit + FIT) == "https://e.example/photo.jpg?a=1&b=2"


@pytest.mark.parametrize(
    "fit",
    [
        "/uploads/header.jpg",
        "/2026/adsorption.jpg",
        "/badminton.jpg",
        "/a.jpg?x=/emojis",
        "/roads/a.jpg",
        "/counter.jpg",
    ],
)
def test_a_picture_whose_address_only_resembles_those_is_fit(fit: str) -> None:
    assert image_of(f'<img alt="a &gt; b" src="https://e.example{fit}">') == f"https://e.example{fit}"


def test_the_summary_may_have_the_picture() -> None:
    assert image_of("<p>text</p>", summary=FIT) == "https://e.example/photo.jpg?a=1&b=2"
