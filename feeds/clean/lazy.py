"""What the attributes of one lazy image mean: which address it shows once somebody has scrolled to it.

A hidden address wins over `src` only where `src` cannot be the image (absent, `data:`, a known placeholder) or the
element says that it is lazy, by class or by flag. `loading="lazy"` says nothing: there the browser is lazy, and `src`
is the image. Attributes come and go as dicts; finding the elements is the business of `images`.
"""

import re
from collections.abc import Mapping

from feeds.clean import srcset
from feeds.clean.placeholders import is_blank
from feeds.regex import regex

# Where addresses hide, likeliest first: lazysizes, lozad, jQuery Lazy, WordPress (Jetpack, WP Rocket, a3), Medium,
# WeChat, Zhihu, Discuz, Sina, Typecho, Taobao, and what else feeds are known to show (November 2026).
HIDDEN_IN = (
    *("data-src", "data-original", "data-orig", "data-url", "data-orig-file", "data-large-file", "data-medium-file"),
    *("data-original-mos", "data-lazy-src", "data-lazy", "data-actualsrc", "data-backup", "data-original-src"),
    *("data-orig-src", "data-image", "data-imgsrc", "data-img", "data-raw-src", "data-hi-res-src", "data-default-src"),
    *("data-defer-src", "data-origin", "data-cover", "lazy-src", "load-src", "big-src", "zoomfile", "file"),
    *("real_src", "data-real-src", "data-lazyload", "data-ks-lazyload", "data-echo", "original", "_src"),
)
SETS_HIDDEN_IN = ("data-srcset", "data-lazy-srcset", "data-original-set", "lazy-srcset")
SIZES_HIDDEN_IN = ("data-sizes", "data-lazy-sizes")

_LONGEST = 2048  # characters of what may be an address; the patterns below take longer for longer ones
_LAZY_CLASS = regex(r"(?<!skip-)(?<!not-)(?<!no-)(?<!no)lazy|lozad|unveil", re.IGNORECASE)
_OFF = frozenset(("false", "0", "off", "no"))
_KINDS = r"\.(?:jpe?g|png|gif|webp|avif|bmp|svg|heic|jxl)(?:[?#!@][^\s<>\"]*)?"
# What the value of an attribute above may be: an address with a host or a path, or the name of a file, with single
# blanks too; no page, no media type (`image/png`), no ratio (`16/9`), no colour, no template (`{{src}}`).
_ADDRESS = regex(
    r"(?![^?#]*\.s?html?(?:[?#]|$))"
    r"(?:(?:https?:)?//[^\s{}<>\"]+|\.{0,2}/(?!/)[^\s{}<>\"]*[^\s{}<>\"./][^\s{}<>\"]*"
    r"|(?![\w+-]+:)(?!(?:image|text|video|application)/[\w+-]*$)(?=[^/]*[^\W\d])[\w%.~@-]+/[^\s{}<>\"]+"
    rf"|(?![\w+-]+:)[^\s{{}}<>\"](?:[^\s{{}}<>\"]| (?! ))*?{_KINDS})",
    re.IGNORECASE,
)
# What any other attribute must look like: the path of an image file, without a scheme of its own.
_IMAGE_FILE = regex(rf"(?!(?!https?:)[\w+-]+:)(?=[^/]*/)[^\s{{}}<>\"'?#]+?{_KINDS}", re.IGNORECASE)
_NEVER_HIDES = frozenset(
    ("src", "srcset", "alt", "title", "class", "id", "href", "sizes", "style", "longdesc", "usemap")
)
_OTHER = regex(r"placeholder|error|fallback|loading(?!-src)|avatar|icon|link|page")  # names of what is not the image
_POOR = regex(r"thumb|low|lqip|small|tiny|blur|preview")  # … and of what is better than nothing, and no more
_OTHER_SCHEME = regex(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def revealed(tag: str, attributes: Mapping[str, str]) -> dict[str, str | None]:
    """What to change about an `img` or a `source` so that it shows its image: new values; None takes one away."""
    changes: dict[str, str | None] = {}
    src, own_set = attributes.get("src", ""), attributes.get("srcset", "")
    blank = tag == "img" and is_blank(src)
    doubtful = blank or is_lazy(attributes)
    if tag == "img" and doubtful and (hidden := _hidden_address(attributes, blank=blank)):
        if hidden != src:
            changes["src"] = hidden
        blank = False
    real_set = _real_part(own_set)
    if (doubtful or not real_set) and (hidden_set := _hidden_set(attributes)):
        real_set, sizes = hidden_set, _hidden_sizes(attributes)
        if sizes:
            changes["sizes"] = sizes
    if real_set != own_set:
        changes["srcset"] = real_set or None
    if blank and real_set and (address := largest(real_set)):
        changes["src"] = address
    return changes


def is_lazy(attributes: Mapping[str, str]) -> bool:
    """By class or by flag, such as `data-lazy`."""
    class_ = attributes.get("class", "")
    told = f"{class_} {' '.join(attributes)}".lower()
    if "lazy" not in told and "lozad" not in told and "unveil" not in told:  # 0.4 µs; to look at each takes 3
        return False
    if _LAZY_CLASS.search(class_):
        return True
    return any(_LAZY_CLASS.search(name) and value.lower() not in _OFF for name, value in attributes.items())


def largest(written: str) -> str | None:
    """The largest image of a `srcset`."""
    candidates = [one for one in srcset.parse(written) if not _OTHER_SCHEME.match(one.url)]
    return max(candidates, key=lambda one: one.size).url if candidates else None


def address_in(written: str) -> str | None:
    """The address that an attribute's value is, if it can be one."""
    written = written.strip()
    fits = len(written) <= _LONGEST and _ADDRESS.fullmatch(written) and not is_blank(written)
    return written if fits else None


def image_file_in(written: str) -> str | None:
    """The same, only for what has the name of an image file: of attributes that mostly hold something else."""
    written = written.strip()
    fits = len(written) <= _LONGEST and _IMAGE_FILE.fullmatch(written) and not is_blank(written)
    return written if fits else None


def _hidden_address(attributes: Mapping[str, str], *, blank: bool) -> str | None:
    """From the attributes that are known to hide it; else from any whose value looks like the address of an image."""
    for name in HIDDEN_IN:
        if name in attributes and (address := address_in(attributes[name])):
            return address
    poor: str | None = None
    for name, value in attributes.items():
        if name not in _NEVER_HIDES and not _OTHER.search(name) and (address := image_file_in(value)):
            if not _POOR.search(name):
                return address
            poor = poor or address
    return poor if blank else None


def _hidden_set(attributes: Mapping[str, str]) -> str:
    found = (_real_part(attributes[name]) for name in SETS_HIDDEN_IN if name in attributes)
    return next(filter(None, found), "")


def _hidden_sizes(attributes: Mapping[str, str]) -> str:
    written = (attributes.get(name, "").strip() for name in SIZES_HIDDEN_IN)
    return next((sizes for sizes in written if sizes.lower() not in ("", "auto")), "")


def _real_part(written: str) -> str:
    """A `srcset` without its placeholders; the same string if it has none, "" if it has nothing else."""
    if not written:
        return ""
    # All of a set are one picture, so the first stands for them: 3 µs for each that is not asked about.
    if srcset.is_ordinary(written) and not is_blank(written.partition(" ")[0]):
        return written
    candidates = srcset.parse(written)
    real = tuple(one for one in candidates if not is_blank(one.url))
    return written if len(real) == len(candidates) and real else srcset.write(real)
