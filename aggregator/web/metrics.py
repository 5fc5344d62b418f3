"""`/metrics`, `/readyz`, `/healthz`: for machines. docs/operations/metrics.md explains every metric.

What the whole service has done is read from the database when somebody asks, so it is the same from every process, and
survives restarts; what this process does is counted here. No metric has a label for each source: with 50,000 sources
that would be 50,000 series. Who may ask is `access`'s business.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from importlib.metadata import version

from flask import Blueprint, Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config.settings import Settings
from aggregator.outcome import Reason
from aggregator.publish.health import State
from aggregator.publish.status import Overview
from aggregator.store import days, figures, unstored, wal
from aggregator.store.days import Tally
from aggregator.store.engine import current_version, newest_version, reading
from aggregator.store.files import file_of
from aggregator.web.responses import Answer, plain
from aggregator.web.status import gather

PREFIX = "aggregator"
OTHER = "other"  # requests for what there is not


class Answered:
    """What this process has answered, by route and by the first digit of the status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counter = Counter(
            f"{PREFIX}_http_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )

    def count(self, route: str, status: int) -> None:
        """One more."""
        self._counter.labels(route, f"{status // 100}xx").inc()


def machines(
    app: Flask,
    settings: Settings,
    engine: Engine,
    clock: Callable[[], datetime],
    answered: Answered,
    ending: Callable[[], bool],
) -> Blueprint:
    """The routes for machines; and the app counts what it answers from now on.

    ending  whether this process was told to end
    """
    routes = Blueprint("machines", __name__)
    registry = answered.registry
    registry.register(Service(settings, engine, clock))
    ProcessCollector(registry=registry)

    @app.after_request
    def count(response: Response) -> Response:
        answered.count(request.endpoint or OTHER, response.status_code)
        return response

    @routes.get("/metrics")
    def metrics() -> Response:
        headers = {"Cache-Control": "no-store"}
        return Answer(generate_latest(registry), headers=headers, content_type=CONTENT_TYPE_PLAIN_0_0_4)

    @routes.get("/healthz")
    def alive() -> Response:
        return plain("ok")

    @routes.get("/readyz")
    def ready() -> Response:
        trouble = "this process ends" if ending() else not_ready(engine)
        return plain(trouble or "ready", 503 if trouble else 200)

    return routes


def not_ready(engine: Engine) -> str | None:
    """Why nothing should be asked of us now; None if all may."""
    try:
        schema = current_version(engine)
    except SQLAlchemyError:
        return "the database cannot be read"
    return None if schema == newest_version() else "the database is being brought up to date"


class Service(Collector):
    """The whole service, as the database has it."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._engine = engine
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry must not ask the database when it is made."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every figure; without the database, only that it is not there."""
        try:
            with reading(self._engine) as connection:
                found = gather(self._settings, connection, self._clock())
                pending, tally = figures.pending(connection), days.total(connection)
                schema = current_version(self._engine)
        except SQLAlchemyError:
            yield _gauge("database_up", "Whether the database can be read.", 0)
            return
        yield _gauge("database_up", "Whether the database can be read.", 1)
        facts = {"version": version("feed-aggregator"), "schema": schema or "", "database": self._engine.dialect.name}
        yield InfoMetricFamily(f"{PREFIX}_build", "What runs here.", facts)
        yield from _of_sources(found)
        yield from _of_polls(tally)
        yield from _of_the_store(found, pending)
        yield from _of_the_file(self._engine)


def _of_sources(found: Overview) -> Iterator[Metric]:
    states = GaugeMetricFamily(f"{PREFIX}_sources", "Sources, by how they are.", labels=["state"])
    for state in State:
        states.add_metric([state.value], found.counts.get(state, 0))
    yield states
    failing = GaugeMetricFamily(f"{PREFIX}_sources_last_failed", "Sources whose last fetch failed.", labels=["reason"])
    reasons = [one.source.reason for one in found.sources]
    for reason in Reason:
        failing.add_metric([reason.value], reasons.count(reason))
    yield failing
    yield _gauge(
        "sources_needing_attention", "Sources that the operator can do something about.", found.needing_attention
    )
    yield _gauge("sources_moved", "Sources that moved for good; config.yaml should be edited.", found.moved)
    yield _gauge("sources_overdue", "Sources that were due more than an hour ago.", found.overdue)
    yield _gauge("degraded", "Whether the service itself has trouble.", found.health != "ok")
    yield _gauge("storing_fails", "Whether nothing can be stored: the disk is full.", found.unstored is not None)
    yield _gauge("offline", "Whether nothing at all can be reached from here.", found.offline_since is not None)
    yield _gauge(
        "config_refused", "Whether config.yaml, as it is now, cannot be put in force.", bool(found.config.problems)
    )
    yield _gauge("config_warnings", "What is odd about the config.yaml that is in force.", len(found.warnings))
    yield _gauge("floods_held", "Floods that wait for a decision.", len(found.floods))


def _of_polls(tally: Tally) -> Iterator[Metric]:
    polls = CounterMetricFamily(f"{PREFIX}_polls", "Polls that ended.", labels=["outcome"])
    for outcome in ("updated", "unchanged", "failed"):
        polls.add_metric([outcome], getattr(tally, outcome))
    yield polls
    yield _counter("items", "Items that were new.", tally.added)
    yield _counter("received_bytes", "Bytes that came over the wire.", tally.wire_bytes)
    yield _counter("poll_seconds", "Seconds that polls took, all of them together.", tally.milliseconds / 1000)


def _of_the_store(found: Overview, pending: int) -> Iterator[Metric]:
    yield _gauge("stories", "Stories that are published.", found.stories or 0)
    yield _gauge("sightings_pending", "Items that wait to be merged.", pending)
    yield _gauge(
        "sources_due", "Sources that are due now.", sum(one.source.next_fetch_at <= found.at for one in found.sources)
    )
    last = max((one.source.last_fetch_at for one in found.sources if one.source.last_fetch_at), default=None)
    yield _gauge("last_poll_timestamp_seconds", "When the last poll ended.", last.timestamp() if last else 0)


def _of_the_file(engine: Engine) -> Iterator[Metric]:
    """How large a SQLite database is, and how much room it has; nothing of PostgreSQL, which tells itself."""
    file = file_of(engine.url)
    if file is None:
        return
    yield _gauge("database_bytes", "Size of the database.", file.stat().st_size if file.exists() else 0)
    yield _gauge("database_wal_bytes", "Size of its write-ahead log.", wal.size(engine))
    yield _gauge("database_free_bytes", "Room on its disk.", unstored.room(file.parent))


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value=float(value))


def _counter(name: str, about: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"{PREFIX}_{name}", about, value=float(value))
