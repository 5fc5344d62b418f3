"""Why a fetch failed, what that means, and what the operator is to do about it.

A reason is what the status page shows and what a metric is labelled with, so the set is closed. The words are for
somebody who sees the status page and nothing else: what is wrong, then which line to edit or which command to run.
When they are said is for `publish.advice`; docs/operations.md lists them all.
"""

from datetime import timedelta
from enum import StrEnum


class Reason(StrEnum):
    """Why a fetch failed."""

    ADDRESS = "address"
    BLOCKED_ADDRESS = "blocked_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    REDIRECT = "redirect"
    MISSING = "missing"
    GONE = "gone"
    DENIED = "denied"
    CHALLENGE = "challenge"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    STATUS = "status"
    UNEXPECTED_304 = "unexpected_304"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    EMPTY = "empty"
    NOT_A_FEED = "not_a_feed"
    UNREADABLE = "unreadable"
    PARSER_DIED = "parser_died"
    FILE = "file"
    BUG = "bug"

    @property
    def passing(self) -> bool:
        """Whether it often ends by itself, so that the operator should wait for `PATIENCE` before doing anything."""
        return self in _PASSING

    @property
    def meaning(self) -> str:
        """What is wrong, in a sentence."""
        return _ADVICE[self][0]

    def remedy(self, *, address: str = "ADDRESS", place: str = "config.yaml") -> str:
        """What the operator is to do about it.

        address  of the source, as a command takes it
        place    where the source stands, as in `line 7 of config.yaml`
        """
        return _ADVICE[self][1].format(address=address, place=place)

    @property
    def advice(self) -> str:
        """Both, of a source that is not named."""
        return self.advised()

    def advised(self, *, address: str = "ADDRESS", place: str = "config.yaml") -> str:
        """Both, whenever it is read: with the patience to have."""
        remedy = self.remedy(address=address, place=place)
        if self.passing:
            remedy = f"If it lasts for two days, {remedy[0].lower()}{remedy[1:]}"
        return f"{self.meaning} {remedy}"


PATIENCE = timedelta(days=2)  # an expired certificate and a broken server are mostly mended by then
_PASSING = frozenset({
    Reason.CONNECT, Reason.TLS, Reason.TIMEOUT, Reason.RATE_LIMITED, Reason.SERVER_ERROR, Reason.TRUNCATED,
    Reason.EMPTY,
})  # fmt: skip

# Each: what it means, what to do. An address is a source's identity: a new one in the file is a new source there.
_ADVICE = {
    Reason.ADDRESS: ("The address cannot be used as it is written.", "Correct it in {place}."),
    Reason.BLOCKED_ADDRESS: (
        "The address leads into a private network, or to a port of another service, where we do not go.",
        "If it is a feed in your own network, write it in {place} as `{{url: {address}, allow_private: true}}`; a port "
        "that is refused stays so.",
    ),
    Reason.DNS: (
        "The host name is not known.",
        "Check its spelling in {place}; if the site is gone, `aggregator remove {address}`.",
    ),
    Reason.CONNECT: (
        "The host does not accept the connection; it may be down.",
        "Look whether its site has moved, and put the feed's new address into {place}; if it is gone, "
        "`aggregator remove {address}`.",
    ),
    Reason.TLS: (
        "The host's certificate is wrong or expired, so nobody knows who answers there.",
        "Tell the publisher, or put another address of the feed into {place}.",
    ),
    Reason.TIMEOUT: (
        "No complete answer came within `fetch.deadline`: the host is slow or overloaded.",
        "Open the address in a browser: if it comes there, raise `fetch.deadline` in config.yaml; if it does not, tell "
        "the publisher, or `aggregator remove {address}`.",
    ),
    Reason.PROTOCOL: (
        "The answer is not valid HTTP.",
        "Check host and port in {place}. If they are right, open the address in a browser: if it fails there too, tell "
        "the publisher.",
    ),
    Reason.REDIRECT: (
        "It redirects in a circle, too often, or to where we do not follow.",
        "Look up the feed's new address on its site (`aggregator parse PAGE` names the feeds of a page), and put it "
        "into {place}.",
    ),
    Reason.MISSING: (
        "Nothing at this address (404).",
        "Look up the feed's new address on its site (`aggregator parse PAGE` names the feeds of a page), and put it "
        "into {place}; if there is none any more, `aggregator remove {address}`.",
    ),
    Reason.GONE: (
        "The publisher says that this feed has ended (410, or `expired`).",
        "`aggregator remove {address}` takes it out of config.yaml; its stories stay.",
    ),
    Reason.DENIED: (
        "The publisher refuses us (401, 402, 403, 406, 415, 451).",
        "If it wants a key or a password, give it in {place}, as in `headers: {{Authorization: Bearer KEY}}`; else ask "
        "the publisher to let us in.",
    ),
    Reason.CHALLENGE: (
        "A check for robots stands before the feed.",
        "Ask the publisher to let feed readers through, or put another address of the feed into {place}.",
    ),
    Reason.RATE_LIMITED: (
        "The host asks us to wait (429 or 503 with Retry-After), and we do.",
        "Set a longer `every` in {place}, and for the other sources of this host.",
    ),
    Reason.SERVER_ERROR: (
        "The host reports an error of its own (5xx).",
        "Tell the publisher; if its site has moved, put the feed's new address into {place}.",
    ),
    Reason.STATUS: (
        "The answer has an HTTP status that no feed should have.",
        "Open the address in a browser to see what is there; if the feed has moved, put its new address into {place}.",
    ),
    Reason.UNEXPECTED_304: (
        "The host says 'unchanged' to a question that we did not ask, which is a fault of its server.",
        "Tell the publisher.",
    ),
    Reason.TRUNCATED: (
        "The document ends before it is complete, so nothing of it was used.",
        "Tell the publisher.",
    ),
    Reason.TOO_LARGE: (
        "The document is larger than `fetch.max_body`, so it was not read.",
        "If you trust the source, raise `fetch.max_body` in config.yaml; if not, `aggregator remove {address}`.",
    ),
    Reason.ENCODING: (
        "The answer is compressed in a way that is broken, or that we did not ask for.",
        "Tell the publisher.",
    ),
    Reason.EMPTY: (
        "The answer is empty.",
        "Look on its site whether the feed has moved, and put its new address into {place}; if it has not, tell the "
        "publisher.",
    ),
    Reason.NOT_A_FEED: (
        "The address answers with something else than a feed.",
        "If it is a page, `aggregator parse {address}` names its feeds: put the right one into {place}.",
    ),
    Reason.UNREADABLE: (
        "The document looks like a feed, but cannot be read.",
        "`aggregator parse {address}` says where it is broken; tell the publisher.",
    ),
    Reason.PARSER_DIED: (
        "Reading it cost too much time or memory; after three times in a row it is tried once in `fetch.ceiling`.",
        "`aggregator ingest --once --source {address} --force` tries it now. If it dies again, "
        "`aggregator remove {address}`.",
    ),
    Reason.FILE: (
        "The file cannot be read.",
        "See that it is there and that the program may read it, or correct its path in {place}.",
    ),
    Reason.BUG: (
        "We made a mistake; the source is tried again in an hour.",
        "Please report what the log says of it.",
    ),
}
