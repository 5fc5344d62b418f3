"""What feedparser cannot stand, mended in a document's text before it gets it.

* `&#xD800;` names half a character: feedparser raises on it and loses the whole document. Two halves in a row, as some
  writers of emoji produce, are put together; what names no character at all is removed.
* It looks for an e-mail address in every author with a pattern that is quadratic: 40 KB take 12 s.
* It looks for a DOCTYPE, and for entities to take out, with patterns that are quadratic in blank lines (40 KB of them
  take 14 s) and find only what begins a line: entities on one line would reach expat.
"""

import re

MAX_AUTHOR = 4000  # characters of an author element, markup included; of longer ones only the beginning stays

_HALVES = re.compile(
    r"&#([xX][dD][89abAB][0-9a-fA-F]{2}|5[56][0-9]{3});&#([xX][dD][c-fC-F][0-9a-fA-F]{2}|5[67][0-9]{3});"
)
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?", re.ASCII)
_FORBIDDEN_CONTROLS = frozenset(range(0x20)) - {0x09, 0x0A, 0x0D}
_AUTHOR = re.compile(
    r"<(/?)(?:[\w.-]{1,64}:)?(?:author|creator|managingeditor|webmaster|publisher|owner)\b[^<>]*>", re.I
)
_BLANKS = re.compile(r"\s+")
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)\b", re.IGNORECASE)
_PLAIN = re.compile(r"\s*(?:<!\[CDATA\[)?\s*([^<>&\]]{0,200})")
_ROOT = re.compile(r"<\w")


def mend(text: str) -> str:
    """The text, fit for feedparser; the same where there is nothing to mend."""
    root = _ROOT.search(text)
    at = root.start() if root else len(text)
    return _DECLARATION.sub(r"\n\g<0>", _BLANKS.sub(" ", text[:at])) + _without_endless_authors(
        _mended_references(text[at:])
    )


def _mended_references(text: str) -> str:
    """Only such numeric references as XML 1.0 §4.1 allows."""
    return _REFERENCE.sub(_allowed, _HALVES.sub(_joined, text)) if "&#" in text else text


def _joined(halves: re.Match[str]) -> str:
    high, low = (_code(half) for half in halves.groups())
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return halves[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _code(written: str) -> int:
    return int(written[1:], 16) if written[0] in "xX" else int(written)


def _allowed(reference: re.Match[str]) -> str:
    digits = (reference[1] or reference[2]).lstrip("0")
    if len(digits) > 7:
        return ""
    code = int(digits or "0", 16 if reference[1] else 10)
    forbidden = code in _FORBIDDEN_CONTROLS or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF
    return "" if forbidden else reference[0]


def _without_endless_authors(text: str) -> str:
    opened: list[int] = []
    kept: list[str] = []
    done = 0
    for tag in _AUTHOR.finditer(text):
        if not tag[1]:
            opened.append(tag.end())
        elif opened and tag.start() - (start := opened.pop()) > MAX_AUTHOR:
            beginning = _PLAIN.match(text, start)
            kept.append(text[done : max(start, done)] + (beginning[1] if beginning and start >= done else ""))
            done = tag.start()
    return "".join(kept) + text[done:] if kept else text
