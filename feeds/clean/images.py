"""Images that can be seen: lazy ones get their address back, and counting pixels go.

Pages hide an image's address in another attribute until it is scrolled to, with a placeholder in `src`; in a reader
nothing ever scrolls, and the image stays blank. `lazy` decides what one image shows; here the images are found. Nearly
always its tag is all that matters and is mended in the text. Only a `<picture>`, a `<noscript>` or a background needs
a tree, which costs five times as much.
"""

import re
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.clean import lazy
from feeds.clean.context import Context
from feeds.clean.placeholders import is_blank
from feeds.html import bounded, decode_references
from feeds.model import Entry

BACKGROUNDS = ("data-bg", "data-background-image", "data-bg-src", "data-background")

_STRUCTURES = ("<picture", "<noscript", "data-bg", "data-background")
_IMG = re.compile(r"""<[iI][mM][gG](?=[\s/>])((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
_SRC = re.compile(r'\ssrc="([^"]*)"')
_URL = re.compile(r"^url\(\s*['\"]?|['\"]?\s*\)$")
_TINY = re.compile(r"\s*[0-2](?:px)?\s*", re.IGNORECASE)
_TINY_STYLE = re.compile(r"(?<![\w-])(?:width|height)\s*:\s*[0-2](?:px)?\s*(?:;|!|$)", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
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
    if any(structure in lower for structure in _STRUCTURES):
        return _visible_in_tree(html)
    images = lower.count("<img")
    if not images:
        return html
    mended, seen = _IMG.subn(_mended, html)
    if seen < images:  # quotes that do not match, or `<` between them: a parser knows what a browser makes of it
        return _visible_in_tree(html)
    return html if mended == html else mended


def unresolved(html: str) -> int:
    """How many images of a cleaned text will not be seen: nothing, or a placeholder, is all that is known of them."""
    found = (_SRC.search(image[1]) for image in _IMG.finditer(html))
    return sum(src is None or is_blank(src[1]) for src in found)


def _mended(image: re.Match[str]) -> str:
    """The same tag, a better one, or nothing."""
    attributes = _attributes(image[1])
    changes = lazy.revealed("img", attributes)
    if _is_pixel(attributes, mended=bool(changes)):
        return ""
    if not changes:
        return image[0]
    kept = ((name, value) for name, value in (attributes | changes).items() if value is not None)
    return "<img" + "".join(f' {name}="{_escape(value)}"' for name, value in kept) + ">"


def _attributes(written: str) -> dict[str, str]:
    """The attributes of a tag; of two by one name, the first, as in browsers."""
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        attributes.setdefault(name.lower(), decode_references(double or single or bare))
    return attributes


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _is_pixel(attributes: dict[str, str], *, mended: bool) -> bool:
    """One that only counts readers. What is hidden until it is loaded is none."""
    style = attributes.get("style", "")
    if _TINY.fullmatch(attributes.get("width", "")) or _TINY.fullmatch(attributes.get("height", "")):
        return True
    return bool(style) and (bool(_TINY_STYLE.search(style)) or (not mended and bool(_HIDDEN_STYLE.search(style))))


def _visible_in_tree(html: str) -> str:
    tree = LexborHTMLParser(bounded(html), is_fragment=True)
    for node in tree.css("img, picture > source"):
        _mend(node)
    for node in tree.css("picture > img"):
        _borrow(node)
    for node in tree.css("noscript"):
        _unwrap(node)
    for node in tree.css(", ".join(f"[{name}]" for name in BACKGROUNDS)):
        _show_background(node)
    return tree.html or ""


def _mend(node: LexborNode) -> None:
    attributes = _attributes_of(node)
    changes = lazy.revealed(node.tag or "", attributes)
    if node.tag == "img" and _is_pixel(attributes, mended=bool(changes)):
        node.decompose()
        return
    for name, value in changes.items():
        if value is None:
            del node.attrs[name]
        else:
            node.attrs[name] = value


def _attributes_of(node: LexborNode) -> dict[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def _borrow(image: LexborNode) -> None:
    """An image of a picture that has none of its own shows the largest of the picture's first source."""
    if not is_blank(image.attributes.get("src") or "") or image.parent is None:
        return
    sets = (source.attributes.get("srcset") or "" for source in image.parent.css("source"))
    if address := next(filter(None, map(lazy.largest, sets)), None):
        image.attrs["src"] = address


def _unwrap(noscript: LexborNode) -> None:
    """`<img placeholder><noscript><img real></noscript>`, or the other way round: one image, the real one."""
    inner, before, after = noscript.css_first("img"), _image_beside(noscript, -1), _image_beside(noscript, 1)
    if inner is None:
        return
    if before is not None:
        if not is_blank(before.attributes.get("src") or ""):
            noscript.decompose()
            return
        before.decompose()
    elif after is not None and after.attributes.get("src") == inner.attributes.get("src"):
        noscript.decompose()
        return
    noscript.unwrap()


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


def _show_background(node: LexborNode) -> None:
    """A block whose lazy background is its picture gets it as an image, unless it shows one."""
    attributes = _attributes_of(node)
    written = next(attributes[name] for name in BACKGROUNDS if name in attributes)
    address = lazy.address_in(_URL.sub("", written.strip()))
    if node.tag in ("img", "source", "body") or node.css_first("img") is not None or not address:
        return
    image = LexborHTMLParser("<img>", is_fragment=True).css_first("img")
    if image is not None:
        image.attrs["src"] = address
        node.insert_child(image)
