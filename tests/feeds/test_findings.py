"""What is found out about an entry: of its text, not of its markup."""

from dataclasses import replace

from feeds.findings import find_out
from feeds.model import Enclosure, Entry


def test_markup_is_no_part_of_the_text_and_an_enclosure_is() -> None:
    one = Entry(guid="1", title="T", html="<p>Some <b>text</b></p>")
    other = replace(one, html="<div>Some text</div>")
    more = replace(one, enclosures=(Enclosure(url="https://a.example/1.mp3"),))
    digests = [find_out(each).fingerprint.text_digest for each in (one, other, more)]
    assert digests[0] == digests[1] != digests[2]


def test_images_that_show_nothing_are_counted() -> None:
    entry = Entry(guid="1", html='<img alt=""><img src="https://a.example/1.png">')
    assert find_out(entry).unresolved_images == 1
