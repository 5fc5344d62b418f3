"""Attacks by family, and that nothing of them comes out: the static audit that the case H05 asks for."""

from collections import Counter

import pytest

from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.clean.sanitize import safe_html
from feeds.model import Entry, Feed
from tests.feeds.clean.audit import findings
from tests.feeds.clean.vectors import VECTORS, WRITTEN_OUT

BASE = "https://e.example/post"
FAMILIES = sorted({family for family, _ in VECTORS})


def cleaned(html: str) -> str:
    feed = clean(Feed(entries=(Entry(guid="1", html=html),)), base=BASE, rules=Rules())
    assert feed.problems == ()
    return feed.entries[0].html


def test_h05_there_are_enough_attacks() -> None:
    assert WRITTEN_OUT >= 130
    assert len(VECTORS) >= 150
    assert min(Counter(family for family, _ in VECTORS).values()) >= 25


@pytest.mark.parametrize("family", FAMILIES)
def test_h05_nothing_of_an_attack_comes_out(family: str) -> None:
    outs = {vector: cleaned(vector) for kind, vector in VECTORS if kind == family}
    assert {vector: found for vector, out in outs.items() if (found := findings(out))} == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_h02_what_comes_out_is_read_as_what_was_written(family: str) -> None:
    for kind, vector in VECTORS:
        if kind == family:
            out = cleaned(vector)
            assert cleaned(out) == safe_html(out, BASE) == out, vector


# Attacks on templates, on other readers than browsers, and on what a sanitiser itself may make of them: as they stand,
# no parser of HTML sees anything in them.
UNSEEN = {
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    '<table><a title="</table><img src=x onerror=alert(1)>">',
    "<a><table><a title='</a><img src=x onerror=alert(1)>'></table>",
    "<b><p title='`onmouseover=alert(1)'>x</p></b>",
    "<a title='&quot; onmouseover=&quot;alert(1)'>x</a>",
    "<a title='&#34;&#62;&#60;img src=x onerror=alert(1)&#62;'>x</a>",
    "<p lang='\"><img src=x onerror=alert(1)>'>x</p>",
}


def test_the_audit_sees_every_attack_that_was_not_cleaned() -> None:
    assert {vector for _, vector in VECTORS if not findings(vector)} == UNSEEN
