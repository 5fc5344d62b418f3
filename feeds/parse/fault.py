"""Where a document is broken: line and column as its publisher serves it, whatever we make of it before we parse it.

What parsers report counts in the text that they were given. That has another declaration, or lacks the blank lines
before, the items that were read already, or what `bounds` and `mend` cut out. So a document that is known to be broken
is gone through once more as it came, up to its first fault. No ordinary document pays for that.
"""

from dataclasses import dataclass
from json import JSONDecodeError
from xml.parsers import expat
from xml.parsers.expat import errors

from feeds.parse.mend import MAX_ENTITY

_INVALID = errors.codes[errors.XML_ERROR_INVALID_TOKEN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a document and where it shows, both counted from 1; columns are characters."""

    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.what}"


class _Unknowable(Exception):
    """What follows cannot be judged without expanding entities that we do not expand."""


def fault_of(text: str, start: int = 0) -> Fault | None:
    """The first fault of an XML document; None where it has none, or that cannot be told cheaply.

    text   all of it, as decoded
    start  the character at which the document begins; what is before is stepped over, but counts
    """
    parser = expat.ParserCreate("utf-8", " ")  # the text is encoded by us, whatever its declaration says
    parser.EntityDeclHandler = _only_short
    if "<!DOCTYPE" in text:
        parser.DefaultHandler = _ignore  # with one, expat does not expand entities between tags
    try:
        parser.Parse(text[start:].encode(), True)
    except expat.ExpatError as error:
        line, column = place_of(text, start)
        return Fault(
            line=line + error.lineno - 1,
            column=error.offset + (column if error.lineno == 1 else 1),
            what=_words(error.code),
        )
    except (_Unknowable, UnicodeError):
        return None
    return None


def json_fault(error: JSONDecodeError) -> Fault:
    """Where JSON is broken; `error` must come of the whole document."""
    line, column = place_of(error.doc, error.pos)
    return Fault(line=line, column=column, what=error.msg)


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column of a character, counted from 1; a byte order mark takes no column."""
    begin = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    return 1 + line_ends(text, 0, index), index - begin - text.count("\ufeff", begin, index) + 1


def line_ends(text: str, start: int, end: int) -> int:
    """How many lines end between two characters, whichever of the three ways (XML 1.0 §2.11)."""
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def _words(code: int) -> str:
    return "a character that may not stand there, often a bare & or <" if code == _INVALID else expat.ErrorString(code)


def _only_short(name: str, is_parameter: bool, value: str | None, *rest: object) -> None:
    if value is not None and (is_parameter or len(value) > MAX_ENTITY or "&" in value or "<" in value):
        raise _Unknowable


def _ignore(data: str) -> None:
    pass
