"""Where a format wants plain text and we have HTML, or the reverse: first words, and text that nobody takes for HTML.

RSS never said whether a title is text or markup, so readers guess; this file knows how. What is text is known to
`feeds.html`. Nothing here makes HTML safe, and what it returns as plain text must still be escaped where HTML is due.
"""

from html import escape
from html.entities import name2codepoint

from feeds.html import elided, text_of
from feeds.regex import regex

_END_TAG = regex(r"</\w")
_REFERENCE = regex(r"&(#?\w+)")


def plain(html: str) -> str:
    """The HTML as plain text on one line."""
    return " ".join(text_of(html).split())


def excerpt(html: str, *, longest: int = 200) -> str:
    """The first words of the HTML as plain text on one line, at most `longest` characters; "" if it has none.

    A word is not cut in two, except where there are no blanks to cut at, as in Chinese.
    """
    words = plain(_beginning(html, longest * 3))  # all of every long article would take longer than the rest of a feed
    if len(words) <= longest < len(html):
        words = plain(html)
    if len(words) <= longest:
        return words
    cut = words[: longest - 1]
    return elided(cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut)


def unmistakable(text: str) -> str:
    """The plain text as it is, or, where readers would take it for HTML, as HTML that shows the same.

    "AT&T" and "a < b" stay; "Use </p>" and "The &amp; entity" are escaped. The guess is that of feedparser
    (`lookslikehtml`) and of the W3C validator (`nonhtml`): an end tag, or a character reference.
    """
    return escape(text, quote=False) if _looks_like_html(text) else text


def _beginning(html: str, length: int) -> str:
    """The first `length` characters, less a tag that is cut in two."""
    cut = html[:length]
    return cut[: cut.rfind("<")] if cut.rfind("<") > cut.rfind(">") else cut


def _looks_like_html(text: str) -> bool:
    return _END_TAG.search(text) is not None or any(
        name in name2codepoint or not name.isalpha() for name in _REFERENCE.findall(text)
    )
