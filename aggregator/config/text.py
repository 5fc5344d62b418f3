"""The bytes of config.yaml as text: UTF-8, or UTF-16 with its mark. All else is refused, with its place."""

import codecs
import re

from aggregator.errors import Problem

MOST_BYTES = 64 << 20

# YAML 1.2.2 §5.1: the characters that a document may not hold.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unusable(Exception):
    """The document cannot be read beyond this problem."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(message=message, line=line, column=column)


def read_text(body: bytes) -> str:
    """The text of the file: UTF-8, or UTF-16 with its mark.

    raises  Unusable
    """
    if len(body) > MOST_BYTES:
        raise Unusable(f"the file has {len(body) >> 20} MiB; at most {MOST_BYTES >> 20} are read")
    utf16 = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = body.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8", "replace")
        raise Unusable("this is not UTF-8; save the file as UTF-8", *(() if utf16 else _place(before))) from error
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        hint = "; is the file UTF-16? Save it as UTF-8" if forbidden[0] == "\0" else ""
        message = f"the character U+{ord(forbidden[0]):04X} may not stand in YAML{hint}"
        raise Unusable(message, *_place(text[: forbidden.start()]))
    return text


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")
