"""HTML that can be shown on any page: the last step, and the only one that safety rests on.

nh3 (ammonia, html5ever) parses as a browser does and lets through what is on the lists below; every address goes
through `feeds.urls.resolve`, `srcset` too, which nh3 does not look at. No style, class, id or name: they could cover
parts of the page or pass for them. What is too long or too deep has been cut by `limits`; `safe_html` does it again,
for those who call it alone.
"""

import re
from contextvars import ContextVar
from dataclasses import replace
from urllib.parse import urlsplit

import nh3

from feeds.clean import srcset
from feeds.clean.context import Context
from feeds.clean.links import page
from feeds.html import bounded, without_forbidden
from feeds.model import Entry
from feeds.urls import resolve

_TAG_NAMES = """
    a abbr acronym article aside audio b bdi bdo big blockquote br caption center cite code col colgroup dd del details
    dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p picture
    pre q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th thead time
    tr track tt u ul var video wbr
"""
_TAGS = set(_TAG_NAMES.split())
# With all that is in them: scripts, styles, and what is only there for want of something else.
_GONE = {"script", "style", "template", "title", "textarea", "select", "button", "noembed", "noframes"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "abbr": {"title"},
    "audio": {"src", "controls", "preload"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "iframe": {"src", "width", "height", "allowfullscreen"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "source": {"src", "srcset", "sizes", "type", "media"},
    "td": {"colspan", "rowspan", "headers", "align"},
    "th": {"colspan", "rowspan", "headers", "scope", "align"},
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label"},
    "video": {"src", "poster", "controls", "preload", "width", "height"},
}
_LINKS = frozenset(("href", "cite"))
_FILES = frozenset(("src", "poster"))
_SIZES = frozenset(("width", "height"))
_REL = "noopener noreferrer"
_ALWAYS = {"a": {"rel": _REL}, "audio": {"controls": ""}, "video": {"controls": ""}}

# Players that may be framed: they show what the address names and nothing of who looks. As of November 2026, from use.
VIDEO_HOSTS = frozenset(
    (
        *("www.youtube.com", "youtube.com", "www.youtube-nocookie.com", "player.vimeo.com", "www.dailymotion.com"),
        *("geo.dailymotion.com", "player.bilibili.com", "v.qq.com", "player.youku.com", "player.twitch.tv"),
        *("clips.twitch.tv", "embed.ted.com", "archive.org", "framatube.org", "www.arte.tv", "rutube.ru"),
    )
)
_EMPTY_FRAME = re.compile(r"<iframe(?![^<>]*\ssrc=)[^<>]*></iframe>")
_PRE_LINES = re.compile(r"(<pre[^<>]*>)\n+")  # each reading of HTML takes one away, so that all must go for good
_TAG_NAME = re.compile(r"<([a-zA-Z][^\s/<>]*)")
# What is left may be read otherwise the next time where an element went that others were inside of (<form>), or where a
# table put out what does not belong into it. Then it is cleaned until it stays as it is: once more, nearly always.
_CALM = _TAGS - {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"}
ROUNDS = 4
_NUMBER = re.compile(r"\d{1,5}(?:\.\d+)?%?", re.ASCII)


def entry(entry: Entry, context: Context) -> Entry:
    """The step: both texts made safe."""
    base = context.base_of(entry)
    html, summary = safe_html(entry.html, base), safe_html(entry.summary, base)
    return replace(entry, html=html, summary=summary if summary != html else "")


def safe_html(html: str, base: str) -> str:
    """The fragment, safe and balanced, its addresses absolute; the same again if it is handed in again."""
    html = without_forbidden(html)
    if "<" not in html and "&" not in html:
        return html.replace(">", "&gt;")
    html = bounded(html)
    token = _BASE.set(base)
    try:
        safe = _once(html)
        for _ in range(0 if _CALM.issuperset(map(str.lower, _TAG_NAME.findall(html))) else ROUNDS):
            again = _once(safe)
            if again == safe:
                break
            safe = again
        return safe
    finally:
        _BASE.reset(token)


def _once(html: str) -> str:
    framed = "<iframe" in html.lower()
    safe = (_WITH_FRAMES if framed else _CLEANER).clean(html)
    safe = _PRE_LINES.sub(r"\1", safe) if "<pre" in safe else safe
    return _EMPTY_FRAME.sub("", safe) if framed else safe


def _judge(tag: str, name: str, value: str) -> str | None:
    """What an attribute on the lists may say; None takes it away."""
    if name in _LINKS:
        return value if name == "href" and value.startswith("mailto:") else page(_BASE.get(), value)
    if name in _FILES:
        return _file(_BASE.get(), tag, value)
    if name == "srcset":
        return _srcset(_BASE.get(), value)
    if name in _SIZES:
        return value if _NUMBER.fullmatch(value) else None
    return value


def _file(base: str, tag: str, value: str) -> str | None:
    address = resolve(base, value)
    if tag != "iframe" or address is None:
        return address
    parts = urlsplit(address)
    return address if parts.scheme == "https" and parts.hostname in VIDEO_HOSTS and parts.port is None else None


def _srcset(base: str, value: str) -> str | None:
    resolved = (replace(one, url=resolve(base, one.url) or "") for one in srcset.parse(value))
    return srcset.write(tuple(one for one in resolved if one.url)) or None


def _cleaner(tags: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        clean_content_tags=_GONE,
        attributes=_ATTRIBUTES,
        attribute_filter=_judge,
        set_tag_attribute_values=_ALWAYS,
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
    )


# Made once: that costs as much as cleaning an item. So the base, which changes with every item, goes round them.
_BASE: ContextVar[str] = ContextVar("base", default="")
_CLEANER = _cleaner(_TAGS)
_WITH_FRAMES = _cleaner(_TAGS | {"iframe"})
