"""Puts the wings together and keeps them going: once, for ever, or both in one command.

`run` is `serve` in a process of its own beside `ingest` in this one, so that a busy parser never keeps a reader
waiting. Everything that is started here is ended here.
"""

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from xxhash import xxh3_128_digest

from aggregator.config.lookup import source_at
from aggregator.config.settings import Settings, SourceSettings
from aggregator.config.values import Listen
from aggregator.dedup.merge import Merged, Merger
from aggregator.errors import AggregatorError, DatabaseError, Problem
from aggregator.fetch import files
from aggregator.fetch.client import Client, Request, Response
from aggregator.ingest.child import Document, Originals
from aggregator.ingest.parser import Parser
from aggregator.ingest.pipeline import seen
from aggregator.ingest.worker import Polled, Worker, utc_now
from aggregator.jobs import schedule
from aggregator.outcome import Validators
from aggregator.publish.status import Status, status
from aggregator.store import floods, health, sightings, sources, stories, views
from aggregator.store.engine import open_engine, reading, upgrade, writing
from aggregator.store.sources import Listed
from feeds import discover
from feeds.errors import NotAFeed
from feeds.fingerprint import fingerprint
from feeds.kinds import KINDS
from feeds.model import Feed
from feeds.parse import expat

log = logging.getLogger(__name__)

SERVER_GRACE_SECONDS = 5.0
CONFIG_NAME = "config.yaml"
RECLEANED_AT_ONCE = 200  # entries: 0.1 s of work, so that the database is never kept from others for long


class ServerEnded(AggregatorError):
    """The web server ended by itself; it has said why."""


class AddressTaken(AggregatorError):
    """The address to listen at is in use, or not of this machine."""


class UnknownSource(AggregatorError):
    """An address was given that config.yaml does not list."""


def open_store(settings: Settings) -> Engine:
    """The database, brought up to date and in agreement with config.yaml.

    raises  DatabaseError
    """
    engine = open_engine(settings.database)
    upgrade(engine)
    now = utc_now()
    with writing(engine) as connection:
        changed = sources.sync(connection, listed(settings), slugs(settings), now)
        stories.refile(connection, changed, now)
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


def status_of(engine: Engine, settings: Settings, *, only: str | None = None) -> Status:
    """How the sources are, or the one that `only` names.

    raises  UnknownSource
    """
    only = _known(settings, only)
    with reading(engine) as connection:
        healths = [one for one in health.health(connection) if only in (None, one.address)]
        everything = views.category_states(connection).get("all")
        held = [one for one in floods.held(connection) if only in (None, one.address)]
    return status(settings, healths, utc_now(), stories=everything.stories if everything else 0, floods=held)


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


def _known(settings: Settings, address: str | None) -> str | None:
    """The identity of the source that an address is meant to be; None for none.

    raises  UnknownSource
    """
    if address is None:
        return None
    if source := source_at(address, settings):
        return source.address
    raise UnknownSource(f"{address} is not among the sources of {settings.file}; `aggregator status` lists them")


def due(engine: Engine, settings: Settings, *, only: str | None, force: bool) -> int:
    """How many sources are due; with `force`, all are (or the one that `only` names), unless a host asked us to wait.

    raises  UnknownSource
    """
    only = _known(settings, only)
    now = utc_now()
    with writing(engine) as connection:
        if force:
            sources.make_due(connection, now, address=only)
        return sources.count_due(connection, now) if only is None else 1


async def ingest_once(
    engine: Engine, settings: Settings, *, only: str | None = None, watch: Callable[[Polled], None] = lambda _: None
) -> tuple[int, Merged]:
    """Poll all that is due, merge, and return: (polls, what the merge did). SIGTERM ends it early, cleanly.

    raises  UnknownSource; DatabaseError, when the database fails on the way: what was committed stays, the rest is due
    """
    try:
        async with Worker(engine, settings, only=_known(settings, only), watch=watch) as worker:
            _on_signals(worker.stop)
            polls = await worker.drain()
            merger = Merger(settings.dedup, settings.sources)
            merged = await worker.writer.call(lambda: merger.run(engine, utc_now()))
    except DBAPIError as error:
        raise DatabaseError(f"the database failed: {error.orig}; run it again when that is mended") from error
    return polls, merged


async def ingest_forever(engine: Engine, settings: Settings, *, server: Process | None = None) -> None:
    """Poll, merge and tidy by the clock until SIGTERM or Ctrl-C, or until the server beside us ends.

    raises  ServerEnded
    """
    stop = asyncio.Event()
    async with Worker(engine, settings) as worker:
        _on_signals(stop.set)
        scheduler = schedule(worker, engine, settings, utc_now)
        scheduler.start()
        log.info("ingesting sources=%d", len(settings.sources))
        ends = [asyncio.create_task(stop.wait()), *([asyncio.create_task(server.wait())] if server else [])]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        worker.stop()
        scheduler.shutdown(wait=False)
    for task in ends:
        task.cancel()
    if server is not None and not stop.is_set():
        raise ServerEnded(f"the web server ended by itself, with exit code {server.returncode}")


async def reclean(engine: Engine, settings: Settings, *, watch: Callable[[int], None] = lambda _: None) -> int:
    """Clean all that is kept again from what it was before cleaning; returns how many entries came out otherwise.

    In batches, each whole in itself: one that is ended half way has done what it has done, and can be run again.

    watch   is told of every batch, how many entries it had
    """
    changed, last = 0, 0
    async with Parser() as parser:
        while True:
            with reading(engine) as connection:
                batch = sightings.originals(connection, after=last, limit=RECLEANED_AT_ONCE)
            if not batch:
                break
            entries = await parser.reclean(Originals(tuple(kept.original for kept in batch)))
            cleaned = [
                (kept, seen(entry, kept.original, fingerprint(entry, site=kept.site)))
                for kept, entry in zip(batch, entries, strict=True)
                if entry is not None
            ]
            with writing(engine) as connection:
                changed += sightings.reclean(connection, cleaned)
            last = batch[-1].id
            watch(len(batch))
    Merger(settings.dedup, settings.sources).run(engine, utc_now())
    return changed


def _on_signals(act: Callable[[], None]) -> None:
    """The first SIGTERM or Ctrl-C acts; a second one ends the process at once."""
    loop = asyncio.get_running_loop()

    def once() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        act()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, once)


async def run(engine: Engine, settings: Settings) -> None:
    """Ingest here and serve in a process beside, until told to stop.

    raises  ServerEnded
    """
    command = (sys.executable, "-m", "aggregator", "--config", str(settings.file), "serve", "--attached")
    server = await asyncio.create_subprocess_exec(*command, start_new_session=True)
    try:
        await ingest_forever(engine, settings, server=server)
    finally:
        await _end(server)


async def require_free(listen: Listen) -> None:
    """Make sure that nobody listens at an address: the server would share it silently (SO_REUSEPORT).

    raises  AddressTaken
    """
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, listen.host, listen.port)
    except OSError as error:
        raise AddressTaken(
            f"cannot listen at {listen}: {os.strerror(error.errno or 0)}; see `listen:` in config.yaml"
        ) from error
    server.close()
    await server.wait_closed()


async def _end(server: Process) -> None:
    if server.returncode is None:
        server.terminate()
    try:
        await asyncio.wait_for(server.wait(), SERVER_GRACE_SECONDS)
    except TimeoutError:
        server.kill()
        await server.wait()


async def read_document(address: str, settings: Settings) -> Feed:
    """What we read in one document, cleaned: a file, or an address that is fetched politely.

    A source of config.yaml is read as the file says: with its kind, its options and its rules. Any other page is not
    read, but the message names the feeds that it has.

    raises  UnknownSource, FetchError, FeedError, ParserDied
    """
    source = source_at(address, settings) or _unlisted(address)
    places = KINDS[source.kind].locate(source.address, settings.rsshub.instances)
    place = places[0] if places else address
    if place.startswith(("http://", "https://")):
        async with Client(settings.fetch, settings.user_agent) as client:
            request = Request(url=place, headers=source.headers, allow_private=source.allow_private)
            response = await client.get(request)
    else:
        folder = settings.file.parent if source.kind == "file" else Path()
        response = files.read(folder / place, Validators(), settings.fetch.max_body)
    document = Document(
        body=response.body,
        content_type=response.content_type,
        url=response.url,
        rules=source.rules,
        now=datetime.now(UTC),
        kind=source.kind,
        options=dict(source.options),
    )
    async with Parser(1) as parser:
        try:
            return (await parser.read(document)).feed
        except NotAFeed as error:
            if source.kind != "feed":
                raise
            raise NotAFeed(_with_feeds(str(error), response)) from error


def _with_feeds(said: str, response: Response) -> str:
    """What was said of a document that is no feed, and how to subscribe to it all the same."""
    found = discover.feeds_of(response.body, response.content_type, response.url)
    if found:
        return "\n  ".join((f"{said}; its feeds are", *(one.url for one in found)))
    if "HTML page" in said:
        return f"{said}, and it names none; a source can be made of it in {CONFIG_NAME} with `page:` and `item:`"
    return said


def _unlisted(address: str) -> SourceSettings:
    """A document that config.yaml does not list.

    raises  UnknownSource, for one that cannot be read without the options that are written there
    """
    name, _, rest = address.partition(":")
    if name in KINDS and KINDS[name].options:
        raise UnknownSource(f"{rest} is not listed in {CONFIG_NAME} as a `{name}`; how to read it must be said there")
    try:
        kind = name if name in ("rsshub", "file") else "feed"
        return SourceSettings(address=KINDS[kind].address(address), kind=kind)
    except ValueError:
        return SourceSettings(address=address, kind="feed")  # a path, or an address that is to be asked all the same
