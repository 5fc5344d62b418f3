"""HTML that can be shown on any page: the last step, and the only one that safety rests on.

nh3 (ammonia, html5ever) parses as a browser does and lets through what is on the lists below; every address goes
through `feeds.urls.resolve`, `srcset` too, which nh3 does not look at. No style, class, id or name: they could cover
parts of the page or pass for them. No SVG and no MathML: what changes between them and HTML is what mutation attacks
live on; a formula stays as its text. What is too long or too deep has been cut by `limits`; `safe_html` does it again,
for those who call it alone.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import nh3

from feeds.clean import srcset
from feeds.clean.context import Context
from feeds.clean.images import visible
from feeds.clean.links import page, picture
from feeds.html import bounded, text_of, without_forbidden
from feeds.model import Entry
from feeds.regex import regex
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
# A link says nothing of the reader, and its page cannot reach back (H08); a player runs, but leaves our page alone.
# One attribute an element: nh3 writes several in an order that differs from process to process.
_ALWAYS = {
    "a": {"rel": "noopener noreferrer"},
    "audio": {"controls": ""},
    "video": {"controls": ""},
    "iframe": {"sandbox": "allow-scripts allow-same-origin allow-popups allow-presentation"},
}

# Players that may be framed, and where on their hosts they are: elsewhere some redirect to any page. They show what the
# address names and nothing of who looks. From their own instructions for embedding, November 2026.
PLAYERS = {
    "www.youtube.com": "/embed/",
    "youtube.com": "/embed/",
    "www.youtube-nocookie.com": "/embed/",
    "player.vimeo.com": "/video/",
    "www.dailymotion.com": "/embed/",
    "geo.dailymotion.com": "/player",
    "player.bilibili.com": "/player.html",
    "www.bilibili.com": "/blackboard/html5mobileplayer.html",
    "v.qq.com": "/txp/iframe/player.html",
    "player.youku.com": "/embed/",
    "www.ixigua.com": "/iframe/",
    "www.acfun.cn": "/player/",
    "player.twitch.tv": "/",
    "clips.twitch.tv": "/embed",
    "embed.ted.com": "/",
    "archive.org": "/embed/",
    "framatube.org": "/videos/embed/",
    "www.arte.tv": "/embeds/",
    "rutube.ru": "/play/embed/",
    "vk.com": "/video_ext.php",
    "embed.nicovideo.jp": "/watch/",
    "tv.naver.com": "/embed/",
    "fast.wistia.net": "/embed/",
    "streamable.com": "/",
    "odysee.com": "/$/embed/",
}
_FRAME = regex(r"(<iframe[^<>]*>).*?</iframe>", re.DOTALL)  # nh3 writes `<` and `>` in attributes as references
# The text of a formula where its source gives it: `alttext`, or the TeX that MathML converters add.
_FORMULA = regex(
    r"""<math\b((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)>((?:(?!<math\b).)*?)</math\s*>""", re.IGNORECASE | re.DOTALL
)
_ALT_TEXT = regex(r"""\salttext\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ANNOTATION = regex(r"<annotation\b([^<>]*)>([^<]*)</annotation\s*>", re.IGNORECASE)
_PRE_LINES = regex(r"(<pre[^<>]*>)\n+")  # each reading of HTML takes one away, so that all must go for good
_TAG_NAME = regex(r"<([a-zA-Z][^\s/<>]*)")
# What is left may be read otherwise the next time where an element went that others were inside of (<form>), or where a
# table put out what does not belong into it. Then it is cleaned until it stays as it is: once more, nearly always.
_CALM = _TAGS - {"table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"}
ROUNDS = 4
_NUMBER = regex(r"\d{1,5}(?:\.\d+)?%?", re.ASCII)


@dataclass(slots=True)
class _Reading:
    """One text on its way through nh3: what its addresses are relative to, and whether an image lost one."""

    base: str
    lost: bool = False


def entry(entry: Entry, context: Context) -> Entry:
    """The step: both texts made safe."""
    base = context.base_of(entry)
    html, summary = _safe_and_seen(entry.html, base), _safe_and_seen(entry.summary, base)
    return replace(entry, html=html, summary=summary if summary != html else "")


def safe_html(html: str, base: str) -> str:
    """The fragment, safe and balanced, its addresses absolute; the same again if it is handed in again."""
    return _safe(html, _Reading(base))


def _safe_and_seen(html: str, base: str) -> str:
    """The same, and where an image lost its address, it gets the next best that it has (`images`)."""
    reading = _Reading(base)
    safe = _safe(html, reading)
    for _ in range(ROUNDS):
        if not reading.lost or (again := visible(safe)) == safe:
            break
        reading.lost = False
        safe = _safe(again, reading)
    return safe


def _safe(html: str, reading: _Reading) -> str:
    html = without_forbidden(html)
    if "<" not in html and "&" not in html:
        return html.replace(">", "&gt;")
    html = _FORMULA.sub(_formula, bounded(html)) if "<math" in html.lower() else bounded(html)
    token = _READING.set(reading)
    try:
        safe = _once(html)
        for _ in range(0 if _CALM.issuperset(map(str.lower, _TAG_NAME.findall(html))) else ROUNDS):
            again = _once(safe)
            if again == safe:
                break
            safe = again
        return safe
    finally:
        _READING.reset(token)


def _once(html: str) -> str:
    framed = "<iframe" in html.lower()
    safe = (_WITH_FRAMES if framed else _CLEANER).clean(html)
    safe = _PRE_LINES.sub(r"\1", safe) if "<pre" in safe else safe
    return _FRAME.sub(_frame, safe) if framed else safe


def _frame(frame: re.Match[str]) -> str:
    """A frame that has an address, without what is in it: text to browsers, but markup to parsers that are none."""
    return f"{frame[1]}</iframe>" if ' src="' in frame[1] else ""


def _formula(formula: re.Match[str]) -> str:
    annotation = _ANNOTATION.search(formula[2])
    alternative = _ALT_TEXT.search(formula[1])
    tex = text_of((alternative[1] or alternative[2] or "") if alternative else annotation[2] if annotation else "")
    text = tex or text_of(_ANNOTATION.sub("", formula[2])).replace("\n", " ")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<code>{escaped}</code>" if tex else escaped


def _judge(tag: str, name: str, value: str) -> str | None:
    """What an attribute on the lists may say; None takes it away."""
    judge = _JUDGES.get(name)
    return judge(tag, value) if judge else value


def _link(tag: str, value: str) -> str | None:
    return value if tag == "a" and value.startswith("mailto:") else page(_READING.get().base, value)


def _file(tag: str, value: str) -> str | None:
    reading = _READING.get()
    if tag == "iframe":
        return _player(resolve(reading.base, value))
    address = picture(reading.base, value)
    reading.lost = reading.lost or address is None
    return address


def _player(address: str | None) -> str | None:
    """The address of a known player, over https: all of them are there, and old feeds say http."""
    parts = urlsplit(address or "")
    path = PLAYERS.get(parts.netloc)
    return parts._replace(scheme="https").geturl() if path and parts.path.startswith(path) else None


def _srcset(tag: str, value: str) -> str | None:
    if srcset.is_ordinary(value):
        return value
    reading = _READING.get()
    found = [replace(one, url=picture(reading.base, one.url) or "") for one in srcset.parse(value)]
    reading.lost = reading.lost or not all(one.url for one in found)
    return srcset.write(tuple(one for one in found if one.url)) or None


def _size(tag: str, value: str) -> str | None:
    return value if _NUMBER.fullmatch(value) else None


_JUDGES: dict[str, Callable[[str, str], str | None]] = {
    "href": _link,
    "cite": _link,
    "src": _file,
    "poster": _file,
    "srcset": _srcset,
    "width": _size,
    "height": _size,
}


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
_READING: ContextVar[_Reading] = ContextVar("reading")
_CLEANER = _cleaner(_TAGS)
_WITH_FRAMES = _cleaner(_TAGS | {"iframe"})
