"""What a word without quotes means in YAML: text, a number, a truth value, nothing, or one of the surprises.

YAML 1.1 and 1.2 read many words differently, and most of them not as people mean them: `no` is false, `1:30` is 90,
`012` is 10, `2026-11-23` is a date, and Norway is missing. Where the two versions agree on something harmless we
follow them; all else becomes a `Surprise`, which is not text, so that whoever means text is told to write quotes.
"""

import re
from dataclasses import dataclass

MOST_DIGITS = 18  # fits 64 bits; Python refuses to read 5,000 digits with another exception (CVE-2020-10735)

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_TRUTH = {case for word in ("yes", "no", "on", "off") for case in (word, word.title(), word.upper())}

# YAML 1.1 types (yaml.org/type: int, float, timestamp) and the core schema of YAML 1.2.2 §10.3.2.
_SURPRISES = (
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a number in base 60"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "a date"),
    (re.compile(r"[-+]?0[0-9_]+|0o[0-7]+"), "an octal number"),
    (re.compile(r"[-+]?(0x[0-9a-fA-F_]+|0b[01_]+)"), "a number"),
    (re.compile(r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)([eE][-+]?[0-9]+)?"), "a number"),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), "a number"),
)
_FIRST = frozenset("0123456789+-.")


@dataclass(frozen=True, slots=True)
class Surprise:
    """A word that YAML may read as something else than text. `meaning` completes "is read as …"."""

    text: str
    meaning: str


Scalar = str | int | bool | None | Surprise


def meaning(text: str) -> Scalar:
    """What a word without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text in _TRUTH:
        return Surprise(text, "a truth value")
    if text[0] not in _FIRST:
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= MOST_DIGITS else Surprise(text, "a number")
    for pattern, name in _SURPRISES:
        if pattern.fullmatch(text):
            return Surprise(text, name)
    return text


def called(value: object) -> str:
    """A value's kind, for a sentence such as "this is read as a number"."""
    match value:
        case Surprise():
            return value.meaning
        case bool():
            return "a truth value"
        case int():
            return "a number"
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return "text"
