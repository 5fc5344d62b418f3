"""Putting lines into a text and taking them out, with every other character as it was.

Places are indexes into the text. What is put in has the line ends of its neighbours; a file that does not end with a
line end does not do so afterwards either.
"""

import re

_LINE_END = re.compile(r"\r\n|\n|\r")
_COMMENT = re.compile(r"( *)#[^\r\n]*(\r\n|\n|\r|\Z)")


def put_lines(text: str, at: int, lines: list[str]) -> str:
    """The text with whole lines before `at`, which is the beginning of a line, or the end of the text."""
    end = line_end(text, at)
    if at == len(text) and text and not _ends_line(text):
        return text + "".join(f"{end}{line}" for line in lines)
    return text[:at] + "".join(f"{line}{end}" for line in lines) + text[at:]


def cut_lines(text: str, first: int, last: int) -> str:
    """The text without the lines from the one that has `first` to the one that has `last`."""
    begin, end = line_start(text, first), after_line(text, last)
    if end == len(text) and not _ends_line(text):
        before = text[:begin]
        return before[: len(before) - (2 if before.endswith("\r\n") else 1)] if before else ""
    return text[:begin] + text[end:]


def line_start(text: str, at: int) -> int:
    """Where the line begins that has `at`."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_before(text: str, start: int) -> int:
    """Where the line before one begins, which begins at `start`; that one itself, if it is the first."""
    end = start - 2 if text[max(start - 2, 0) : start] == "\r\n" else start - 1
    return line_start(text, max(end, 0))


def after_line(text: str, at: int) -> int:
    """Where the next line begins."""
    found = _LINE_END.search(text, at)
    return found.end() if found else len(text)


def after_comments(text: str, at: int, *, indent: int) -> int:
    """Where the comments end that follow directly, and are indented so far at least."""
    while (found := _COMMENT.match(text, at)) and len(found[1]) >= indent and found.end() > at:
        at = found.end()
    return at


def is_blank(text: str, at: int) -> bool:
    """Whether the line that begins here has nothing in it."""
    return at < len(text) and text[at : after_line(text, at)].strip() == ""


def line_end(text: str, at: int) -> str:
    """How lines end here."""
    before = list(_LINE_END.finditer(text, line_before(text, at), at))
    found = before[-1] if before else _LINE_END.search(text)
    return found[0] if found else "\n"


def _ends_line(text: str) -> bool:
    return text.endswith(("\n", "\r"))
