"""`read`: bytes to a `Feed`, whatever family of documents they belong to.

decode → sniff → the family's parser. A document is used whole or not at all: what has lost its end is Truncated,
because a validator must never be stored for it. What is wrong and could be worked around is a line in `Feed.problems`.
The text that comes out is not safe yet: see `feeds.clean`.
"""

from dataclasses import replace

from feeds.errors import EmptyDocument
from feeds.model import Feed
from feeds.parse import jsonfeed, sniff, syndication
from feeds.parse.encoding import decode


def read(body: bytes, *, content_type: str | None = None, url: str = "") -> Feed:
    """The feed that a document is.

    content_type   as the origin sent it; only its charset counts, and less than a byte order mark
    url            where the document came from, for relative addresses; "" if that is not on the web
    errors         FeedError, and nothing else: EmptyDocument, NotAFeed, Truncated, Unreadable
    """
    if not body:
        raise EmptyDocument("the document is empty")
    text, encoding_problem = decode(body, content_type)
    nature = sniff.nature_of(text, body)
    if nature.family == "json":
        feed = jsonfeed.read(text, url=url)
    else:
        sniff.require_end(text, nature.root, nature.start)
        feed = syndication.read(text[nature.start :], url=url)
    problems = (f"the document {encoding_problem}" if encoding_problem else "", _junk(text[: nature.start]))
    return replace(feed, problems=tuple(filter(None, problems)) + feed.problems)


def _junk(before: str) -> str:
    junk = before.strip("\ufeff \t\r\n")
    return f"{len(junk)} characters of something else before the feed, left out: {junk[:60]!r}" if junk else ""
