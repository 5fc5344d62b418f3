"""Regular expressions that are compiled when they are first used."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import feeds
from feeds.regex import regex

LATE = type(regex(""))


def test_it_is_like_a_compiled_one() -> None:
    late, compiled = regex("(a)(b)?", re.IGNORECASE), re.compile("(a)(b)?", re.IGNORECASE)
    text = "xAbyaB"
    assert late.pattern == compiled.pattern
    assert late.findall(text) == compiled.findall(text)
    assert late.sub("-", text) == compiled.sub("-", text)
    assert late.fullmatch(text) is compiled.fullmatch(text) is None


def test_what_it_is_not_asked_for_it_has_not() -> None:
    assert not hasattr(regex("a"), "scan")


def test_a_mistake_shows_when_it_is_used() -> None:
    with pytest.raises(re.error):
        regex("(").search("a")


def test_every_pattern_of_the_package_is_one() -> None:
    for late in patterns():
        re.compile(late.pattern, late.flags)


def test_no_pattern_is_compiled_before_it_is_used() -> None:
    assert [one.pattern for one in values() if isinstance(one, re.Pattern)] == []


def patterns() -> Iterator[Any]:
    return (one for one in values() if type(one) is LATE)


def values() -> Iterator[Any]:
    for module in pkgutil.walk_packages(feeds.__path__, "feeds."):
        for value in vars(importlib.import_module(module.name)).values():
            yield from value if isinstance(value, tuple) else (value,)
