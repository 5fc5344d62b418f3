"""HTML that a source wrote, as a part of a page of ours: headings below the page's own, and nothing that keeps people
out who listen or use a keyboard.

Pure, and only for sanitised HTML: there attributes stand in double quotes, and `<` and `>` are references in them. What
may stand in it at all was decided by `feeds.clean.sanitize`; feeds carry it as it is.
"""

import re

from feeds.render.players import for_readers

_HEADING = re.compile(r"<(/?)h([1-6])(?=[\s>])")
_EMPTY_LINK = re.compile(r"<a\b[^<>]*>\s*</a>")
_LINKED_IMAGE = re.compile(r"(<a\b[^<>]*>\s*<img\b)([^<>]*)(>\s*</a>)")
_IMAGE = re.compile(r"<img\b(?![^<>]*\salt=)")
_ALT = re.compile(r'\salt="\s*"')
_BLANK_ALT = re.compile(r'(<img\b[^<>]*\salt=")\s+"')
_WIDE = re.compile(r"<(pre|table)(?=[\s>])")
DEEPEST = 6


def readable(html: str) -> str:
    """The HTML for the middle of a page, below a heading of the first rank."""
    html = _outlined(for_readers(html))
    html = _EMPTY_LINK.sub("", html)
    html = _LINKED_IMAGE.sub(_named, html)
    html = _BLANK_ALT.sub(r'\1"', _IMAGE.sub('<img alt=""', html))
    return _WIDE.sub(r'<\1 tabindex="0"', html)  # what is scrolled sideways can be scrolled by keys


def _outlined(html: str) -> str:
    """Headings whose ranks begin with the second and skip none, whatever theirs were (WCAG 2.2, H42)."""
    ranks: list[int] = []  # of the headings that the next one is below of

    def outlined(tag: re.Match[str]) -> str:
        closing, rank = tag[1], int(tag[2])
        if not closing:
            while ranks and ranks[-1] >= rank:
                ranks.pop()
            ranks.append(rank)
        return f"<{closing}h{min(1 + max(len(ranks), 1), DEEPEST)}"

    return _HEADING.sub(outlined, html)


def _named(image: re.Match[str]) -> str:
    """A link that is a picture without words has no name for those who do not see it."""
    attributes = _ALT.sub("", image[2])
    named = attributes if " alt=" in attributes else f'{attributes} alt="Picture"'
    return f"{image[1]}{named}{image[3]}"
