"""Pages that people paste where a feed is meant, and the feeds that their sites have for them.

Only what follows from the address alone: nothing is asked. An address that no row knows stays byte for byte as it is.
A new site is one row of `_SITES`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from feeds.regex import regex

_ATOM = "https://github.com/{}.atom"
_VIDEOS = "https://www.youtube.com/feeds/videos.xml?{}={}"
# First parts of paths on GitHub that are no owner of a repository.
_NO_OWNER_NAMES = """
    about account advisories apps codespaces collections contact customer-stories dashboard enterprise events explore
    features issues join login logout marketplace mobile new newsroom notifications organizations orgs premium-support
    pricing pulls readme resources search security sessions settings signup site solutions sponsors stars team topics
    trending users watching why-github
"""
_NO_OWNERS = frozenset(_NO_OWNER_NAMES.split())
# Sites with /@name pages that are no Mastodon, and have no feed there.
_NO_MASTODON_HOSTS = r"""
    brunch\.co\.kr figma\.com flipboard\.com giphy\.com hashnode\.com jsr\.io npmjs\.com observablehq\.com odysee\.com
    producthunt\.com replit\.com snapchat\.com substack\.com t\.me threads\.(?:net|com) tiktok\.com truthsocial\.com
    unpkg\.com unsplash\.com velog\.io
"""
_NO_MASTODON = regex(rf"(?:.*\.)?(?:{'|'.join(_NO_MASTODON_HOSTS.split())})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """One site.

    host  which hosts are the site's, matched whole
    feed  (host, path without a slash at its end, query) → the feed's address; None if none follows from them
    """

    host: re.Pattern[str]
    feed: Callable[[str, str, str], str | None]


def feed_of(url: str) -> str:
    """The feed's address for the page of a site that we know, else the address itself. Idempotent.

    raises  ValueError, where the site has a feed for the page but does not say so in the address
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or parts.port or "@" in parts.netloc:
        return url
    for site in _SITES:
        if site.host.fullmatch(host):
            return site.feed(host, parts.path.rstrip("/"), parts.query) or url
    return url


def _youtube(host: str, path: str, query: str) -> str | None:
    """Feeds of a channel, a playlist and an old user name: youtube.com/feeds/videos.xml, as of November 2026."""
    if channel := re.match(r"/channel/(UC[\w-]{22})(?:/|\Z)", path):
        return _VIDEOS.format("channel_id", channel[1])
    if user := re.match(r"/user/([\w.-]+)(?:/|\Z)", path):
        return _VIDEOS.format("user", user[1])
    playlist = parse_qs(query).get("list", [""])[0] if path == "/playlist" else ""
    if re.fullmatch(r"[\w-]{10,64}", playlist):
        return _VIDEOS.format("playlist_id", playlist)
    if re.match(r"/(?:@|c/)", path):
        raise ValueError(
            "this address does not say which channel it is; open the page, choose `Share channel`, `Copy channel ID`, "
            "and write https://www.youtube.com/channel/ with that ID behind it"
        )
    return None


def _github(host: str, path: str, query: str) -> str | None:
    """docs.github.com, "Exploring GitHub": releases, tags and commits of a repository are Atom feeds."""
    page = re.fullmatch(r"/([\w.-]+)/([\w.-]+?)(?:\.git)?(/(?:releases|tags|commits(?:/[^/]+)?))?", path)
    if page is None or page[1].lower() in _NO_OWNERS or path.endswith(".atom"):
        return None
    return _ATOM.format(f"{page[1]}/{page[2]}{page[3] or '/releases'}")


def _reddit(host: str, path: str, query: str) -> str | None:
    """reddit.com/wiki/rss: `.rss` behind a subreddit, one of its orders, or a user."""
    path = re.sub(r"^/u/", "/user/", path)
    page = re.fullmatch(r"/(?:r/[\w+]+(?:/(?:new|top|hot|rising|controversial))?|user/[\w-]+)", path)
    return f"https://www.reddit.com{path}/.rss{'?' if query else ''}{query}" if page else None


def _medium(host: str, path: str, query: str) -> str | None:
    """help.medium.com, "Using RSS feeds of profiles and publications": /feed/ before the name."""
    return f"https://medium.com/feed{path}" if re.fullmatch(r"/@[\w.-]+", path) else None


def _mastodon(host: str, path: str, query: str) -> str | None:
    """docs.joinmastodon.org: `.rss` behind an account of that server, or one of its hashtags."""
    account = re.fullmatch(r"/@\w+(?:[.-]+\w+)*(?:/tagged/[^/]+)?", path)
    known = account is None or path.endswith(".rss") or _NO_MASTODON.fullmatch(host)
    return None if known else f"https://{host}{path}.rss"


_SITES = tuple(
    _Site(host=regex(host), feed=feed)
    for host, feed in (
        (r"(?:(?:www|m)\.)?youtube\.com", _youtube),
        (r"(?:www\.)?github\.com", _github),
        (r"(?:(?:www|old|new|np)\.)?reddit\.com", _reddit),
        (r"(?:www\.)?medium\.com", _medium),
        (r".+", _mastodon),
    )
)
