"""Users' rules: their grammar, their meaning, and what is said of wrong ones."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from feeds.clean.context import Context
from feeds.clean.rules import Rules, check_rule, keep, parse_rule
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
        ("titel ~ x", "title, url, text, author, tag, age"),
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


NOW = datetime(2026, 11, 25, tzinfo=UTC)


def aged(days: float) -> Entry:
    return Entry(guid="1", published=NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("rule", "entry", "holds"),
    [
        ("age > 30d", aged(31), True),
        ("age > 30d", aged(29), False),
        ("age > 2w", aged(15), True),
        ("age>36h", aged(2), True),
        ("AGE < 1d", aged(0.9), True),
        ("age < 1 d", aged(1.1), False),
        ("age > 1h", aged(-5), False),
        ("age < 1h", aged(-5), True),
        ("age > 1d", Entry(guid="1", updated=NOW - timedelta(days=2)), True),
        ("age > 1d", Entry(guid="1", published=NOW, updated=NOW - timedelta(days=2)), False),
        ("age > 1h", Entry(guid="1"), False),
        ("age < 1h", Entry(guid="1"), True),
    ],
)
def test_an_age_is_compared_and_no_date_is_never_too_old(rule: str, entry: Entry, holds: bool) -> None:
    assert parse_rule(rule).matches(entry, NOW) is holds


def test_without_a_time_nothing_is_too_old() -> None:
    context = Context(base="", rules=Rules(keep=("age < 1d",), drop=("age > 1d",)))
    assert keep(aged(1000), context) is not None
    assert keep(aged(1000), replace(context, now=NOW)) is None


@pytest.mark.parametrize(
    ("rule", "among", "said"),
    [
        ("age > 1d", "keep", "can only be `age < …`"),
        ("age < 1d", "drop", "can only be `age > …`"),
        ("age > 30", "drop", "a number and h, d or w"),
        ("age > 30m", "drop", "a number and h, d or w"),
        ("age > a month", "drop", "a number and h, d or w"),
        ("age = 3d", "drop", "compared with > or <"),
        ("age ~ 3", "keep", "compared with > or <"),
        ("age >", "drop", "a number and h, d or w"),
        ("title > 3d", "drop", "compares ages only"),
    ],
)
def test_a_rule_by_age_that_cannot_be_meant_is_explained(rule: str, among: Literal["keep", "drop"], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        check_rule(rule, among)


def test_rules_by_age_that_can_be_meant_are_no_problem() -> None:
    check_rule("age < 1d", "keep")
    check_rule("age > 1d", "drop")
    check_rule("title ~ x", "drop")
