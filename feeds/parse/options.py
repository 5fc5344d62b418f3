"""What a kind of source may be told, and the checks that config.yaml gets at once: selectors, expressions, patterns.

The values stay the plain texts that people write, because they travel to the process that reads documents; whoever uses
one prepares it there again, which costs microseconds.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
import re2
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from feeds.dates import FIRST_YEAR

MAX_OPTION = 1000  # characters; JMESPath's parser recurses with the length of what it reads

_EMPTY_PAGE = LexborHTMLParser("<html></html>")
_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False  # or it writes to stderr by itself
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
        raise ValueError(
            f"`{written}` is no CSS selector; write one such as `article.post`, or `.list > li a[href]`"
        ) from error
    return written


@lru_cache(maxsize=1024)
def expression(written: str) -> Any:
    """A JMESPath expression, compiled (jmespath.org)."""
    try:
        compiled = jmespath.compile(_short(written))
        unknown = sorted(set(_functions(compiled.parsed)) - set(Functions.FUNCTION_TABLE))
    except (JMESPathError, RecursionError) as error:
        said = str(error).splitlines()[0].removesuffix(":") if str(error) else type(error).__name__
        raise ValueError(f"`{written}` is no JMESPath expression: {said}") from error
    if unknown:  # the library would tell only when it comes to them
        raise ValueError(f"`{written}` calls `{unknown[0]}`, which is no function of JMESPath")
    return compiled


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
        raise ValueError(f"`{written}` is no date format: {error}") from error
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


def _short(written: str) -> str:
    if len(written) > MAX_OPTION:
        raise ValueError(f"has {len(written)} characters; at most {MAX_OPTION} are read")
    return written
