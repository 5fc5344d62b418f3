"""How the sources are, and what an operator should know besides."""

from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config.lookup import known_source
from aggregator.config.settings import Settings
from aggregator.errors import Problem
from aggregator.ingest.worker import utc_now
from aggregator.publish.status import Status, status
from aggregator.store import configuration, floods, health, views
from aggregator.store.engine import open_engine, reading
from feeds.parse import expat


def status_of(engine: Engine, settings: Settings, *, only: str | None = None) -> Status:
    """How the sources are, or the one that `only` names.

    raises  UnknownSource
    """
    only = known_source(only, settings) if only else None
    with reading(engine) as connection:
        healths = [one for one in health.health(connection) if only in (None, one.address)]
        everything = views.category_states(connection).get("all")
        config = configuration.state(connection)
        held = [one for one in floods.held(connection) if only in (None, one.address)]
    published = everything.stories if everything else 0
    return status(settings, healths, utc_now(), stories=published, floods=held, config=config)


def moved(settings: Settings) -> tuple[Problem, ...]:
    """The sources that were found to have moved for good, with the line to edit; none where nothing was fetched yet."""
    file = make_url(settings.database).database
    if settings.database.startswith("sqlite") and not (file and Path(file).exists()):
        return ()
    engine = open_engine(settings.database)
    try:
        found = status_of(engine, settings)
    except SQLAlchemyError:
        return ()  # the database is not ours yet, or not to be reached: `run` says so
    finally:
        engine.dispose()
    return tuple(
        Problem(message=f"has moved for good to {one.moved_to}; edit this line", line=one.line)
        for one in found.sources
        if one.moved_to and one.line
    )


def notes() -> tuple[str, ...]:
    """What is worth knowing of this machine, and no fault of config.yaml."""
    return tuple(filter(None, (expat.advice(),)))
