"""The XML parser that feedparser is given: Python's expat, with text handed over in large pieces.

Without a buffer expat makes two calls for every line and one for every reference, each of which costs feedparser 3 µs:
a text of 10 MB in short lines took 6 s, with the buffer 0.4 s. And feedparser would rather have libxml2's driver where
that is installed; what a document becomes must not depend on that. Named in `syndication`, for `xml.sax.make_parser`.
"""

import pyexpat
import re
from typing import Any
from xml.sax.expatreader import ExpatParser
from xml.sax.xmlreader import XMLReader

SAFE_FROM = (2, 6, 0)  # CVE-2023-52425: before, one long tag in small pieces is read again with every piece
BUFFER = 64 * 1024  # bytes; as many as are read at once


class BufferingParser(ExpatParser):
    """Expat that gathers text before it calls, and never follows what a document type refers to."""

    _parser: Any

    def reset(self) -> None:
        """Called before each document."""
        super().reset()
        self._parser.buffer_text = True
        self._parser.buffer_size = BUFFER
        self._parser.SetParamEntityParsing(0)  # XML_PARAM_ENTITY_PARSING_NEVER


def create_parser() -> XMLReader:
    """What `xml.sax.make_parser` asks for."""
    return BufferingParser()


def advice() -> str | None:
    """What an operator should know of the expat that Python came with (case X03); None where that is nothing."""
    version = tuple(int(number) for number in re.findall(r"\d+", pyexpat.EXPAT_VERSION)[:3])
    if version >= SAFE_FROM:
        return None
    return (
        f"Python's XML parser is expat {'.'.join(map(str, version))}; from 2.6.0 on it spends less on hostile "
        "documents, which until then a limit of CPU time ends; a newer Python, or libexpat of the system, brings it"
    )
