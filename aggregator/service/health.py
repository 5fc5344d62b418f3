"""How the sources are, and what an operator should know besides."""

from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config.lookup import known_source
from aggregator.config.settings import Settings
from aggregator.errors import Problem
from aggregator.publish.status import Overview, SourceStatus, described, overview
from aggregator.store import configuration, floods, health, transitions, unstored, views
from aggregator.store.clock import clock_of
from aggregator.store.engine import open_engine, reading
from feeds.parse import expat


def status_of(
    engine: Engine, settings: Settings, *, only: str | None = None
) -> tuple[Overview, tuple[SourceStatus, ...]]:
    """How all is at a glance, and the sources in full, the worst first; or the one that `only` names.

    raises  UnknownSource
    """
    only, now = known_source(only, settings) if only else None, clock_of(engine)()
    with reading(engine) as connection:
        everything = views.category_states(connection).get("all")
        found = overview(
            settings,
            (one for one in health.glances(connection) if only in (None, one.address)),
            now,
            stories=everything.stories if everything else 0,
            offline_since=transitions.offline_since(connection),
            config=configuration.state(connection),
            unstored=unstored.noted(engine),
            floods=(one for one in floods.held(connection) if only in (None, one.address)),
        )
        healths = health.health(connection, [one.source.id for one in found.sources])
    return found, described(settings, healths, found.floods, now)


def moved(settings: Settings) -> tuple[Problem, ...]:
    """The sources that were found to have moved for good, with the line to edit; none where nothing was fetched yet."""
    file = make_url(settings.database).database
    if settings.database.startswith("sqlite") and not (file and Path(file).exists()):
        return ()
    engine = open_engine(settings.database)
    try:
        _, found = status_of(engine, settings)
    except SQLAlchemyError:
        return ()  # the database is not ours yet, or not to be reached: `run` says so
    finally:
        engine.dispose()
    return tuple(
        Problem(message=f"has moved for good to {one.moved_to}; edit this line", line=one.line)
        for one in found
        if one.moved_to and one.line
    )


def notes() -> tuple[str, ...]:
    """What is worth knowing of this machine, and no fault of config.yaml."""
    return tuple(filter(None, (expat.advice(),)))
