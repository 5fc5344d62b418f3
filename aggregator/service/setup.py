"""The database in agreement with config.yaml: what everything else starts with."""

import hashlib
import logging
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from xxhash import xxh3_128_digest

from aggregator.config.reload import loses_too_much
from aggregator.config.sections import FetchSettings
from aggregator.config.settings import Settings, SourceSettings
from aggregator.errors import DatabaseError
from aggregator.outcome import Reason
from aggregator.store import claims, configuration, sources, stories
from aggregator.store.clock import clock_of
from aggregator.store.engine import open_engine, reading, upgrade
from aggregator.store.patience import Patience
from aggregator.store.sources import Listed

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=1)  # with a file that others have locked: it is better to start late than not at all


def open_store(settings: Settings, *, meant: bool = False) -> Engine:
    """The database, brought up to date and in agreement with config.yaml.

    meant  whether the file is put in force whatever it has lost: whoever starts the writing wing means what is there.
           For every other command a file that has lost more than half of its sources changes nothing.

    raises  DatabaseError
    """
    engine = open_engine(settings.database)
    upgrade(engine)
    if meant or not _lost_too_much(engine, settings):
        put_in_force(engine, settings, started=meant)
    return engine


def put_in_force(engine: Engine, settings: Settings, *, started: bool = True, mended: Collection[Reason] = ()) -> None:
    """Make the database agree with config.yaml.

    started  whether these are the settings that the writing wing goes by from now on
    mended   what sources may no longer fail for: those that did are due at once

    raises  DatabaseError
    """
    now = clock_of(engine)()

    def agree(connection: Connection) -> None:
        changed = sources.sync(connection, listed(settings), slugs(settings), now)
        stories.refile(connection, changed, now)
        claims.try_again(connection, mended, now)
        if started:
            configuration.put_in_force(connection, settings.digest, now)

    try:
        Patience(PATIENCE).write(engine, agree)
    except DBAPIError as error:
        held = "; another program holds it: try again when that has ended" if "locked" in str(error.orig) else ""
        raise DatabaseError(f"the database cannot be written: {error.orig}{held}") from error


def _lost_too_much(engine: Engine, settings: Settings) -> bool:
    with reading(engine) as connection:
        known = sources.addresses(connection)
    gone = tuple(known - {source.address for source in settings.sources})
    if loses_too_much(gone, len(known)):
        log.warning("changed nothing: config.yaml lost sources=%d of=%d; see `aggregator plan`", len(gone), len(known))
        return True
    return False


def slugs(settings: Settings) -> tuple[str, ...]:
    """Every category that has a feed, and `all`."""
    return ("all", *(category.slug for category in settings.categories))


def listed(settings: Settings) -> tuple[Listed, ...]:
    """The sources of the file, each with all categories it counts for: its own, their ancestors, and `all`."""
    ancestors = {category.slug: _with_ancestors(category.slug) for category in settings.categories}
    return tuple(
        Listed(
            address=source.address,
            kind=source.kind,
            reading=xxh3_128_digest(repr((source.kind, dict(source.options), source.rules)).encode()),
            asking=_asking(source, settings),
            slugs=("all", *sorted({slug for own in source.categories for slug in ancestors[own]})),
        )
        for source in settings.sources
    )


def _asking(source: SourceSettings, settings: Settings) -> bytes:
    """A digest of how a source is asked for, from which nobody learns the secrets in its headers."""
    instances = settings.rsshub.instances if source.kind == "rsshub" else ()
    said = (source.allow_private, sorted(source.headers.items()), tuple(instances))
    return hashlib.blake2b(repr(said).encode(), digest_size=16).digest()


def mended(before: FetchSettings, now: FetchSettings) -> frozenset[Reason]:
    """What sources failed for that may not fail for it any more."""
    raised = {
        Reason.TIMEOUT: now.deadline > before.deadline,
        Reason.TOO_LARGE: now.max_body > before.max_body,
    }
    return frozenset(reason for reason, is_raised in raised.items() if is_raised)


def _with_ancestors(slug: str) -> tuple[str, ...]:
    parts = slug.split("/")
    return tuple("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
