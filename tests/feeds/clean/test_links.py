"""An entry's own addresses."""

import pytest

from feeds.clean.context import Context
from feeds.clean.links import mend
from feeds.clean.rules import Rules
from feeds.model import Enclosure, Entry, Person

CONTEXT = Context(base="https://e.example/blog/feed", rules=Rules())
SCRIPTS = [
    "javascript:alert(1)",
    "\x01javascript:1",
    "java\tscript:1",
    "&#x6a;avascript:1",
    "vbscript:x",
    "data:text/html,x",
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_h03_a_script_in_any_address_empties_the_field_and_keeps_the_entry(script: str) -> None:
    entry = mend(
        Entry(
            guid="1",
            url=script,
            image=script,
            authors=(Person(name="A", url=script), Person(url=script)),
            enclosures=(Enclosure(url=script),),
        ),
        CONTEXT,
    )
    assert entry == Entry(guid="1", authors=(Person(name="A"),))


def test_addresses_become_absolute_and_lose_trackers_and_user_names() -> None:
    entry = mend(
        Entry(
            guid="1",
            url="https://bank.example@evil.example/?utm_source=rss&id=1",
            image="i.jpg",
            authors=(Person(url="//e.example/ada?fbclid=1"),),
            enclosures=(Enclosure(url="/a.mp3?utm_source=feed", length=3),),
        ),
        CONTEXT,
    )
    assert entry.url == "https://evil.example/?id=1"
    assert entry.image == "https://e.example/blog/i.jpg"
    assert entry.authors == (Person(url="https://e.example/ada"),)
    assert entry.enclosures == (Enclosure(url="https://e.example/a.mp3?utm_source=feed", length=3),)
