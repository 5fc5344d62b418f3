"""What an HTTP status other than success means for a source. Pure; redirects and 304 are `client`'s.

A page with an error is never read: all that it can tell is in its head.
"""

from datetime import datetime

from aggregator.errors import FetchError
from aggregator.fetch.hints import Headers, retry_after
from aggregator.outcome import Reason

COMPLETE = frozenset({200, 203})

_REASONS = {
    401: Reason.DENIED,
    402: Reason.DENIED,
    403: Reason.DENIED,
    404: Reason.MISSING,
    406: Reason.DENIED,
    410: Reason.GONE,
    415: Reason.DENIED,
    429: Reason.RATE_LIMITED,
    451: Reason.DENIED,
}


def carries_feed(status: int, headers: Headers, *, delta_asked: bool) -> bool:
    """Whether an answer of this status has the document, or with 226 the new part of it that was asked for
    (RFC 3229 §10.4)."""
    if status == 226:
        manipulations = ",".join(headers.getall("IM", ())).lower().split(",")
        return delta_asked and "feed" in (name.partition(";")[0].strip() for name in manipulations)
    return status in COMPLETE


def refused(status: int, headers: Headers, now: datetime) -> FetchError:
    """The error that a status is."""
    wait = retry_after(headers, now) if status in (429, 503) else None
    detail = f"the host answered with status {status}"
    if headers.get("cf-mitigated", "").strip().lower() == "challenge":
        return FetchError(Reason.CHALLENGE, f"{detail}, a bot check", status=status, retry_after=wait)
    if status == 503 and wait is not None:
        return FetchError(Reason.RATE_LIMITED, detail, status=status, retry_after=wait)
    reason = _REASONS.get(status, Reason.SERVER_ERROR if 500 <= status <= 599 else Reason.STATUS)
    return FetchError(reason, detail, status=status, retry_after=wait)
