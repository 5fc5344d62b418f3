"""What feed readers do not show, as something that they do: a player in a frame becomes a link to the film.

Readers take frames out, some with all that follows, and the W3C validator warns of them: a frame in a feed runs another
site's script in whatever shows it. On our own pages they stay. Works on sanitised HTML, where attributes stand in
double quotes and a frame has nothing in it.
"""

import re
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

from feeds.regex import regex

_FRAME = regex(r'<iframe\b[^<>]*?\ssrc="([^"]*)"[^<>]*></iframe>|<iframe\b[^<>]*></iframe>')
_BDO = regex(r"(</?)bdo\b")  # another that the validator does not know; `span` shows the same text
_YOUTUBE = regex(r"(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]{11})(?:$|[?/])", re.ASCII)
# host and path of a player → where people watch; of a query the named parameter
_PAGES = (
    (regex(r"player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/{}", None),
    (regex(r"www\.dailymotion\.com/embed/video/(\w+)"), "https://www.dailymotion.com/video/{}", None),
    (regex(r"(?:player|www)\.bilibili\.com/"), "https://www.bilibili.com/video/{}", "bvid"),
    (regex(r"v\.qq\.com/"), "https://v.qq.com/x/page/{}.html", "vid"),
    (regex(r"player\.youku\.com/embed/([\w=]+)"), "https://v.youku.com/v_show/id_{}.html", None),
    (regex(r"archive\.org/embed/([\w.-]+)"), "https://archive.org/details/{}", None),
)
_WORD = regex(r"[\w=.-]+", re.ASCII)


def for_readers(html: str) -> str:
    """The HTML with its frames as links, YouTube's with a picture; the same again if it is handed in again."""
    if "<iframe" in html:
        html = _FRAME.sub(_linked, html)
    return _BDO.sub(r"\1span", html) if "bdo" in html else html


def _linked(frame: re.Match[str]) -> str:
    address = unescape(frame[1] or "")
    if not address:
        return ""
    page, shown = watched_at(address), f"Video: {escape(urlsplit(address).hostname or '')}"
    if found := _YOUTUBE.match(address.partition("://")[2]):
        page = f"https://www.youtube.com/watch?v={found[1]}"
        shown = f'<img src="https://i.ytimg.com/vi/{found[1]}/hqdefault.jpg" alt="Video">'
    before = frame.string[: frame.start()]
    if before.rfind("<a ") > before.rfind("</a>"):
        return shown  # there is a link already, and none may be in another
    return f'<a href="{escape(page)}" rel="noopener noreferrer">{shown}</a>'


def watched_at(address: str) -> str:
    """The page of a film, from the address of a player; that itself where we do not know better."""
    parts = urlsplit(address)
    for player, page, parameter in _PAGES:
        if found := player.match(address.partition("://")[2]):
            name = parse_qs(parts.query).get(parameter, [""])[0] if parameter else found[1]
            return page.format(name) if _WORD.fullmatch(name) else address
    return address
