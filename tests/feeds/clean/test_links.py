"""An entry's own addresses."""

import pytest

from feeds.clean import clean
from feeds.clean.context import Context
from feeds.clean.links import mend, page
from feeds.clean.rules import Rules
from feeds.model import Enclosure, Entry, Person
from feeds.parse import read

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


RSS = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title><link>{s}</link><item>
<title>The entry</title><link>{s}</link><guid isPermaLink="true">{s}</guid><enclosure url="{s}" type="audio/mpeg"/>
<source url="{s}">source</source></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>{s}</id><title>The entry</title>
<link href="{s}"/><link rel="enclosure" href="{s}"/><author><name>A</name><uri>{s}</uri></author>
<source><id>x</id><link href="{s}"/></source><content type="html">&lt;a href="{s}">x&lt;/a></content></entry></feed>"""


@pytest.mark.parametrize("document", [RSS, ATOM])
@pytest.mark.parametrize("script", [one for one in SCRIPTS if "\x01" not in one])
def test_h03_no_document_brings_a_script_in_any_field(document: str, script: str) -> None:
    read_ = read(document.replace("{s}", script.replace("\t", "&#9;")).encode(), url="https://e.example/feed")
    (entry,) = clean(read_, base="https://e.example/feed", rules=Rules()).entries
    assert (entry.title, entry.url, entry.enclosures, entry.image) == ("The entry", None, (), None)
    assert [author.url for author in entry.authors] == [None] * len(entry.authors)
    assert "script:" not in entry.html
    assert "data:" not in entry.html


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("//evil.example", "https://evil.example"),
        ("\\\\evil.example", "https://evil.example"),
        ("/\\evil.example", "https://evil.example"),
        ("http:evil", None),
        ("ht\ttp://x.example", "http://x.example"),
        ("HTTPS://ＥＶＩＬ.example/", "https://evil.example/"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("https://user:word@e.example:8443/a", "https://e.example:8443/a"),
    ],
)
def test_h10_h16_an_entrys_own_link_shows_its_real_host(address: str, expected: str | None) -> None:
    assert page("https://e.example/blog/feed", address) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://e.example/a?utm_source=x&id=1&utm_medium=y", "https://e.example/a?id=1"),
        ("https://e.example/a?b=2&utm_source=x&a=1", "https://e.example/a?b=2&a=1"),
        ("https://e.example/a?UTM_Source=x", "https://e.example/a"),
        ("https://e.example/a?fbclid=x#part", "https://e.example/a#part"),
        ("https://e.example/a#utm_source=x", "https://e.example/a"),
        ("https://e.example/a?q=a%20b+c&utm_term=d", "https://e.example/a?q=a%20b+c"),
        (
            "https://e.example/a?u=https%3A%2F%2Fx%3Futm_source%3Dy",
            "https://e.example/a?u=https%3A%2F%2Fx%3Futm_source%3Dy",
        ),
        ("https://e.example/a?id=1&&flag&empty=&gclid=x", "https://e.example/a?id=1&&flag&empty="),
        ("https://e.example/a?ref=x&source=y&from=z&id=1", "https://e.example/a?ref=x&source=y&from=z&id=1"),
        ("https://e.example/utm_source=x/fbclid", "https://e.example/utm_source=x/fbclid"),
        (
            "https://s3.example/f.jpg?X-Amz-Signature=ab%2Fc&X-Amz-Expires=60&utm_source=rss",
            "https://s3.example/f.jpg?X-Amz-Signature=ab%2Fc&X-Amz-Expires=60",
        ),
    ],
)
def test_h12_trackers_go_and_nothing_else_moves(address: str, expected: str) -> None:
    assert page("", address) == expected
    assert page("", expected) == expected
