"""Fetches the lists of subscriptions that config.yaml includes, and keeps the last good copy of each.

As polite and as guarded as every fetch: conditional, not more often than `every` and `fetch.floor`, after a failure
once an hour. A list that cannot be had, cannot be read, is empty or has lost more than half of its subscriptions
changes nothing but what is said about it. Whoever reads the settings finds the copy (`config.lists`).
"""

import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from aggregator.config.lists import LARGEST, Fetched, brought, fetched, note_of
from aggregator.config.redaction import redacted
from aggregator.config.settings import ListSettings, Settings
from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request, Response
from aggregator.logs import fields
from aggregator.outcome import Validators
from feeds.errors import FeedError

log = logging.getLogger(__name__)

AFTER_A_FAILURE = timedelta(hours=1)
COPY_MODE = 0o640  # what is said of a list may hold its address, and that a secret
ACCEPT = b"text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"


class Getter(Protocol):
    """What fetches: `fetch.client.Client`."""

    async def get(self, request: Request) -> Response: ...


async def refresh(settings: Settings, now: datetime) -> int:
    """Fetch the lists that are due; returns how many have another copy now."""
    waiting = [one for one in settings.lists if one.address and due(one, fetched(one), settings, now)]
    if not waiting:
        return 0
    async with Client(settings.fetch, settings.user_agent) as client:
        return sum([await fetch_list(one, client, now) for one in waiting])


def due(one: ListSettings, known: Fetched, settings: Settings, now: datetime) -> bool:
    """Whether a list may be asked for, and should be. Pure."""
    wait = AFTER_A_FAILURE if known.trouble else one.every
    return now.timestamp() - known.tried_at >= max(wait, settings.fetch.floor).total_seconds()


async def fetch_list(one: ListSettings, client: Getter, now: datetime) -> bool:
    """Ask for a list; whether there is another copy now."""
    known, tried = fetched(one), now.timestamp()
    held = Validators(url=one.address, etag=known.etag, last_modified=known.last_modified)
    validators = held if one.copy.exists() else Validators()
    try:
        answer = await client.get(Request(url=str(one.address), validators=validators, accept=ACCEPT))
        if answer.status == 304:
            return _keep(one, None, msgspec.structs.replace(known, tried_at=tried, trouble=None))
        _require_better(one, answer.body)
    except (FetchError, FeedError, ValueError) as error:
        reason = _public(str(error), one)
        log.warning("kept the old list", extra=fields(line=one.line, reason=reason))
        tried += (getattr(error, "retry_after", None) or timedelta(0)).total_seconds()
        return _keep(one, None, msgspec.structs.replace(known, tried_at=tried, trouble=reason))
    given = answer.validators if answer.validators.url == one.address else Validators()
    log.info("fetched list", extra=fields(line=one.line, bytes=len(answer.body)))
    return _keep(one, answer.body, Fetched(tried_at=tried, etag=given.etag, last_modified=given.last_modified))


def _public(text: str, one: ListSettings) -> str:
    """What may be said of a list: not its address, which may hold a secret; its line in config.yaml names it."""
    return redacted(text.replace(str(one.address), "the list"), None)


def _require_better(one: ListSettings, body: bytes) -> None:
    """Refuse what is no list, or has lost too much.

    raises  FeedError, ValueError
    """
    new = len(tuple(brought(body, one.category)))
    old = len(tuple(brought(one.copy.read_bytes(), one.category))) if one.copy.exists() else 0
    if not new or len(body) > LARGEST:
        raise ValueError("the list has no subscriptions" if not new else "the list is too large")
    if 2 * new < old:
        raise ValueError(f"the list has {new} subscriptions, and had {old}; if that is meant, delete {one.copy}")


def _keep(one: ListSettings, body: bytes | None, note: Fetched) -> bool:
    """Write down what came of it, the copy first; a failure to write is logged, and tried again with the next fetch."""
    try:
        one.copy.parent.mkdir(parents=True, exist_ok=True)
        changed = body is not None and (not one.copy.exists() or one.copy.read_bytes() != body)
        if body is not None and changed:
            _write(one.copy, body)
        _write(note_of(one), msgspec.json.encode(note))
    except OSError as error:
        log.error("could not keep the list", extra=fields(line=one.line, file=str(one.copy), error=error.strerror))
        return False
    return changed


def _write(file: Path, body: bytes) -> None:
    beside = file.with_name(f".{file.name}.new")
    with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, COPY_MODE)) as copy:
        copy.write(body)
    beside.replace(file)
