"""KINDS: every way a source can be named in config.yaml, and how what is found there is read. A new kind is one row.

A row turns what people write into the source's *address*, its identity in the database: two spellings of one address
are one source, and it says nothing about how the address is reached today. `locate` says that: the places to try, in
order. Whether a place may be fetched at all is the fetcher's question. The options that a kind has beside its address
are written next to the parser that uses them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from feeds import parse
from feeds.known_sites import feed_of
from feeds.model import Feed
from feeds.parse import Reading, jsondata, page, sitemap
from feeds.parse.options import Option
from feeds.regex import regex

_BLANK = regex(r"[\x00-\x20\x7f\xa0\u2028\u2029]")


class Reader(Protocol):
    """The bytes of a document → what it carries; FeedError says what it is instead."""

    def __call__(
        self,
        body: bytes,
        *,
        content_type: str | None,
        url: str,
        options: Mapping[str, str],
        memory: bytes,
        context: str,
    ) -> Reading: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way to name a source.

    key       what config.yaml calls it
    about     a sentence for the reference
    address   what is written in config.yaml → the identity of the source; ValueError says what is wrong
    locate    identity, RSSHub instances → where to look, in this order; URLs, or for `file` the path as it was written
    read      what is found there → its entries; only documents that are feeds make use of a memory
    options   by their names in config.yaml
    more      a paragraph about them for the reference
    """

    name: str
    key: str
    about: str
    example: str
    address: Callable[[str], str]
    locate: Callable[[str, Sequence[str]], tuple[str, ...]]
    read: Reader
    options: Mapping[str, Option] = field(default_factory=dict)
    more: str = ""


def _feed_address(written: str) -> str:
    """The page of a site that we know stands for its feed, so that both are one source."""
    return feed_of(_web_address(written))


def _web_address(written: str) -> str:
    """As it is written, but the scheme and the host in lower case and no fragment: no server ever sees that."""
    url = written.strip()
    if _BLANK.search(url):
        raise ValueError(f"{url!r} has a blank or a line end inside; write it as %20, or remove it")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"{url!r} does not start with http:// or https://")
    if not host or port == 0:
        raise ValueError(f"{url!r} names no host")
    if "@" in parts.netloc:
        raise ValueError("a user name or password in an address would be shown to everyone; use `headers` instead")
    rest = url.partition("#")[0][len(parts.scheme) + 3 + len(parts.netloc) :]
    return f"{parts.scheme}://{parts.netloc.lower()}{rest}"


def _rsshub_address(written: str) -> str:
    route = re.sub(r"^rsshub:(//)?", "", written.strip()).partition("#")[0]
    if "://" in route:
        raise ValueError(f"{route!r} is a whole address; write the route alone, such as /zaker/source/12")
    route = "/" + route.strip("/")
    if route == "/" or "\\" in route or "//" in route or _BLANK.search(route) or ".." in route.split("/"):
        raise ValueError(f"{written!r} is no RSSHub route; write it as in RSSHub's documentation: /zaker/source/12")
    return f"rsshub:{route}"


def _rsshub_places(address: str, instances: Sequence[str]) -> tuple[str, ...]:
    route = address.removeprefix("rsshub:")
    return tuple(instance.rstrip("/") + route for instance in instances)


def _file_address(written: str) -> str:
    path = re.sub(r"^file:(//(localhost)?(?=/))?", "", written.strip())
    if not path or "\0" in path:
        raise ValueError("a `file:` source needs a path, such as file:examples/a.xml")
    if path.startswith("//"):
        raise ValueError(f"{written!r} names a file on another machine; only local paths can be read")
    return f"file:{path}"


def _prefixed(name: str) -> Callable[[str], str]:
    """The identity of what is read in another way than a feed at the same address: with the kind before it."""

    def address(written: str) -> str:
        return f"{name}:{_web_address(written.strip().removeprefix(f'{name}:'))}"

    return address


def _without_prefix(address: str, instances: Sequence[str]) -> tuple[str, ...]:
    return (address.partition(":")[2],)


def _read_feed(
    body: bytes, *, content_type: str | None, url: str, options: Mapping[str, str], memory: bytes, context: str
) -> Reading:
    return parse.read_new(body, content_type=content_type, url=url, memory=memory, context=context)


def _whole(read: Callable[..., Feed]) -> Reader:
    """The reader of documents that are read in full every time."""

    def reader(
        body: bytes, *, content_type: str | None, url: str, options: Mapping[str, str], memory: bytes, context: str
    ) -> Reading:
        feed = read(body, content_type=content_type, url=url, options=options)
        return Reading(feed=feed, carried=len(feed.entries))

    return reader


_ABOUT_PAGES = """\
For pages that have no feed. All options but `date_format` are CSS selectors, as browsers know them; `item` finds the
items on the page, the others look inside of one item. Most pages need `item` alone: the title is then the item's first
heading, the link the one in it or around it, the picture the first. So for this page:

```html
<ul class="news">
  <li><a href="/2026/library"><h3>A new library</h3></a> <span class="day">20/11/2026</span> <p>It opens today.</p></li>
  <li><a href="/2026/tram"><h3>The tram comes</h3></a> <span class="day">19/11/2026</span> <p>Next year.</p></li>
</ul>
```

this is enough:

```yaml
- page: https://example.org/news
  item: .news li
  date: .day
  date_format: "%d/%m/%Y"     # needed only where a day may be taken for a month
```

`aggregator parse` with the address shows what the selectors find; in a browser, the page's source shows what there is
to find (what scripts put there later is not). An entry is known by its link, or by its title where it has none. Where
`item` finds nothing the source fails and its stories stay, so that `/status` tells when the page was rebuilt; where
another option finds nothing in some items, `/status` says in how many."""
_ABOUT_JSON = """\
For data that a site has for its own scripts. All options but `date_format` are expressions of
[JMESPath](https://jmespath.org/); `items` leads to the list of items, the others look inside of one item. `link` may
also be a template, with expressions in braces. So for `{"data": {"list": [{"post_id": 7, "subject": "A new library",
"cover": {"src": "/7.jpg"}}]}}`:

```yaml
- json: https://api.example.org/v1/list
  items: data.list
  id: post_id
  title: subject
  link: "https://example.org/p/{post_id}"
  image: cover.src
```

Where an option is not given, the usual names are tried, those of WordPress (`/wp-json/wp/v2/posts`) and GitHub among
them. `aggregator parse` with the address shows what is found; where `items` leads to no list, the message names the
lists that there are."""
_ABOUT_SITEMAPS = """\
Every page that it lists is an entry: the newest 2,000, if it has more. Titles are made of the addresses where it has
none, and there is no text; best are the ones for news. Where the address is that of an index of sitemaps, the message
names those that it has; choose one."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                name="feed",
                key="url",
                about=(
                    "The address of a feed; or of a YouTube channel or playlist, a GitHub repository, a subreddit, or "
                    "a Mastodon or Medium account, which stands for its feed."
                ),
                example="https://blog.example.org/feed.xml",
                address=_feed_address,
                locate=lambda address, instances: (address,),
                read=_read_feed,
            ),
            Kind(
                name="rsshub",
                key="rsshub",
                about="A route of RSSHub, asked for at `rsshub.instances`.",
                example="/zaker/source/12",
                address=_rsshub_address,
                locate=_rsshub_places,
                read=_read_feed,
            ),
            Kind(
                name="file",
                key="file",
                about="The path of a feed on this machine, relative to config.yaml.",
                example="examples/planet-example.xml",
                address=_file_address,
                locate=_without_prefix,
                read=_read_feed,
            ),
            Kind(
                name="page",
                key="page",
                about="The address of any HTML page that lists things; CSS selectors say where.",
                example="https://example.org/news",
                address=_prefixed("page"),
                locate=_without_prefix,
                read=_whole(page.read),
                options=page.OPTIONS,
                more=_ABOUT_PAGES,
            ),
            Kind(
                name="json",
                key="json",
                about="The address of any JSON that lists things; JMESPath says where. A JSON Feed is a `url`.",
                example="https://api.example.org/v1/list",
                address=_prefixed("json"),
                locate=_without_prefix,
                read=_whole(jsondata.read),
                options=jsondata.OPTIONS,
                more=_ABOUT_JSON,
            ),
            Kind(
                name="sitemap",
                key="sitemap",
                about="The address of a sitemap, such as the one that a newspaper has for its news.",
                example="https://example.org/news-sitemap.xml",
                address=_prefixed("sitemap"),
                locate=_without_prefix,
                read=_whole(sitemap.read),
                options=sitemap.OPTIONS,
                more=_ABOUT_SITEMAPS,
            ),
        )
    }
)
