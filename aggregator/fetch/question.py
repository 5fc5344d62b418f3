"""What we say to a host: the request's head, byte for byte.

We send what is needed and nothing else: no Referer, no Cookie, no Cache-Control. Credentials and a source's own
headers go to the origin that they were written for, and validators to the address that they came from: a redirect
elsewhere gets neither.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from aggregator.errors import FetchError
from aggregator.fetch.address import Address
from aggregator.fetch.hints import sendable
from aggregator.outcome import Reason, Validators

ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    b"application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
OURS = frozenset(
    b"host connection content-length transfer-encoding te upgrade expect accept-encoding range a-im "
    b"if-none-match if-modified-since if-match if-unmodified-since if-range".split()
)

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One fetch, whichever addresses it leads to.

    at_home    the header lines for the origin of the configured address
    elsewhere  those for any other
    """

    home: Address
    at_home: bytes
    elsewhere: bytes
    validators: Validators

    def conditional(self, address: Address) -> bool:
        """Whether we ask this address for what is new only."""
        known = self.validators
        return known.url == address.url and any(map(_usable, (known.etag, known.last_modified)))

    def asks_delta(self, address: Address) -> bool:
        """Whether an answer with the new entries alone would do (RFC 3229); it needs an ETag to count from."""
        return self.validators.url == address.url and _usable(self.validators.etag)

    def head(self, address: Address) -> bytes:
        """The request line and the headers for one address."""
        lines = self.at_home if address.origin == self.home.origin else self.elsewhere
        head = f"GET {address.target} HTTP/1.1\r\nHost: {address.authority}\r\n".encode("ascii") + lines
        known = self.validators
        if known.url == address.url:
            if known.etag is not None and _usable(known.etag):
                head += b"If-None-Match: " + known.etag + b"\r\nA-IM: feed\r\n"
            if known.last_modified is not None and _usable(known.last_modified):
                head += b"If-Modified-Since: " + known.last_modified + b"\r\n"
        return head + b"\r\n"


def ask_for(
    home: Address, user_agent: str, headers: Mapping[str, str], validators: Validators, *, accept: bytes = ACCEPT
) -> Question:
    """Prepare a fetch. FetchError if a header of the source cannot be sent."""
    ours = _ours(user_agent, accept)
    its = {b"authorization": b"Authorization: " + home.authorization} if home.authorization else {}
    its.update(map(_line, headers.items()))
    elsewhere = _lines(ours)
    at_home = _lines({**ours, **its}) if its else elsewhere
    return Question(home=home, at_home=at_home, elsewhere=elsewhere, validators=validators)


@lru_cache(maxsize=16)  # the same for every source
def _ours(user_agent: str, accept: bytes) -> Mapping[bytes, bytes]:
    return {
        b"user-agent": b"User-Agent: " + user_agent.encode("latin-1", "replace"),
        b"accept": b"Accept: " + accept,
        b"accept-encoding": b"Accept-Encoding: gzip",
    }


def _lines(headers: Mapping[bytes, bytes]) -> bytes:
    return b"".join(line + b"\r\n" for line in headers.values())


def _line(header: tuple[str, str]) -> tuple[bytes, bytes]:
    """A header as it is sent, under its name in lower case. The value may be a secret: no message shows it."""
    try:
        name, value = (part.strip().encode("latin-1") for part in header)
    except UnicodeEncodeError as error:
        raise _unusable(header[0], "has characters that no header can carry") from error
    if not _TOKEN.fullmatch(name):
        raise _unusable(header[0], "is no name of a header")
    if name.lower() in OURS:
        raise _unusable(header[0], "is ours to set")
    if not sendable(value):
        raise _unusable(header[0], "is empty, too long, or has characters that no header can carry")
    return name.lower(), name + b": " + value


def _unusable(name: str, why: str) -> FetchError:
    return FetchError(Reason.ADDRESS, f"the header {name[:80]!r} of this source {why}; see `headers`")


def _usable(value: bytes | None) -> bool:
    return value is not None and sendable(value)
