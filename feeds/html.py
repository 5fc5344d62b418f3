"""HTML fragments as text and text as HTML: everything that more than one part needs to know about markup.

Nothing here makes markup safe; `clean.sanitize` alone does that. Every pattern is linear: a tag ends at the next `<`,
so a text of a million `<` costs one pass. (A tag with `<` inside an attribute is therefore seen as text; browsers
differ.)
"""

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser

from feeds.regex import regex
from feeds.urls import resolve

# HTML Living Standard §15.3.1: elements that are hidden, or whose content is not text.
_UNSEEN = regex(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<(script|style|template|title|textarea|iframe|noembed|noframes)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
# Elements that begin and end a line where they are shown (§15.3.3 to §15.3.9).
_BLOCK = regex(
    r"</?(?:address|article|aside|blockquote|br|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hgroup|hr|legend|li|main|menu|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th"
    r"|thead|tr|ul|video|audio)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = regex(r"<[a-zA-Z/!?][^<>]*>")
_REFERENCE = regex(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# Thai, Lao, Kana, Han: scripts in which a word is not what stands between spaces (Unicode 15 blocks).
UNSPACED = regex("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_UNSPACED_RUN = regex(f"{UNSPACED.pattern}+")
_SPACED_WORD = regex(rf"[^\s{UNSPACED.pattern[1:-1]}]+")

# After these an ellipsis looks like a slip: "....", ",…". Of stops only those that are drawn as a dot.
_SEPARATING = " \t\n\u3000.…·,;:、，；：。．،؛۔-–—"

# XML 1.0 §2.2: what may stand in a document. Matching what may stay is far faster than searching for what may not.
_ALLOWED = "\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_CLEAN = regex(f"[{_ALLOWED}]*")
_FORBIDDEN = regex(f"[^{_ALLOWED}]")

# nh3 and lexbor are quadratic in nesting and in the attributes of one tag: 100,000 nested <div> take nh3 69 s. Within
# these limits the worst of twenty hostile shapes takes 0.25 s in either.
MAX_HTML = 256 * 1024  # characters
MAX_DEPTH = 512  # elements
MAX_TAG = 16 * 1024  # characters
_DATA_URL = regex(r"""(["'])data:[^"'<>]*\1""", re.IGNORECASE)
_HUGE_TAG = regex(rf"<[a-zA-Z/!?][^<>]{{{MAX_TAG},}}>?")
_NESTING = regex(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>")
# These end by themselves where the next begins, or have no content.
_FLAT_NAMES = "p li dt dd td th tr option br hr img wbr source input col area param"
_FLAT = frozenset(_FLAT_NAMES.split())
_RELATIVE = regex(
    r"""\s(?:href|src|poster|cite|srcset|data-[a-z-]+)\s*=\s*["']?\s*(?![a-zA-Z][a-zA-Z0-9+.-]*:|["'>])""",
    re.IGNORECASE,
)


def without_forbidden(text: str) -> str:
    """The text without the characters that no XML document, and hardly a database, can hold."""
    return text if _CLEAN.fullmatch(text) else _FORBIDDEN.sub("", text)


def bounded(html: str) -> str:
    """A fragment that is safe to hand to an HTML parser: at most `MAX_HTML` long and `MAX_DEPTH` deep.

    What is too long ends early; what is too deep keeps its text and loses its markup. Images inside `data:` addresses
    do not count: no reader would get to see them.
    """
    if len(html) > MAX_TAG:
        if len(html) > MAX_HTML and "data:" in html:
            html = _DATA_URL.sub('""', html)
        html = _HUGE_TAG.sub("", _cut(html))
    if html.count("<") > MAX_DEPTH and _depth(html) > MAX_DEPTH:
        return escape_text(text_of(html))
    return html


def _cut(html: str) -> str:
    if len(html) <= MAX_HTML:
        return html
    html = html[:MAX_HTML]
    return html[: html.rfind("<")] if html.rfind("<") > html.rfind(">") else html  # not in the middle of a tag


def _depth(html: str) -> int:
    depth = deepest = 0
    for tag in _NESTING.finditer(html):
        if tag[2].lower() not in _FLAT:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def with_base(html: str, base: str) -> str:
    """The fragment with its relative addresses made absolute; for markup that names a base of its own (`xml:base`)."""
    if not _RELATIVE.search(html):
        return html
    tree = LexborHTMLParser(bounded(html), is_fragment=True)
    for node in tree.css("[href], [src], [poster], [cite]"):
        for name in ("href", "src", "poster", "cite"):
            absolute = resolve(base, node.attributes.get(name) or "")
            if absolute:
                node.attrs[name] = absolute
    return tree.html or ""


def decode_references(text: str) -> str:
    """The text with complete references decoded, once: `&copy;` but not `&copy`, which may be part of `?a=1&copy=2`."""
    if "&" not in text:
        return text
    return without_forbidden(_REFERENCE.sub(lambda found: unescape(found[0]), text))


def text_of(html: str) -> str:
    """What a reader sees of a fragment, as plain text: one line a block, single spaces, no empty lines."""
    if "<" in html:
        html = _UNSEEN.sub("", html) if "<!--" in html or _UNSEEN.search(html) else html
        html = _TAG.sub("", _BLOCK.sub("\n", html.replace("\n", " ")))
    lines = (" ".join(line.split()) for line in decode_references(html).split("\n"))
    return "\n".join(line for line in lines if line)


def elided(beginning: str) -> str:
    """The beginning of a text, marked as such: an ellipsis where it was cut, in place of what separates there."""
    return beginning.rstrip(_SEPARATING) + "…"


def word_count(text: str) -> int:
    """How many words a plain text has; where a script has no spaces, as Chinese, two characters are a word."""
    if text.isascii():
        return len(text.split())
    ideographs = sum(map(len, _UNSPACED_RUN.findall(text)))  # a run at a time: a third of what single ones take
    return len(_SPACED_WORD.findall(text)) + (ideographs + 1) // 2


def escape_text(text: str) -> str:
    """A plain text as HTML that shows just that: blank lines part paragraphs, other line ends stay line ends."""
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    shown = [_escape(paragraph.strip()).replace("\n", "<br>") for paragraph in paragraphs if paragraph.strip()]
    return "".join(f"<p>{paragraph}</p>" for paragraph in shown) if len(shown) > 1 else "".join(shown)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
