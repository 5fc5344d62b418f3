"""Users' rules: their grammar, their meaning, and what is said of wrong ones."""

import re

import pytest

from feeds.clean.context import Context
from feeds.clean.rules import Rules, keep, parse_rule
from feeds.model import Entry, Person

ENTRY = Entry(
    guid="1",
    title="Python 3.14 released",
    url="https://e.example/news",
    html="<p>Free <b>threading</b></p>",
    authors=(Person(name="Ada", email="ada@e.example"),),
    tags=("Release", "core"),
)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("title ~ (?i)python", True),
        ("title ~ python", False),
        ("title ~ ^Python [0-9.]+ ", True),
        ("title !~ Rust", True),
        ("title=python 3.14 RELEASED", True),
        ("title = Python", False),
        ("title != Python", True),
        ("tag = release", True),
        ("tag != release", False),
        ("tag ~ ^co", True),
        ("tag !~ co", False),
        ("author = Ada", True),
        ("author ~ @e[.]example$", True),
        ("text ~ Free threading", True),
        ("text ~ <b>", False),
        ("url ~ e.example/(news|blog)", True),
        ("title ~ a=b|released", True),
        ("TITLE = python 3.14 released", True),
        ("tag = a.b", False),
    ],
)
def test_a_rule_holds_or_not(rule: str, holds: bool) -> None:
    assert parse_rule(rule).matches(ENTRY) is holds


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("python", "no operator"),
        ("~ python", "no operator"),
        ("titel ~ x", "title, url, text, author, tag"),
        ("title ~", "nothing after"),
        ("title ~ (a", "missing )"),
        (r"title ~ (a)\1", "RE2"),
        ("title ~ ((a{100}){100}){100}", "RE2"),
    ],
)
def test_c10_a_rule_that_cannot_be_read_is_explained(rule: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_rule(rule)


def test_c10_no_pattern_hangs() -> None:
    assert not parse_rule("title ~ (a|aa)+$").matches(Entry(guid="1", title="a" * 50_000 + "b"))


def kept(*, keep_: tuple[str, ...] = (), drop: tuple[str, ...] = ()) -> bool:
    return keep(ENTRY, Context(base="", rules=Rules(keep=keep_, drop=drop))) is ENTRY


def test_any_keep_and_no_drop() -> None:
    assert kept()
    assert kept(keep_=("title ~ Rust", "tag = core"))
    assert not kept(keep_=("title ~ Rust",))
    assert not kept(drop=("tag = core",))
    assert not kept(keep_=("tag = core",), drop=("title ~ released",))
