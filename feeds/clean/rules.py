"""The users' own rules: `keep` and `drop`, one line each, such as `title ~ (?i)python` or `age > 30d`.

An entry is kept if it matches any `keep` (or there is none) and no `drop`. Patterns are RE2's, which takes linear time:
no pattern that a user writes can hang the service. A rule sees an entry as its source wrote it, before cleaning.

Rules by age can only turn against an entry as time goes by (`keep` what is younger, `drop` what is older). For what was
left out once is not looked at again while it stays in its document (`parse.trim`): a rule that waits for an entry to
grow old would wait for ever, and is refused.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, Protocol

import re2

from feeds.html import text_of
from feeds.model import Entry
from feeds.regex import regex

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
OPERATORS = ("!~", "!=", "~", "=", ">", "<")
AGE = "age"  # the field that is compared with `>` and `<`, and only it
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_AGE = regex(r"(\d{1,5}) ?([hdw])", re.ASCII | re.IGNORECASE)
WAITING = {"keep": ">", "drop": "<"}  # what a rule by age may not say in which list


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
    pattern: Any = None  # of RE2, which has no types; "=" has one too, of its literal text; None in a rule by age
    age: timedelta = timedelta()

    def matches(self, entry: Entry, now: datetime | None = None) -> bool:
        """Whether the rule holds. `~` finds its pattern anywhere, `=` compares all of it, capitals aside.

        An entry without a date is as young as can be, and so is every one where nobody says what time it is.
        """
        if self.field == AGE:
            return (_age(entry, now) > self.age) is (self.operator == ">")
        hit = self.pattern.fullmatch if self.operator.endswith("=") else self.pattern.search
        found = any(hit(value) is not None for value in FIELDS[self.field](entry))
        return found is not self.operator.startswith("!")


class HasRules(Protocol):
    """What the step needs of its context."""

    @property
    def rules(self) -> Rules: ...

    @property
    def now(self) -> datetime | None: ...


@lru_cache(maxsize=1024)
def parse_rule(text: str) -> Rule:
    """The rule that a line means; ValueError says what is wrong with it."""
    field, operator, value = _split(text)
    if field == AGE:
        return _rule_by_age(text, operator, value)
    if field not in FIELDS:
        known = ", ".join((*FIELDS, AGE))
        raise ValueError(f"a rule cannot ask about {field!r}; it can about {known}, as in `title ~ (?i)python`")
    if not value:
        raise ValueError(f"the rule {text!r} has nothing after `{operator}`")
    if operator in "<>":
        raise ValueError(f"`{operator}` compares ages only, as in `age > 30d`; for {field} use ~ !~ = or !=")
    pattern = f"(?is:{re2.escape(value)})" if operator.endswith("=") else value
    try:
        return Rule(field=field, operator=operator, pattern=re2.compile(pattern, _OPTIONS))
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise ValueError(f"the pattern {value!r} is not one that RE2 knows: {reason}") from error


def check_rule(text: str, among: Literal["keep", "drop"]) -> None:
    """Raise ValueError, which says what to write instead, if this cannot be a rule in that list."""
    rule = parse_rule(text)
    if rule.field == AGE and rule.operator == WAITING[among]:
        other = "<" if among == "keep" else ">"
        raise ValueError(
            f"`{among}: {text}` would wait for entries to grow old, and what was left out once is not read again; "
            f"in `{among}` an age can only be `age {other} …`"
        )


def keep(entry: Entry, context: HasRules) -> Entry | None:
    """The step: the entry, or None if the rules are against it."""
    rules, now = context.rules, context.now
    if rules.keep and not any(parse_rule(text).matches(entry, now) for text in rules.keep):
        return None
    return None if any(parse_rule(text).matches(entry, now) for text in rules.drop) else entry


def _rule_by_age(text: str, operator: str, value: str) -> Rule:
    if operator not in "<>":
        raise ValueError(f"an age is compared with > or <, as in `age > 30d`, and not with `{operator}`")
    found = _AGE.fullmatch(value)
    if found is None:
        raise ValueError(f"the rule {text!r} needs a number and h, d or w for hours, days or weeks, as in `age > 30d`")
    return Rule(field=AGE, operator=operator, age=timedelta(hours=int(found[1]) * _HOURS[found[2].lower()]))


def _age(entry: Entry, now: datetime | None) -> timedelta:
    """How long ago an entry was published, or else updated; below zero if nobody knows, or it lies ahead."""
    date = entry.published or entry.updated
    return now - date if now and date else timedelta(-1)


def _split(text: str) -> tuple[str, str, str]:
    places = [(at, operator) for operator in OPERATORS if (at := text.find(operator)) > 0]
    if not places:
        raise ValueError(
            f"the rule {text!r} has no operator; write `field ~ pattern`, with one of ~ !~ = !=, or `age > 30d`"
        )
    at, operator = min(places, key=lambda place: (place[0], OPERATORS.index(place[1])))
    return text[:at].strip().lower(), operator, text[at + len(operator) :].strip()
