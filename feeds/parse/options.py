"""What a kind of source may be told, and the checks that config.yaml gets at once: selectors, expressions, patterns.

The values stay the plain texts that people write, because they travel to the process that reads documents; whoever uses
one prepares it there again, which costs microseconds.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
import re2
from jmespath.exceptions import (
    EmptyExpressionError,
    IncompleteExpressionError,
    JMESPathError,
    LexerError,
    ParseError,
)
from jmespath.functions import Functions
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from feeds.dates import FIRST_YEAR
from feeds.regex import regex

MAX_OPTION = 1000  # characters; JMESPath's parser recurses with the length of what it reads

_EMPTY_PAGE = LexborHTMLParser("<html></html>")
_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False  # or it writes to stderr by itself
# What is written for other programs, or for browsers alone.
_NO_SELECTORS = (
    (r"^\(?/|^\./", " but XPath, which is not read"),
    (r"::(?:text|attr)", ": what it finds is taken as text or address by itself, without `::text` or `::attr(…)`"),
    (r":(?:contains|eq|first|last|visible)\b(?!-)", ": jQuery has that, CSS does not"),
    (r"^\s*[>+~]", ": something must stand before the first sign"),
)
_DIRECTIVE = regex(r"%[A-Za-z]")
_SAMPLE = datetime(2021, 3, 14, 15, 9, 26, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a kind, beside its address.

    about    a sentence for the reference
    check    ValueError says what is wrong with a text that was given
    default  what is used without it, as one would write it; "" where that takes a sentence, which `about` has
    needed   whether a source of this kind cannot do without it
    """

    about: str
    example: str
    check: Callable[[str], object]
    default: str = ""
    needed: bool = False


def selector(written: str) -> str:
    """A CSS selector that lexbor can read."""
    try:
        _EMPTY_PAGE.css(_short(written))
    except SelectolaxError as error:
        hint = next((hint for sign, hint in _NO_SELECTORS if re.search(sign, written)), "")
        raise ValueError(
            f"`{written}` is no CSS selector{hint}; write one such as `article.post`, or `.list > li a[href]`"
        ) from error
    return written


@lru_cache(maxsize=1024)
def expression(written: str) -> Any:
    """A JMESPath expression, compiled (jmespath.org)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)  # `a` for 'a', which many examples have
            compiled = jmespath.compile(_short(written))
        unknown = sorted(set(_functions(compiled.parsed)) - set(Functions.FUNCTION_TABLE))
    except (JMESPathError, RecursionError) as error:
        raise ValueError(f"`{written}` is no JMESPath expression: {_said(error)}") from error
    if unknown:  # the library would tell only when it comes to them
        raise ValueError(f"`{written}` calls `{unknown[0]}`, which is no function of JMESPath")
    return compiled


def _said(error: Exception) -> str:
    """What is wrong with an expression; the library says it in the words of its parser."""
    match error:
        case EmptyExpressionError():
            return "it is empty"
        case IncompleteExpressionError():
            return "it ends too early"
        case LexerError(token_value="-"):
            return 'a name with a `-` in it needs quotation marks around it: `"a-b"`'
        case LexerError():
            return f"`{error.token_value}` at character {error.lexer_position + 1} cannot be read"
        case ParseError(token_value=""):
            return "it ends too early"
        case ParseError():
            return f"`{error.token_value}` cannot stand at character {error.lex_position + 1}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]


def _functions(node: Mapping[str, Any]) -> Iterator[str]:
    """The functions that an expression calls."""
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _functions(child)


@lru_cache(maxsize=1024)
def pattern(written: str) -> Any:
    """A pattern of RE2, compiled: it takes linear time, whatever it is laid over."""
    try:
        return re2.compile(_short(written), _RE2_OPTIONS)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise ValueError(f"`{written}` is no pattern that RE2 knows: {reason}") from error


def date_format(written: str) -> str:
    """A format of `datetime.strptime` that makes a whole date."""
    try:
        # a day without a year, which Python 3.13 warns of, is not even tried
        again = _SAMPLE.strftime(_short(written)) if re.search("%[YyGcxD]", written) else ""
        read = datetime.strptime(again, written) if again else None  # noqa: DTZ007 - only the day is looked at
    except (ValueError, re.error) as error:
        raise ValueError(f"`{written}` is no format for `strptime`: {error}") from error
    if not _DIRECTIVE.search(written):
        raise ValueError(f"`{written}` is no format for `strptime`; it is written as in `%d/%m/%Y %H:%M`")
    if read is None or read.date() != _SAMPLE.date():
        raise ValueError(f"`{written}` makes no whole date; it must have year, month and day, such as `%d/%m/%Y`")
    return written


def read_date(written: str, form: str) -> datetime | None:
    """The instant that is written in that format, UTC where it says no zone; None if it is not."""
    try:
        read = datetime.strptime(" ".join(written[:100].split()), form)  # noqa: DTZ007 - the next line sees to it
        moment = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= FIRST_YEAR else None


DATE_FORMAT = Option(
    about="How the date is written, for `strptime`; needed for dates such as `03/04/2026`, which may be two.",
    example="%d/%m/%Y",
    check=date_format,
)


def shortcomings(options: Mapping[str, str], missing: Mapping[str, int], items: int, most: int) -> Iterator[str]:
    """What is to be said of a reading: more items than are read, and options that found nothing in some of them."""
    if items > most:
        yield f"{items} items, of which the first {most} were read"
    for name in options:
        if name in missing:
            yield f"`{name}: {options[name]}` fits nothing in {missing[name]} of {min(items, most)} items"


def _short(written: str) -> str:
    if len(written) > MAX_OPTION:
        raise ValueError(f"has {len(written)} characters; at most {MAX_OPTION} are read")
    return written
