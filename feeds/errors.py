"""Why a document could not be read. One bad *entry* is never an error: it becomes a line in `Feed.problems`.

FeedError
├── EmptyDocument   nothing but white space
├── NotAFeed        a page, an image, an error message: readable perhaps, but no feed
├── Truncated       a feed whose end is missing
└── Unreadable      a feed that the parser cannot get anything out of
"""


class FeedError(Exception):
    """A document cannot be read as a feed; the message says what was found, for the status page."""


class EmptyDocument(FeedError):
    """The document holds nothing but white space."""


class NotAFeed(FeedError):
    """The document is something else: a login page, an image, an error message."""


class Truncated(FeedError):
    """The document starts as a feed and ends before it is complete."""


class Unreadable(FeedError):
    """The document looks like a feed, but nothing can be got out of it."""
