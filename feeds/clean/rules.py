"""The users' own rules: `keep` and `drop`, one line each, such as `title ~ (?i)python` or `tag = release`.

An entry is kept if it matches any `keep` (or there is none) and no `drop`. Patterns are RE2's, which takes linear time:
no pattern that a user writes can hang the service. A rule sees an entry as its source wrote it, before cleaning.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import re2

from feeds.html import text_of
from feeds.model import Entry

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # or it writes to stderr by itself


def _authors(entry: Entry) -> tuple[str, ...]:
    return tuple(text for author in entry.authors for text in (author.name, author.email) if text)


# What a rule can ask about. Several values: a rule matches if one of them does, a negated one if none does.
FIELDS: Mapping[str, Callable[[Entry], tuple[str, ...]]] = {
    "title": lambda entry: (entry.title,),
    "url": lambda entry: (entry.url or "",),
    "text": lambda entry: (text_of(entry.html or entry.summary),),
    "author": _authors,
    "tag": lambda entry: entry.tags,
}
OPERATORS = ("!~", "!=", "~", "=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one source, as they are written in config.yaml."""

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, read. `matches` says whether it holds for an entry."""

    field: str
    operator: str
    pattern: Any  # of RE2, which has no types; "=" has one too, of its literal text

    def matches(self, entry: Entry) -> bool:
        """Whether the rule holds. `~` finds its pattern anywhere, `=` compares all of it, capitals aside."""
        hit = self.pattern.fullmatch if self.operator.endswith("=") else self.pattern.search
        found = any(hit(value) is not None for value in FIELDS[self.field](entry))
        return found is not self.operator.startswith("!")


class HasRules(Protocol):
    """What the step needs of its context."""

    @property
    def rules(self) -> Rules: ...


@lru_cache(maxsize=1024)
def parse_rule(text: str) -> Rule:
    """The rule that a line means; ValueError says what is wrong with it."""
    field, operator, value = _split(text)
    if field not in FIELDS:
        known = ", ".join(FIELDS)
        raise ValueError(f"a rule cannot ask about {field!r}; it can about {known}, as in `title ~ (?i)python`")
    if not value:
        raise ValueError(f"the rule {text!r} has nothing after `{operator}`")
    pattern = f"(?is:{re2.escape(value)})" if operator.endswith("=") else value
    try:
        return Rule(field=field, operator=operator, pattern=re2.compile(pattern, _OPTIONS))
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise ValueError(f"the pattern {value!r} is not one that RE2 knows: {reason}") from error


def keep(entry: Entry, context: HasRules) -> Entry | None:
    """The step: the entry, or None if the rules are against it."""
    rules = context.rules
    if rules.keep and not any(parse_rule(text).matches(entry) for text in rules.keep):
        return None
    return None if any(parse_rule(text).matches(entry) for text in rules.drop) else entry


def _split(text: str) -> tuple[str, str, str]:
    places = [(at, operator) for operator in OPERATORS if (at := text.find(operator)) > 0]
    if not places:
        raise ValueError(f"the rule {text!r} has no operator; write `field ~ pattern`, with one of ~ !~ = !=")
    at, operator = min(places, key=lambda place: (place[0], OPERATORS.index(place[1])))
    return text[:at].strip().lower(), operator, text[at + len(operator) :].strip()
