"""What the attributes of one lazy image mean: which address it shows once somebody has scrolled to it.

A hidden address wins over `src` only where `src` cannot be the image (absent, `data:`, a known placeholder) or the
element says that it is lazy, by class or by flag. `loading="lazy"` says nothing: there the browser is lazy, and `src`
is the image. Attributes come and go as dicts; finding the elements is the business of `images`.
"""

import re
from collections.abc import Mapping

from feeds.clean import srcset
from feeds.clean.placeholders import is_blank

# Where addresses hide, likeliest first: lazysizes, lozad, jQuery Lazy, WordPress (Jetpack, WP Rocket, a3), Medium,
# WeChat, Zhihu, Discuz, Sina, Typecho, and what else feeds are known to show (November 2026).
HIDDEN_IN = (
    *("data-src", "data-original", "data-orig", "data-url", "data-orig-file", "data-large-file", "data-medium-file"),
    *("data-original-mos", "data-lazy-src", "data-lazy", "data-actualsrc", "data-backup", "data-original-src"),
    *("data-orig-src", "data-image", "data-imgsrc", "data-img", "data-raw-src", "data-hi-res-src", "data-default-src"),
    *("data-defer-src", "data-origin", "data-cover", "lazy-src", "load-src", "big-src", "zoomfile", "file"),
)
SETS_HIDDEN_IN = ("data-srcset", "data-lazy-srcset", "data-original-set", "lazy-srcset")

_LONGEST = 2048  # characters of what may be an address; the patterns below take longer for longer ones
_LAZY_CLASS = re.compile(r"(?<!skip-)(?<!not-)(?<!no-)(?<!no)lazy|lozad|unveil", re.IGNORECASE)
_ADDRESS = re.compile(r"(?!data:|javascript:|about:|blob:)(?=[^.\[\]]*[./])[^\s{}<>\"']+", re.IGNORECASE)
_WITH_PATH = re.compile(r"(?=[^/]*/)[^\s{}<>\"'?#]+?\.(?:jpe?g|png|gif|webp|avif)(?:[?#!@][^\s<>\"']*)?", re.IGNORECASE)
_NEVER_HIDES = frozenset(
    ("src", "srcset", "alt", "title", "class", "id", "href", "sizes", "style", "longdesc", "usemap")
)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def revealed(tag: str, attributes: Mapping[str, str]) -> dict[str, str | None]:
    """What to change about an `img` or a `source` so that it shows its image: new values; None takes one away."""
    changes: dict[str, str | None] = {}
    src, own_set = attributes.get("src", ""), attributes.get("srcset", "")
    blank = tag == "img" and is_blank(src)
    real_set = bool(own_set) and is_real_set(own_set)
    doubtful = blank or is_lazy(attributes)
    if tag == "img" and doubtful and (hidden := _hidden_address(attributes)):
        changes["src"], blank = hidden, False
    if (doubtful or not real_set) and (hidden_set := _hidden_set(attributes)):
        changes["srcset"], own_set, real_set = hidden_set, hidden_set, True
        if attributes.get("data-sizes", "auto") not in ("", "auto"):
            changes["sizes"] = attributes["data-sizes"]
    elif own_set and not real_set:
        changes["srcset"] = None
    if blank and real_set and (address := largest(own_set)):
        changes["src"] = address
    return changes


def is_lazy(attributes: Mapping[str, str]) -> bool:
    """By class or by flag, such as `data-lazy`."""
    return _LAZY_CLASS.search(attributes.get("class", "")) is not None or any(
        "lazy" in name and _LAZY_CLASS.search(name) for name in attributes
    )


def is_real_set(written: str) -> bool:
    """Whether a `srcset` names images, and no placeholder."""
    candidates = srcset.parse(written)
    return bool(candidates) and not any(is_blank(one.url) for one in candidates)


def largest(written: str) -> str | None:
    """The largest image of a `srcset`."""
    candidates = [one for one in srcset.parse(written) if not _OTHER_SCHEME.match(one.url)]
    return max(candidates, key=lambda one: one.size).url if candidates else None


def address_in(written: str) -> str | None:
    """The address that an attribute's value is, if it can be one."""
    written = written.strip()
    fits = len(written) <= _LONGEST and _ADDRESS.fullmatch(written) and not is_blank(written)
    return written if fits else None


def _hidden_address(attributes: Mapping[str, str]) -> str | None:
    """From the attributes that are known to hide it; else from any whose value looks like the address of an image."""
    for name in HIDDEN_IN:
        if name in attributes and (address := address_in(attributes[name])):
            return address
    for name, value in attributes.items():
        if name not in _NEVER_HIDES and _WITH_PATH.fullmatch(value.strip()[:_LONGEST]) and not is_blank(value):
            return value.strip()
    return None


def _hidden_set(attributes: Mapping[str, str]) -> str | None:
    return next((attributes[name] for name in SETS_HIDDEN_IN if is_real_set(attributes.get(name, ""))), None)
