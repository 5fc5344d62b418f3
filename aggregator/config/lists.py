"""Lists of subscriptions that belong to config.yaml (`include:`): which there are, and the sources that they bring.

Here they are only read: a file of this machine, or the last good copy of what was fetched (`ingest.lists` does that).
So reading the settings asks nobody, and a list that cannot be had takes nothing away. What a list says is never trusted
with more than an address on the web: no files, no variables of the environment.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
from xxhash import xxh3_128_hexdigest

from aggregator.config.places import Place
from aggregator.config.settings import ListSettings
from aggregator.config.shapes import IncludeOptions
from aggregator.config.slugs import parts, slug
from aggregator.errors import Problem
from feeds import opml
from feeds.errors import FeedError
from feeds.kinds import KINDS

FOLDER = Path("var", "lists")
CATEGORY = "Included"  # of feeds that are in no folder, where the file names no category
EVERY = timedelta(hours=24)
LARGEST = 15 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A source that a list brings: its address, and the path of the category that it stands in."""

    address: str
    path: tuple[str, ...]


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of fetching a list: when that was, the validators of the copy, why there is no newer one."""

    tried_at: float = 0.0
    etag: bytes | None = None
    last_modified: bytes | None = None
    trouble: str | None = None


def settle(item: str | IncludeOptions, folder: Path, place: Place) -> ListSettings | Problem:
    """One list of the file."""
    said: IncludeOptions = {"list": item} if isinstance(item, str) else item
    written, category = said["list"].strip(), said.get("category")
    try:
        slug(parts(category or CATEGORY))
        address = KINDS["feed"].address(written) if "://" in written else None
    except ValueError as error:
        return place.problem(str(error))
    copy = folder / FOLDER / f"{xxh3_128_hexdigest(written.encode())}.opml" if address else folder / written
    return ListSettings(
        address=address, copy=copy, category=category, every=said.get("every", EVERY), line=place.key.line
    )


def read(one: ListSettings) -> tuple[tuple[Brought, ...], str | None]:
    """What a list brings, and what is wrong with it; None if nothing is."""
    trouble = fetched(one).trouble if one.address else None
    try:
        if one.copy.stat().st_size > LARGEST:
            return (), f"the list {one.copy} is too large"
        body = one.copy.read_bytes()
        return tuple(brought(body, one.category)), trouble and f"{trouble}; its last copy is used"
    except FeedError as error:
        return (), str(error)
    except OSError as error:
        reason = trouble or "it was not fetched yet"
        return (), reason if one.address else f"the list {one.copy} cannot be read: {error.strerror}"


def brought(body: bytes, category: str | None) -> Iterator[Brought]:
    """The sources of a list, those left out that are no addresses on the web.

    raises  FeedError
    """
    for one in opml.read(body).subscriptions:
        above = parts(category) if category else ()
        path = (*above, *(name.replace("/", "-") for name in one.path)) or (CATEGORY,)
        with suppress(ValueError):
            path = parts("/".join(path))
            slug(path)
            yield Brought(address=KINDS["feed"].address(one.url), path=path)


def fetched(one: ListSettings) -> Fetched:
    """What is remembered of fetching it."""
    try:
        return msgspec.json.decode(note_of(one).read_bytes(), type=Fetched)
    except (OSError, msgspec.DecodeError):
        return Fetched()


def note_of(one: ListSettings) -> Path:
    """The file beside the copy where that is remembered."""
    return one.copy.with_suffix(".json")


def digest(body: bytes, lists: tuple[ListSettings, ...]) -> str:
    """A digest of config.yaml together with its lists."""
    if not lists:
        return xxh3_128_hexdigest(body)
    return xxh3_128_hexdigest(b"\0".join((body, *(part for one in lists for part in _parts(one)))))


def _parts(one: ListSettings) -> tuple[bytes, bytes]:
    trouble = (fetched(one).trouble or "").encode()  # not when it was tried, which is no news
    try:
        return one.copy.read_bytes(), trouble
    except OSError:
        return b"", trouble
