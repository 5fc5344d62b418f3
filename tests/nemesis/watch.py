"""Looks on while a run goes on: the database in consistent views, the published feeds as a reader gets them."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import TracebackType

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from aggregator.store.schema import sightings, sources, stories
from tests.nemesis.history import Held, History, Published, Shown, Snapshot, Stored
from tests.nemesis.publishers import VERSION, token_of

LIMIT = 500
SECONDS = 10.0  # that an answer of our server may take while its database is down


class Watch:
    """`with Watch(look, every=0.5):` looks again and again until the block ends."""

    def __init__(self, look: Callable[[], object], *, every: float) -> None:
        self._look = look
        self._every = every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(2 * SECONDS)

    def _run(self) -> None:
        while not self._end.wait(self._every):
            self._look()


def snapshot(engine: Engine, history: History) -> bool:
    """Look at the database; False if it could not be read."""
    at = time.monotonic()
    level = "SERIALIZABLE" if engine.dialect.name == "sqlite" else "REPEATABLE READ"
    try:
        with engine.connect().execution_options(isolation_level=level) as connection, connection.begin():
            held = connection.execute(select(sources.c.address, sources.c.etag, sources.c.body_digest)).all()
            rows = connection.execute(_ROWS).all()
            uuids = connection.scalars(select(stories.c.uuid)).all()
    except SQLAlchemyError:
        return False
    history.snapshots.append(
        Snapshot(
            at=at,
            sources={row.address: Held(etag=row.etag, digest=row.body_digest) for row in held},
            rows=tuple(
                Stored(source=row.address, guid=row.guid, version=_version(row.html), story=row.uuid and str(row.uuid))
                for row in rows
            ),
            stories=frozenset(map(str, uuids)),
        )
    )
    return True


_ROWS = (
    select(sources.c.address, sightings.c.guid, sightings.c.html, stories.c.uuid)
    .join(sources, sources.c.id == sightings.c.source_id)
    .outerjoin(stories, stories.c.id == sightings.c.story_id)
    .order_by(sightings.c.id)
)


def _version(html: str) -> int:
    found = VERSION.search(html)
    return int(found[1]) if found else -1


def read(site: str, feed: str, history: History) -> bool:
    """Read one published feed; False if nobody answered."""
    at = time.monotonic()
    entries: tuple[Shown, ...] = ()
    try:
        with urllib.request.urlopen(f"{site}/feeds/{feed}.json?limit={LIMIT}", timeout=SECONDS) as answer:
            status, body = answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        status = error.code
    except (OSError, ValueError):  # it was killed, in the middle of an answer perhaps
        return False
    else:
        entries = tuple(
            Shown(id=item["id"], token=token_of(item["title"]), published=item["date_published"])
            for item in body["items"]
        )
    history.published.append(Published(at=at, feed=feed, status=status, entries=entries, limit=LIMIT))
    return True
