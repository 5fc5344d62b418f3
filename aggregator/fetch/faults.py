"""Every way in which a request can fail below HTTP, as a FetchError with its Reason.

The order of the questions matters: aiohttp's exceptions inherit from each other and from OSError and ValueError.
"""

import os
import ssl

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from aggregator.errors import FetchError
from aggregator.fetch.guard import Blocked
from aggregator.outcome import Reason

EXPECTED = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)  # ssl's and Unicode's errors are among them
LOST = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError)
MAX_DETAIL = 200

_REASONS: tuple[tuple[type[Exception], Reason, str], ...] = (
    (Blocked, Reason.BLOCKED_ADDRESS, ""),
    (aiohttp.ClientConnectorCertificateError, Reason.TLS, "the certificate cannot be trusted"),
    (aiohttp.ClientSSLError, Reason.TLS, "no secure connection"),
    (ssl.SSLError, Reason.TLS, "no secure connection"),
    (aiohttp.ClientConnectorDNSError, Reason.DNS, "the host name cannot be looked up"),
    (aiohttp.ClientConnectorError, Reason.CONNECT, "no connection"),
    (aiohttp.ServerDisconnectedError, Reason.CONNECT, "the host closed the connection without an answer"),
    (aiohttp.ClientPayloadError, Reason.TRUNCATED, "the answer ends before it is complete"),
    (HttpProcessingError, Reason.PROTOCOL, "the answer is not HTTP"),
    (aiohttp.InvalidURL, Reason.ADDRESS, "the address cannot be used"),
    (TimeoutError, Reason.TIMEOUT, "no answer in time"),
    (OSError, Reason.CONNECT, "the connection was lost"),
    (aiohttp.ClientError, Reason.CONNECT, "the connection was lost"),
    (ValueError, Reason.PROTOCOL, "the answer is not HTTP"),
)


def fault(error: Exception, *, status: int | None = None, in_body: bool = False) -> FetchError:
    """What an exception of the network means.

    in_body  whether the head of the answer had come: then a lost connection is a cut answer
    """
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    found = inner if isinstance(inner, Blocked) else error
    reason, what = next((reason, what) for kind, reason, what in _REASONS if isinstance(found, kind))
    if in_body and reason is Reason.CONNECT:
        reason, what = Reason.TRUNCATED, "the connection was lost before the answer was complete"
    printable = "".join(letter if letter.isprintable() else " " for letter in _cause(inner)[:MAX_DETAIL])
    cause = " ".join(printable.split()).removesuffix(" ^")  # with which a parser points into the line above
    return FetchError(reason, f"{what}: {cause}" if what and cause else what or cause, status=status)


def _cause(error: Exception) -> str:
    """What an exception adds to the sentence; some only quote aiohttp's insides."""
    if isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError)):
        return ""
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)  # not "[Errno 111] Connect call failed ('192.0.2.1', 443)"
    return error.message if isinstance(error, HttpProcessingError) else str(error)
