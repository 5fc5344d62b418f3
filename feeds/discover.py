"""From a page to the feeds that it has: what browsers once showed as the orange icon. Nothing is fetched here.

For people who have the address of a page and need that of its feed. Never while polling: whoever answers a poll with a
page has lost the feed, and following that page's links would subscribe to somebody else's (case N06).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feeds.errors import FeedError
from feeds.known_sites import feed_of
from feeds.regex import regex
from feeds.urls import resolve
from feeds.webpage import base_of, text_of_page, tree_of

MOST = 20  # feeds of one page; a forum names one for every topic

# What `<link rel=alternate>` says of a feed (rssboard.org/rss-autodiscovery, RFC 4287 §7, jsonfeed.org/version/1.1).
_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rss",
    "application/feed+json": "json",
    "application/json": "json",
    "application/xml": "rss",
    "text/xml": "rss",
}
_VAGUE = frozenset(("application/json", "application/xml", "text/xml"))  # also of what is no feed at all
_NO_FEED = regex(r"/wp-json/|/oembed\b|/xmlrpc\.php|/osd\.xml|opensearch|/wlwmanifest", re.IGNORECASE)
_COMMENTS = regex(r"\bcomments?\b|kommentare?\b|commentaires\b|comentarios\b|評論|评论|コメント", re.IGNORECASE)
_LOOKS_LIKE_A_FEED = regex(
    r"\.(?P<ending>rss|atom|rdf)(?:\.xml)?(?:$|\?)"
    r"|/(?:index|blog|news)\.(?:xml|json)(?:$|\?)|/[\w.-]*(?:feed(?!back|er)|rss|atom)[\w.-]*\.(?:xml|json|php)(?:$|\?)"
    r"|/(?:feeds?|rss|atom)(?:/|/(?:rss|atom)/?)?(?:$|\?)|[?&](?:feed|format|type)=(?:rss2?|atom)\b|//feeds?\.|//feedburner",
    re.IGNORECASE,
)
# A channel's page names its channel in its canonical address, and again in the data for its scripts (November 2026).
_CHANNELS = (
    regex(r"""rel=["']?canonical["']?\s+href=["']https://www\.youtube\.com/channel/(UC[\w-]{22})["']"""),
    regex(r'"externalId"\s*:\s*"(UC[\w-]{22})"'),
    regex(r'"channelId"\s*:\s*"(UC[\w-]{22})"'),
)
_YOUTUBE = regex(r"https?://(?:(?:www|m)\.)?youtube\.com/", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that a page has, as far as the page tells.

    title  what the page calls it, or ""
    type   `rss`, `atom` or `json`; "" where only fetching it would tell
    """

    url: str
    title: str = ""
    type: str = ""


def feeds_of(body: bytes, content_type: str | None, url: str) -> tuple[Found, ...]:
    """The feeds of a page, the likeliest first, those of comments last; () if it has none, or cannot be read.

    url  the page's address, after redirects
    """
    try:
        tree = tree_of(body, content_type)
    except FeedError:
        return ()
    base = base_of(tree, url)
    found = [*_of_known_sites(body, content_type, url), *_announced(tree, base)]
    if not found:
        found = list(_linked(tree, base))
    by_url: dict[str, Found] = {}
    for one in sorted(found, key=_is_of_comments):  # stable: else in the page's order
        if one.url != url:
            by_url.setdefault(one.url, one)
    return tuple(by_url.values())[:MOST]


def _of_known_sites(body: bytes, content_type: str | None, url: str) -> Iterator[Found]:
    try:
        feed = feed_of(url)
    except ValueError:  # the site has one, but does not say which in the address
        feed = url
    if feed == url and _YOUTUBE.match(url):
        html = text_of_page(body, content_type)
        channel = next(filter(None, (pattern.search(html) for pattern in _CHANNELS)), None)
        feed = feed_of(f"https://www.youtube.com/channel/{channel[1]}") if channel else url
    if feed != url:
        yield Found(url=feed, type="atom" if feed.endswith(".atom") or _YOUTUBE.match(feed) else "")


def _announced(tree: LexborHTMLParser, base: str) -> Iterator[Found]:
    """What the page says its feeds are: `<link rel="alternate" type="application/rss+xml" href="…">`."""
    for link in tree.css("link[href]"):
        rel = (link.attributes.get("rel") or "").lower().split()
        media = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        address = resolve(base, link.attributes.get("href") or "")
        if media not in (*_TYPES, "") or not {"alternate", "feed"} & set(rel) or "stylesheet" in rel or not address:
            continue
        if _NO_FEED.search(address) or (media in (*_VAGUE, "") and not _LOOKS_LIKE_A_FEED.search(address)):
            continue
        yield Found(url=address, title=_line(link.attributes.get("title")), type=_TYPES.get(media, ""))


def _linked(tree: LexborHTMLParser, base: str) -> Iterator[Found]:
    """Links for people whose addresses look like a feed's."""
    for link in tree.css("a[href]"):
        address = resolve(base, link.attributes.get("href") or "")
        if address and (looks := _LOOKS_LIKE_A_FEED.search(address)) and not _NO_FEED.search(address):
            ending = (looks["ending"] or "").lower()
            yield Found(url=address, title=_name(link), type={"rdf": "rss"}.get(ending, ending))


def _is_of_comments(feed: Found) -> bool:
    """Whether a feed carries what readers say of the pages: WordPress names it on every one, before the page's own."""
    return _COMMENTS.search(feed.title) is not None or "/comments/" in feed.url


def _name(link: LexborNode) -> str:
    return _line(link.text(separator=" ")) or _line(link.attributes.get("title"))


def _line(text: str | None) -> str:
    return " ".join((text or "").split())[:200]
