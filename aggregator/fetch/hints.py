"""What the headers of an answer say about when to return, and which validators to keep. Pure.

Whatever a publisher writes there, nothing here raises: nonsense counts as not said. A validator is never understood,
only kept as the bytes that it came in and sent back.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from multidict import MultiMapping

from aggregator.outcome import Hints, Validators

Headers = MultiMapping[str]

LONGEST = timedelta(days=31)  # nobody may silence us for longer
MAX_VALIDATOR_BYTES = 4096
CLOCKS_DIFFER = timedelta(days=1)  # a server's clock may be in another time zone, not in another year

_SECONDS = re.compile(r"[0-9]{1,10}", re.ASCII)
_DIRECTIVE = re.compile(r'\s*([a-z0-9-]+)\s*(?:=\s*("[^"]*"|[^\s,"]*))?\s*(?:,|$)', re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def hints(headers: Headers, now: datetime) -> Hints:
    """How long the answer stays fresh: max-age less Age, or Expires less Date (RFC 9111 §4.2.1)."""
    fresh_for = _freshness(headers, now)
    return Hints(fresh_for=None if fresh_for is None else min(fresh_for, LONGEST))


def retry_after(headers: Headers, now: datetime) -> timedelta | None:
    """How long to wait (RFC 9110 §10.2.3); of several wishes the longest, None if none of them is one."""
    waits = [_wait(value.strip(), headers, now) for value in headers.getall("Retry-After", ())]
    said = [wait for wait in waits if wait is not None]
    return min(max(said), LONGEST) if said else None


def received(headers: Headers, url: str) -> Validators:
    """The validators of a complete answer from `url`: those that it carries, and no others."""
    return Validators(url=url, etag=_validator(headers, "ETag"), last_modified=_validator(headers, "Last-Modified"))


def refreshed(known: Validators, headers: Headers) -> Validators:
    """The validators after a 304: what it carries replaces what we had, the rest stays (RFC 9111 §4.3.4)."""
    new = received(headers, known.url or "")
    if new.etag is None and new.last_modified is None:
        return known
    return Validators(
        url=known.url,
        etag=known.etag if new.etag is None else new.etag,
        last_modified=known.last_modified if new.last_modified is None else new.last_modified,
    )


def sendable(value: bytes) -> bool:
    """Whether a value can stand in a header: obs-text may (RFC 9110 §5.5), control characters and books may not."""
    return 0 < len(value) <= MAX_VALIDATOR_BYTES and not _CONTROL.search(value)


def _validator(headers: Headers, name: str) -> bytes | None:
    text = headers.get(name)
    if text is None:
        return None
    value = text.encode("utf-8", "surrogateescape")  # the way aiohttp made it a text
    return value if sendable(value) else None


def _freshness(headers: Headers, now: datetime) -> timedelta | None:
    said = _cache_control(headers)
    if "no-cache" in said or "no-store" in said:
        return None
    max_age = _seconds(said.get("max-age", ""))
    if max_age is not None:
        age = _seconds(headers.get("Age", "").strip()) or timedelta()
        return max(max_age - age, timedelta())
    expires = http_date(headers.get("Expires", ""))
    return None if expires is None else max(expires - _their_now(headers, now), timedelta())


def _cache_control(headers: Headers) -> dict[str, str]:
    """The directives, of each the first (RFC 9111 §4.2.1). `no-cache="set-cookie"` speaks of that field alone."""
    said: dict[str, str] = {}
    for match in _DIRECTIVE.finditer(", ".join(headers.getall("Cache-Control", ()))[:4096]):
        name, value = match[1].lower(), match[2] or ""
        if not (name == "no-cache" and value):
            said.setdefault(name, value.strip('"'))
    return said


def _wait(value: str, headers: Headers, now: datetime) -> timedelta | None:
    seconds = _seconds(value)
    if seconds is not None:
        return seconds
    until = http_date(value)
    if until is None:
        return None
    wait = until - _their_now(headers, now)
    return wait if wait > timedelta() else None


def _their_now(headers: Headers, now: datetime) -> datetime:
    """The server's clock, if it is a clock: what it says is relative to that."""
    theirs = http_date(headers.get("Date", ""))
    return theirs if theirs is not None and abs(theirs - now) < CLOCKS_DIFFER else now


def _seconds(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if _SECONDS.fullmatch(text) else None


def http_date(text: str) -> datetime | None:
    """Read a date in one of HTTP's three forms (RFC 9110 §5.6.7); None if it is none."""
    if not 8 < len(text) < 64 or not text.isascii():
        return None
    try:
        instant = parsedate_to_datetime(text)
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
