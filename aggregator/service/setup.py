"""The database in agreement with config.yaml: what everything else starts with."""

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from xxhash import xxh3_128_digest

from aggregator.config.settings import Settings
from aggregator.errors import DatabaseError
from aggregator.ingest.worker import utc_now
from aggregator.store import sources, stories
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.store.sources import Listed


def open_store(settings: Settings) -> Engine:
    """The database, brought up to date and in agreement with config.yaml.

    raises  DatabaseError
    """
    engine = open_engine(settings.database)
    upgrade(engine)
    now = utc_now()
    try:
        with writing(engine) as connection:
            changed = sources.sync(connection, listed(settings), slugs(settings), now)
            stories.refile(connection, changed, now)
    except DBAPIError as error:
        raise DatabaseError(f"the database cannot be written: {error.orig}") from error
    return engine


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
            slugs=("all", *sorted({slug for own in source.categories for slug in ancestors[own]})),
        )
        for source in settings.sources
    )


def _with_ancestors(slug: str) -> tuple[str, ...]:
    parts = slug.split("/")
    return tuple("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
