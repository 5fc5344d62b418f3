"""Images that can be seen: lazy ones get their address back, and counting pixels go.

Pages hide an image's address in another attribute until it is scrolled to, with a placeholder in `src`; in a reader
nothing ever scrolls, and the image stays blank. `lazy` decides what one image shows; here the images are found. Nearly
always its tag is all that matters and is mended in the text. Only a `<picture>`, a `<noscript>` or a block that has its
image in an attribute needs a tree, which costs five times as much.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.clean import lazy
from feeds.clean.context import Context
from feeds.clean.placeholders import is_blank
from feeds.html import bounded, decode_references
from feeds.model import Entry
from feeds.regex import regex

BACKGROUNDS = ("data-bg", "data-background-image", "data-bg-src", "data-background")
# Attributes that hold the image of a block too, but just as often the page that a widget is about.
BLOCKS_HIDE_IN = ("data-src", "data-original", "data-lazy-src", "data-original-src", "data-image", "data-url")

_BLOCKS = "figure, div, span, a, p, section, li, td"
_BLOCK = regex(rf"<(?:{_BLOCKS.replace(', ', '|')})\s[^<>]*data-(?:src|orig|lazy|image|url)", re.IGNORECASE)
_IMG = regex(r"""<[iI][mM][gG](?=[\s/>])((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_ATTRIBUTE = regex(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
# `<img` inside an attribute, where it is no image: `alt='<img src=x>'`.
_IN_ATTRIBUTE = (regex(r'="[^"<]*<img', re.IGNORECASE), regex(r"='[^'<]*<img", re.IGNORECASE))
# What browsers and AMP's script show as an image by another name: amp-img, amp-anim; `<image>` is HTML's own slip
# (HTML Living Standard §13.2.6.4.7).
_BY_ANOTHER_NAME = regex(r"<(?:amp-img|amp-anim|image)(?=[\s/>])|(</(?:amp-img|amp-anim|image)\s*>)", re.IGNORECASE)
# The text of a `<noscript>` that was read as text and escaped.
_ESCAPED = regex(r"(<noscript[^<>]*>)([^<]*&lt;\s*img\s[^<]*)(?=</noscript)", re.IGNORECASE)
# What is written of a tag that is mended: what `sanitize` lets through, so that it has less to read.
_KEPT = ("src", "srcset", "sizes", "alt", "title", "width", "height", "lang", "dir")
_SRC = regex(r'\ssrc="([^"]*)"')
_URL = regex(r"^url\(\s*['\"]?|['\"]?\s*\)$")
_TINY = regex(r"\s*[0-2](?:px)?\s*", re.IGNORECASE)
_TINY_STYLE = regex(r"(?<![\w-])(?:width|height)\s*:\s*[0-2](?:px)?\s*(?:;|!|$)", re.IGNORECASE)
_HIDDEN_STYLE = regex(r"display\s*:\s*none", re.IGNORECASE)
# Counters and share buttons that give no size. Compared in November 2026 with Miniflux (internal/reader/sanitizer).
_COUNTER = regex(
    r"//(?:[\w-]+\.)?(?:feedsportal\.com|api\.flattr\.com|stats\.wordpress\.com|pixel\.wp\.com|pixel\.quantserve\.com"
    r"|doubleclick\.net|google-analytics\.com|scorecardresearch\.com)/"
    r"|//feeds\.feedburner\.com/~|//feeds\.wordpress\.com/1\.0/|//twitter\.com/share",
    re.IGNORECASE,
)
_WRAPPERS = frozenset(("picture", "span", "figure", "a", "div", "p"))


def repair(entry: Entry, context: Context) -> Entry:
    """The step: images that can be seen, in both texts."""
    html, summary = visible(entry.html), visible(entry.summary)
    return entry if html is entry.html and summary is entry.summary else replace(entry, html=html, summary=summary)


def visible(html: str) -> str:
    """The fragment with the addresses of lazy images where they belong, and without counting pixels."""
    if "<" not in html:
        return html
    lower = html.lower()
    if "<amp-" in lower or ("<image" in lower and "<svg" not in lower):
        html = _BY_ANOTHER_NAME.sub(lambda tag: "" if tag[1] else "<img", html)
        lower = html.lower()
    if "<picture" in lower or "<noscript" in lower or ("data-" in lower and _hides_in_blocks(html, lower)):
        return _visible_in_tree(html)
    images = lower.count("<img")
    if not images:
        return html
    mended, seen = _IMG.subn(_mended, html)
    # Quotes that do not match, or `<` between them: a parser knows what a browser makes of it.
    if seen < images or any(quoted.search(html) for quoted in _IN_ATTRIBUTE):
        return _visible_in_tree(html)
    return html if mended == html else mended


def unresolved(html: str) -> int:
    """How many images of a cleaned text will not be seen: nothing, or a placeholder, is all that is known of them."""
    found = (_SRC.search(image[1]) for image in _IMG.finditer(html))
    return sum(src is None or is_blank(src[1]) for src in found)


def _hides_in_blocks(html: str, lower: str) -> bool:
    return "data-bg" in lower or "data-background" in lower or _BLOCK.search(html) is not None


def _mended(image: re.Match[str]) -> str:
    """The same tag, a better one, or nothing."""
    attributes = _attributes(image[1])
    changes = lazy.revealed("img", attributes)
    if _counts(attributes, changes):
        return ""
    if not changes:
        return image[0]
    told = attributes | changes
    kept = [f' {name}="{_escape(value)}"' for name in _KEPT if (value := told.get(name)) is not None]
    return f"<img{''.join(kept)}>"


def _attributes(written: str) -> dict[str, str]:
    """The attributes of a tag; of two by one name, the first, as in browsers."""
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        value = double or single or bare
        attributes.setdefault(name.lower(), decode_references(value) if "&" in value else value)
    return attributes


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _counts(attributes: Mapping[str, str], changes: Mapping[str, str | None]) -> bool:
    """Whether an image is there to count readers. What is hidden until it is loaded is not."""
    if _TINY.fullmatch(attributes.get("width", "")) or _TINY.fullmatch(attributes.get("height", "")):
        return True
    src = changes.get("src") or attributes.get("src", "")
    if _COUNTER.search(src) or (attributes.get("aria-hidden") == "true" and not changes and is_blank(src)):
        return True  # … or to keep its place until the real one beside it is loaded, as Gatsby does
    style = attributes.get("style", "")
    return bool(style) and (bool(_TINY_STYLE.search(style)) or (not changes and bool(_HIDDEN_STYLE.search(style))))


def _visible_in_tree(html: str) -> str:
    html = _ESCAPED.sub(lambda found: found[1] + unescape(found[2]), html) if "&lt;" in html else html
    tree = LexborHTMLParser(bounded(html), is_fragment=True)
    for noscript in reversed(tree.css("noscript")):  # inner ones first: with an outer one they may go
        _unwrap(noscript)
    for node in tree.css("img, picture > source"):
        _mend(node)
    for node in tree.css("picture > img"):
        _borrow(node)
    for node in tree.css(", ".join(f"[{name}]" for name in (*BACKGROUNDS, *BLOCKS_HIDE_IN))):
        _show_hidden(node)
    return tree.html or ""


def _mend(node: LexborNode) -> None:
    attributes = _attributes_of(node)
    changes = lazy.revealed(node.tag or "", attributes)
    if node.tag == "img" and _counts(attributes, changes):
        node.decompose()
        return
    for name, value in changes.items():
        if value is None:
            del node.attrs[name]
        else:
            node.attrs[name] = value


def _attributes_of(node: LexborNode) -> dict[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def _shown_by(image: LexborNode) -> str:
    """What an image will show once it is mended; "" if nothing."""
    attributes = _attributes_of(image)
    src = lazy.revealed("img", attributes).get("src") or attributes.get("src", "")
    return "" if is_blank(src) else src


def _borrow(image: LexborNode) -> None:
    """An image of a picture that has none of its own shows the largest of the source that most readers can show."""
    if not is_blank(image.attributes.get("src") or "") or image.parent is None:
        return
    for source in sorted(map(_attributes_of, image.parent.css("source")), key=_pickiness):
        if address := lazy.largest(source.get("srcset", "")):
            image.attrs["src"] = address
            return


def _pickiness(source: Mapping[str, str]) -> tuple[bool, int]:
    """What a source asks of a screen and of a browser: no `media` before one, then old formats before new ones."""
    kind = source.get("type", "")
    return bool(source.get("media")), ("webp" in kind) + 2 * ("avif" in kind or "jxl" in kind or "heic" in kind)


def _unwrap(noscript: LexborNode) -> None:
    """What is there for readers without scripts is there for ours: they have none.

    `<img placeholder><noscript><img real></noscript>`, or the other way round, is one image, the real one.
    """
    inner = noscript.css_first("img")
    if inner is not None and not _counts(_attributes_of(inner), {}):
        for direction in (-1, 1):
            twin = _image_beside(noscript, direction)
            if twin is None or not _is_twin(twin, inner):
                continue
            if _is_as_good(twin, inner):
                noscript.decompose()
                return
            twin.decompose()
            while (other := _image_beside(noscript, direction)) is not None and not _shown_by(other):
                other.decompose()  # Medium puts two before it
            break
    noscript.unwrap()


def _is_twin(beside: LexborNode, inner: LexborNode) -> bool:
    """Whether an image beside a `<noscript>` is another face of the one in it, and not just the next image."""
    attributes, alt = _attributes_of(beside), inner.attributes.get("alt")
    if is_blank(attributes.get("src", "")) or lazy.is_lazy(attributes) or (alt and attributes.get("alt") == alt):
        return True
    return _shown_by(beside).rpartition("/")[2] == _shown_by(inner).rpartition("/")[2]


def _is_as_good(twin: LexborNode, inner: LexborNode) -> bool:
    """Whether a twin needs no help: its own address came out of hiding, or is the same."""
    shown = _shown_by(twin)
    return bool(shown) and shown in (lazy.revealed("img", _attributes_of(twin)).get("src"), _shown_by(inner))


def _image_beside(node: LexborNode, direction: int) -> LexborNode | None:
    """The image that stands next to an element, alone or in something that has no text."""
    beside = _next(node, direction)
    while beside is not None and beside.tag in ("-text", "-comment") and not (beside.text() or "").strip():
        beside = _next(beside, direction)
    if beside is None or beside.tag == "img":
        return beside
    images = beside.css("img") if beside.tag in _WRAPPERS and not beside.text().strip() else []
    return images[-1 if direction < 0 else 0] if images else None


def _next(node: LexborNode, direction: int) -> LexborNode | None:
    return node.prev if direction < 0 else node.next


def _show_hidden(node: LexborNode) -> None:
    """A block that has its picture in an attribute gets it as an image, unless it shows one."""
    address = _of_block(_attributes_of(node))
    if not address or node.tag in ("img", "source", "body", "video", "audio", "iframe") or node.css_first("img, video"):
        return
    image = LexborHTMLParser("<img>", is_fragment=True).css_first("img")
    if image is not None:
        image.attrs["src"] = address
        node.insert_child(image)


def _of_block(attributes: Mapping[str, str]) -> str | None:
    """The address in one of `BACKGROUNDS`; else, if it is that of an image file, in one of `BLOCKS_HIDE_IN`."""
    backgrounds = (_URL.sub("", attributes[name].strip()) for name in BACKGROUNDS if name in attributes)
    others = (attributes[name] for name in BLOCKS_HIDE_IN if name in attributes)
    found = (*map(lazy.address_in, backgrounds), *map(lazy.image_file_in, others))
    return next(filter(None, found), None)
