"""Images that can be seen: lazy ones get their address back, and counting pixels go.

Pages hide an image's address in another attribute until it is scrolled to, with a placeholder in `src`; in a reader
nothing ever scrolls, and the image stays blank. A hidden address wins over `src` only where `src` cannot be the image:
absent, `data:`, a known placeholder, or marked as lazy. Nothing is fetched to find out.

Only text that shows signs of laziness is parsed: that costs four times as much as looking for the signs does.
"""

import re
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.clean import srcset
from feeds.clean.context import Context
from feeds.html import bounded
from feeds.model import Entry

# Where addresses hide, likeliest first: lazysizes, lozad, jQuery Lazy, WordPress (Jetpack, WP Rocket, a3), Medium,
# WeChat, Zhihu, Discuz, Sina, Typecho, and what else feeds are known to show (November 2026).
HIDDEN_IN = (
    *("data-src", "data-original", "data-orig", "data-url", "data-orig-file", "data-large-file", "data-medium-file"),
    *("data-original-mos", "data-lazy-src", "data-lazy", "data-actualsrc", "data-backup", "data-original-src"),
    *("data-orig-src", "data-image", "data-imgsrc", "data-img", "data-raw-src", "data-hi-res-src", "data-default-src"),
    *("data-defer-src", "data-origin", "data-cover", "lazy-src", "load-src", "big-src", "zoomfile", "file"),
)
SETS_HIDDEN_IN = ("data-srcset", "data-lazy-srcset", "data-original-set")
BACKGROUNDS = ("data-bg", "data-background-image", "data-bg-src", "data-background")

_PLACEHOLDER = re.compile(
    r"(?:.{0,12}[-_.])?(?:spacer|blank|loading|loader|place-?holder|gr[ae]y|1x1|pixel|transparent|trans|lazy(?:load(?:ing)?)?"
    r"|none|empty|dot|default_?img)(?:[-_.].{0,12})?\.(?:gif|png|svg|jpe?g|webp)"
)
_LAZY_CLASS = re.compile(r"lazy|lozad|unveil|b-lazy|echo-lazy", re.IGNORECASE)
_ADDRESS = re.compile(r"(?!data:|javascript:|about:)[^\s{}\[\]<>\"']*[./][^\s{}<>\"']*", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PICTURE = re.compile(
    r"[^\s{}<>\"']*/[^\s{}<>\"'?#]+\.(?:jpe?g|png|gif|webp|avif)(?:[?#!@][^\s<>\"']*)?", re.IGNORECASE
)
_NEVER_HIDES = frozenset(
    ("src", "srcset", "alt", "title", "class", "id", "href", "sizes", "style", "longdesc", "usemap")
)

_HIDES = ("<noscript", "data-srcset", "data-bg", "data-background")  # besides an image's own attributes
_IMG = re.compile(r"<img\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_TINY = re.compile(r"\s*[0-2](?:px)?\s*", re.IGNORECASE)
_TINY_STYLE = re.compile(r"(?:width|height)\s*:\s*[0-2](?:px)?\s*(?:;|!|$)|display\s*:\s*none", re.IGNORECASE)


def repair(entry: Entry, context: Context) -> Entry:
    """The step: images that can be seen, in both texts."""
    html, summary = visible(entry.html), visible(entry.summary)
    return entry if (html, summary) == (entry.html, entry.summary) else replace(entry, html=html, summary=summary)


def visible(html: str) -> str:
    """The fragment with the addresses of lazy images where they belong, and without counting pixels."""
    lower = html.lower()
    if not any(sign in lower for sign in ("<img", "<source", "<noscript", "data-b")):
        return html
    images = [_attributes(image[1]) for image in _IMG.finditer(html)]
    if any(sign in lower for sign in _HIDES) or any(map(_is_suspicious, images)):
        html = _unhidden(html)
    elif not any(map(_is_pixel, images)):
        return html
    return _IMG.sub(lambda image: "" if _is_pixel(_attributes(image[1])) else image[0], html)


def _is_suspicious(attributes: dict[str, str]) -> bool:
    """Whether an image shows signs of not being what it seems."""
    own_set = attributes.get("srcset")
    return (
        _is_blank(attributes.get("src", ""))
        or _is_lazy(attributes)
        or (bool(own_set) and not _is_real_set(own_set or ""))
    )


def _is_blank(src: str) -> bool:
    """Whether an address cannot be that of the image: none, `data:`, or a file by the name of a placeholder."""
    src = src.strip().lower()
    if not src or src.startswith(("data:", "about:", "#")):
        return True
    return _PLACEHOLDER.fullmatch(re.split("[?#]", src, maxsplit=1)[0].rpartition("/")[2]) is not None


def _unhidden(html: str) -> str:
    tree = LexborHTMLParser(bounded(html), is_fragment=True)
    for node in tree.css("img, picture > source"):
        _unhide(node)
    for node in tree.css("picture > img"):
        _borrow(node)
    for node in tree.css("noscript"):
        _unwrap(node)
    for name in BACKGROUNDS:
        for node in tree.css(f"[{name}]"):
            _show_background(node, node.attributes.get(name) or "")
    return tree.html or ""


def _unhide(node: LexborNode) -> None:
    """Gives an image (or a source of a picture) the addresses that its other attributes hold."""
    attributes = {name: value or "" for name, value in node.attributes.items()}
    src, own_set = attributes.get("src", "").strip(), attributes.get("srcset", "")
    hidden, hidden_set = _hidden_address(attributes), _first_set(attributes)
    blank = _is_blank(src)
    lazy = _is_lazy(attributes)
    if node.tag == "img" and hidden and (blank or lazy):
        node.attrs["src"] = src = hidden
        blank = False
    if hidden_set and (blank or lazy or not _is_real_set(own_set)):
        node.attrs["srcset"] = own_set = hidden_set
        if attributes.get("data-sizes") not in (None, "", "auto"):
            node.attrs["sizes"] = attributes["data-sizes"]
    elif own_set and not _is_real_set(own_set):
        del node.attrs["srcset"]
        own_set = ""
    if node.tag == "img" and blank and own_set:
        node.attrs["src"] = _largest(own_set) or ""


def _hidden_address(attributes: dict[str, str]) -> str | None:
    for name in HIDDEN_IN:
        value = attributes.get(name, "").strip()
        if value and _ADDRESS.fullmatch(value) and not _is_blank(value):
            return value
    for name, value in attributes.items():
        if name not in _NEVER_HIDES and _PICTURE.fullmatch(value.strip()) and not _is_blank(value):
            return value.strip()
    return None


def _first_set(attributes: dict[str, str]) -> str | None:
    return next((attributes[name] for name in SETS_HIDDEN_IN if _is_real_set(attributes.get(name, ""))), None)


def _is_real_set(written: str) -> bool:
    candidates = srcset.parse(written)
    return bool(candidates) and not any(_is_blank(one.url) for one in candidates)


def _is_lazy(attributes: dict[str, str]) -> bool:
    """By class or by flag; not by `loading="lazy"`, where the browser is lazy and `src` is the image."""
    return bool(_LAZY_CLASS.search(attributes.get("class", ""))) or any("lazy" in name for name in attributes)


def _borrow(image: LexborNode) -> None:
    """An image of a picture that has none of its own shows the largest of the picture's first source."""
    src = image.attributes.get("src") or ""
    source = image.parent.css_first("source") if image.parent else None
    largest = _largest((source.attributes.get("srcset") if source else None) or "")
    if largest and _is_blank(src):
        image.attrs["src"] = largest


def _largest(written: str) -> str | None:
    candidates = [one for one in srcset.parse(written) if not _OTHER_SCHEME.match(one.url)]
    return max(candidates, key=lambda one: one.size).url if candidates else None


def _unwrap(noscript: LexborNode) -> None:
    """`<img placeholder><noscript><img real></noscript>`: one image, the real one."""
    inner, before = noscript.css_first("img"), _image_before(noscript)
    if inner is None:
        return
    if before is not None:
        if not _is_blank(before.attributes.get("src") or ""):
            noscript.decompose()
            return
        before.decompose()
    noscript.unwrap()


def _image_before(node: LexborNode) -> LexborNode | None:
    before = node.prev
    while before is not None and before.tag == "-text" and not (before.text() or "").strip():
        before = before.prev
    return before if before is not None and before.tag == "img" else None


def _show_background(node: LexborNode, written: str) -> None:
    address = re.sub(r"^url\(\s*['\"]?|['\"]?\s*\)$", "", written.strip())
    if node.tag in ("img", "source", "body") or node.css_first("img") is not None or not _ADDRESS.fullmatch(address):
        return
    image = LexborHTMLParser("<img>", is_fragment=True).css_first("img")
    if image is not None:
        image.attrs["src"] = address
        node.insert_child(image)


def _attributes(written: str) -> dict[str, str]:
    return {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(written)}


def _is_pixel(attributes: dict[str, str]) -> bool:
    sizes = (attributes.get("width", ""), attributes.get("height", ""))
    return any(map(_TINY.fullmatch, sizes)) or _TINY_STYLE.search(attributes.get("style", "")) is not None
