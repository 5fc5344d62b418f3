"""FORMATS and TREES: every way a published `Feed` can be written, as one document or as a file for each story.

A new one is one file here and one row in a table. A row's `render` is a pure function: the same feed gives the same
bytes in any process, on any machine, on any day. It never raises because of what is in an entry; an entry that cannot
be written is left out and logged. What it leaves to its caller: which entries, in which order, and `Feed.url`, the
address of the document *in this format*.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feeds.model import Feed
from feeds.render import atom, jsonfeed, posts, rss


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to write a feed. `name` is also the ending of its address: `/feeds/tech.atom`."""

    name: str
    content_type: str
    render: Callable[[Feed], bytes]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        format.name: format
        for format in (
            Format(name="rss", content_type="application/rss+xml; charset=utf-8", render=rss.render),
            Format(name="atom", content_type="application/atom+xml; charset=utf-8", render=atom.render),
            Format(name="json", content_type="application/feed+json; charset=utf-8", render=jsonfeed.render),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One way to write a feed as files, for `aggregator export <name> DIR`.

    render  file name → bytes, one for each entry; a name ends in what `posts.identity` makes of the guid
    folder  where in a site of this generator the files belong
    """

    name: str
    folder: str
    render: Callable[[Feed], Mapping[str, bytes]]


TREES: Mapping[str, Tree] = MappingProxyType(
    {
        tree.name: tree
        for tree in (
            Tree(name="hexo", folder="source/_posts", render=posts.hexo),
            Tree(name="jekyll", folder="_posts", render=posts.jekyll),
            Tree(name="hugo", folder="content/posts", render=posts.hugo),
        )
    }
)
