"""`read`: bytes to a `Feed`, whatever family of documents they belong to. `read_new`: only what was not read before.

decode → sniff → the family's parser. A document is used whole or not at all: what has lost its end is Truncated,
because a validator must never be stored for it. What is wrong and could be worked around is a line in `Feed.problems`.
The text that comes out is not safe yet: see `feeds.clean`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

from feeds.errors import EmptyDocument, FeedError
from feeds.model import Feed
from feeds.parse import bounds, jsonfeed, sniff, trim
from feeds.parse.encoding import decode
from feeds.parse.fault import Fault, fault_of, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reading of a document gave.

    feed     with the entries that the memory did not know; all of them if there was none, or it could not be used
    carried  how many entries the document has
    memory   to be handed in with the next document of the same source; b"" if that one must be read in full
    """

    feed: Feed
    carried: int
    memory: bytes = b""


def read(body: bytes, *, content_type: str | None = None, url: str = "") -> Feed:
    """The feed that a document is.

    content_type   as the origin sent it; only its charset counts, and less than a byte order mark
    url            where the document came from, for relative addresses; "" if that is not on the web
    errors         FeedError, and nothing else: EmptyDocument, NotAFeed, Truncated, Unreadable
    """
    return read_new(body, content_type=content_type, url=url).feed


def read_new(
    body: bytes, *, content_type: str | None = None, url: str = "", memory: bytes = b"", context: str = ""
) -> Reading:
    """The same, without the entries that the last reading of this source has given already.

    memory   what that reading left
    context  what else decides how entries come out; where it differs from the last time, all are given
    """
    if not body:
        raise EmptyDocument("the document is empty")
    text, encoding_problem = decode(body, content_type)
    nature = sniff.nature_of(text, body)
    if nature.family == "json":
        feed = jsonfeed.read(text, url=url)
        reading = Reading(feed=feed, carried=len(feed.entries))
    else:
        sniff.require_end(text, nature.root, nature.start)
        reading = _read_xml(text, nature.start, url=url, memory=memory, context=f"{url}\n{context}")
    problems = (f"the document {encoding_problem}" if encoding_problem else "", _junk(text[: nature.start]))
    return replace(reading, feed=replace(reading.feed, problems=tuple(filter(None, problems)) + reading.feed.problems))


def _read_xml(document: str, start: int, *, url: str, memory: bytes, context: str) -> Reading:
    # Imported here: who only asks which kinds there are must not wait 0.1 s for feedparser at every start.
    from feeds.parse import syndication

    fault = cache(partial(fault_of, document, start))  # asked for only where a parser refused, and looked for once
    text, cut_out = bounds.bounded(document[start:], first_line=place_of(document, start)[0])
    layout = trim.layout_of(text, context=context)
    if layout is None:
        return _whole(syndication.read(text, url=url, fault=fault), cut_out)
    if memory and not cut_out and (reading := _read_cut(layout, url=url, memory=memory, fault=fault)):
        return reading
    everything = range(len(layout.spans))
    feed = syndication.read_parts(layout.parts(everything), url=url, fault=fault)
    if feed.problems or cut_out:
        return _whole(feed, cut_out)
    guids = trim.guid_digests(layout, everything, feed.entries)
    kept = trim.remember(layout, everything, guids) if guids else b""
    return Reading(feed=feed, carried=len(feed.entries), memory=kept)


def _whole(feed: Feed, cut_out: tuple[str, ...]) -> Reading:
    """The reading of a document that the next one must not be trimmed by."""
    return Reading(feed=replace(feed, problems=cut_out + feed.problems), carried=len(feed.entries))


def _read_cut(layout: trim.Layout, *, url: str, memory: bytes, fault: Callable[[], Fault | None]) -> Reading | None:
    """The reading of what is new; None if the whole document must be read after all."""
    from feeds.parse import syndication

    new, known_guids = trim.unread(layout, memory)
    if len(new) == len(layout.spans):
        return None
    try:
        feed = syndication.read_parts(layout.parts(new), url=url, fault=fault)
    except FeedError:
        return None
    guids = trim.guid_digests(layout, new, feed.entries)
    if feed.problems or guids is None or not known_guids.isdisjoint(guids):
        return None
    return Reading(feed=feed, carried=len(layout.spans), memory=trim.remember(layout, new, guids, before=memory))


def _junk(before: str) -> str:
    junk = before.strip("\ufeff \t\r\n")
    return f"{len(junk)} characters of something else before the feed, left out: {junk[:60]!r}" if junk else ""
