"""Case Q29: whatever publishers do, in whatever order, a model and the system agree after every step.

Three sources on two hosts gain, share, edit and touch items, and answer once with an error, half a document or a
redirect, while time passes and workers are replaced. The model is a few lines: what was in a complete answer is stored
in its last version, what was not is as it was, and every token that is stored is one story that never moves. Real are
the origin, the client, the worker, merging, the database and the published feed; the clock is the test's, and documents
are read in this process.

`make soak` plays many more.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, select

from aggregator.config.settings import FetchSettings, SourceSettings
from aggregator.dedup.merge import Merger
from aggregator.ingest import worker as worker_module
from aggregator.ingest.worker import Worker
from aggregator.store.engine import open_engine, reading
from aggregator.store.schema import sightings, sources, stories
from aggregator.web import create_app
from tests.builders import listed, settings, sync
from tests.fakes import FakeParser
from tests.nemesis.publishers import EDITS, ELSEWHERE, LISTED, VERSION, Item, atom, rss, token_of
from tests.origin import Answer, Asked, Origin, Raw, Reply
from tests.postgres import Cluster

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACES = (("a", "127.0.0.1"), ("b", "127.0.0.1"), ("c", "127.0.0.2"))
SHARED_WITHIN = timedelta(days=3)
FLOOR, CEILING = FetchSettings().floor, FetchSettings().ceiling
STEPS = 25
PART = 8  # of the examples that other laws get: a step takes as long as hundreds of theirs

NUMBERS = st.integers(min_value=0, max_value=len(PLACES) - 1)


@dataclass(slots=True)
class Publisher:
    """A source: what it has, what it does at the next request, and what the system must have of it by now.

    held    what the system must say that it has: the address that gave it, and its ETag
    stored  the last version of every guid that was in a complete answer
    asked   how often it was asked, redirects not counted
    """

    name: str
    address: str
    items: list[Item] = field(default_factory=list)
    serial: int = 0
    fault: str | None = None
    held: tuple[str, bytes] | None = None
    stored: dict[str, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    failures: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def etag(self) -> bytes:
        return f'"{self.name}.{self.serial}"'.encode()

    def __call__(self, asked: Asked) -> Reply:
        there = self.address + (ELSEWHERE if ELSEWHERE in asked.path else "")
        expected = self.held[1] if self.held and self.held[0] == there else None
        if asked.raw("If-None-Match") != expected:
            self.wrong.append(f"{asked.raw('If-None-Match')!r} was sent to {there}, not {expected!r}")
        if there == self.address:
            self.asked += 1
        fault, self.fault = self.fault, None
        return getattr(self, f"_{fault or 'honest'}")(asked, there)

    def _honest(self, asked: Asked, there: str) -> Reply:
        self.held, self.failures = (there, self.etag), 0
        if asked.raw("If-None-Match") == self.etag:
            return Answer(304, b"", [("ETag", self.etag)])
        self.stored |= {item.guid: item.version for item in self.items[-LISTED:]}
        self.tokens |= {item.token for item in self.items[-LISTED:]}
        return Answer(200, self._document(), [("ETag", self.etag), ("Content-Type", "application/xml")])

    def _error(self, _asked: Asked, _there: str) -> Reply:
        self.failures += 1
        return Answer(500, b"<html>", [("ETag", b'"error"')])

    def _cut(self, _asked: Asked, _there: str) -> Reply:
        self.failures += 1
        body = self._document()
        head = b'HTTP/1.1 200 OK\r\nETag: "cut"\r\nConnection: close\r\n\r\n'
        return Raw([head + body[: len(body) * 2 // 3]])

    def _redirect(self, _asked: Asked, there: str) -> Reply:
        return Answer(302, b"", [("Location", there + ELSEWHERE)])

    def _document(self) -> bytes:
        return (atom if self.name == "b" else rss)(self.name, self.items[-LISTED:])


@dataclass(frozen=True, slots=True)
class Ground:
    """What all examples stand on: the origins, and a new database for each."""

    origins: dict[str, Origin]
    folder: Path
    fresh: Callable[[], Any]


class Agreement(RuleBasedStateMachine):
    """The steps, and what must be so after each."""

    def __init__(self, ground: Ground) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._ground = ground
        self._url = self._stack.enter_context(ground.fresh())
        self._loop = self._stack.enter_context(asyncio.Runner())
        self._now = START
        self._shown: dict[str, tuple[str, str]] = {}
        self._publishers: list[Publisher] = []
        for name, host in PLACES:
            origin = ground.origins[host]
            publisher = Publisher(name, origin.url(f"/{name}.xml"))
            origin.script(f"/{name}.xml", publisher)
            self._publishers.append(publisher)
        self._settings = settings(
            ground.folder,
            *(
                SourceSettings(address=one.address, kind="feed", allow_private=True, categories=("tech",))
                for one in self._publishers
            ),
        )

    @initialize()
    def begin(self) -> None:
        """Every source has two items, and is due."""
        for one in self._publishers:
            self._gain(one)
            self._gain(one)
        engine = open_engine(self._url)
        sync(engine, START, *(listed(one.address, "tech") for one in self._publishers))
        engine.dispose()
        self._start()
        self._poll()

    # -- what publishers do ----------------------------------------------------------------------------------------

    @rule(number=NUMBERS, count=st.integers(min_value=1, max_value=3))
    def gain(self, number: int, count: int) -> None:
        for _ in range(count):
            self._gain(self._publishers[number])
        self._publishers[number].serial += 1

    @rule(number=NUMBERS, data=st.data())
    def share(self, number: int, data: st.DataObject) -> None:
        """Carry what another source has."""
        publisher = self._publishers[number]
        own = {item.token for item in publisher.items}
        others = [item for one in self._publishers for item in one.items if item.token not in own]
        if young := [item for item in others if self._now - item.born < SHARED_WITHIN]:
            theirs = data.draw(st.sampled_from(young))
            self._gain(publisher, token=theirs.token)
            publisher.serial += 1

    @rule(number=NUMBERS, place=st.integers(min_value=1, max_value=LISTED))
    def edit(self, number: int, place: int) -> None:
        publisher = self._publishers[number]
        item = publisher.items[-min(place, len(publisher.items))]
        if item.version < EDITS:
            item.version += 1
            item.changed = self._now
            publisher.serial += 1

    @rule(number=NUMBERS)
    def touch(self, number: int) -> None:
        """Another ETag for the same bytes."""
        self._publishers[number].serial += 1

    @rule(number=NUMBERS, fault=st.sampled_from(("error", "cut", "redirect")))
    def answer_badly(self, number: int, fault: str) -> None:
        """At the next request."""
        self._publishers[number].fault = fault

    # -- what the system does --------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from((1, 14, 16, 60, 60, 60, 240, 1440)))
    def wait(self, minutes: int) -> None:
        self._now += timedelta(minutes=minutes)
        self._poll()

    @rule()
    def restart(self) -> None:
        self._stop()
        self._start()

    # -- what must be so -------------------------------------------------------------------------------------------

    @invariant()
    def what_is_stored_is_what_was_served(self) -> None:
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(sources.c.address, sightings.c.guid, sightings.c.html)
                .join(sources, sources.c.id == sightings.c.source_id)
                .order_by(sightings.c.id)
            ).all()
        found = {(address, guid): _version(html) for address, guid, html in rows}
        assert len(found) == len(rows)
        assert found == {(one.address, guid): v for one in self._publishers for guid, v in one.stored.items()}

    @invariant()
    def what_is_held_of_a_source_is_what_it_gave(self) -> None:
        c = sources.c
        with reading(self._engine) as connection:
            rows = connection.execute(select(c.address, c.validators_url, c.etag, c.failures, c.lease_token)).all()
        found = {row.address: (row.etag and (row.validators_url, row.etag), row.failures) for row in rows}
        assert found == {one.address: (one.held, one.failures) for one in self._publishers}
        assert {row.lease_token for row in rows} == {None}
        assert [wrong for one in self._publishers for wrong in one.wrong] == []

    @invariant()
    def every_token_is_one_story_that_never_moves(self) -> None:
        with reading(self._engine) as connection:
            count = len(connection.scalars(select(stories.c.id)).all())
        body = self._site.get("/feeds/tech.json?limit=500").json
        shown = {token_of(item["title"]): (item["id"], item["date_published"]) for item in body["items"]}
        assert len(shown) == len(body["items"]) == count
        assert set(shown) == set().union(*(one.tokens for one in self._publishers))
        assert self._shown.items() <= shown.items()
        self._shown = shown

    def teardown(self) -> None:
        if hasattr(self, "_engine"):
            self._stop()
        self._stack.close()

    # -- how -------------------------------------------------------------------------------------------------------

    def _gain(self, publisher: Publisher, token: str | None = None) -> None:
        guid = f"{publisher.name}-{len(publisher.items)}"
        token = token or guid
        link = f"https://news.example/{token}"
        publisher.items.append(Item(guid=guid, token=token, link=link, born=self._now, changed=self._now))

    def _start(self) -> None:
        self._engine: Engine = open_engine(self._url)
        self._site = create_app(self._settings, self._engine, clock=lambda: self._now).test_client()
        self._merger = Merger(self._settings.dedup, self._settings.sources)
        self._worker = Worker(self._engine, self._settings, clock=lambda: self._now)
        self._loop.run(self._worker.__aenter__())
        self._worker._pipeline._parser = FakeParser()  # type: ignore[assignment]

    def _stop(self) -> None:
        self._loop.run(self._worker.__aexit__(None, None, None))
        self._engine.dispose()

    def _poll(self) -> None:
        """Poll what is due, and merge; each source that is due is asked once, the others not, and none forgotten."""
        c, before = sources.c, {one.address: one.asked for one in self._publishers}
        with reading(self._engine) as connection:
            due = set(connection.scalars(select(c.address).where(c.next_fetch_at <= self._now)))
        self._loop.run(self._worker.drain())
        self._merger.run(self._engine, self._now)
        assert {one.address: one.asked - before[one.address] for one in self._publishers} == {
            one.address: int(one.address in due) for one in self._publishers
        }
        with reading(self._engine) as connection:
            coming = connection.execute(select(c.address, c.next_fetch_at).where(c.address.in_(due))).all()
        assert all(self._now + FLOOR <= at <= self._now + CEILING for _, at in coming), coming


def _version(html: str) -> int:
    found = VERSION.search(html)
    assert found is not None, html
    return int(found[1])


@pytest.fixture
def origins() -> Iterator[dict[str, Origin]]:
    with ExitStack() as stack:
        yield {host: stack.enter_context(Origin(host=host)) for host in sorted({host for _, host in PLACES})}


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, origins: dict[str, Origin], tmp_path: Path, migrated: Path) -> Ground:
    @contextmanager
    def file() -> Iterator[str]:
        copy = tmp_path / "agreement.db"
        for one in tmp_path.glob("agreement.db*"):
            one.unlink()
        copy.write_bytes(migrated.read_bytes())
        yield f"sqlite:///{copy}"

    @contextmanager
    def database(cluster: Cluster) -> Iterator[str]:
        name = cluster.fresh()
        yield cluster.url(name)
        cluster.drop(name)

    fresh = file if request.param == "sqlite" else partial(database, request.getfixturevalue("postgres"))
    return Ground(origins, tmp_path, fresh)


@pytest.mark.timeout(3600)  # some ten seconds in CI; of `make soak` many minutes
def test_q29_model_and_system_agree_after_every_step(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "random", SimpleNamespace(random=lambda: 0.5))  # an example can be played again
    usual = hypothesis_settings()
    few = hypothesis_settings(max_examples=max(1, usual.max_examples // PART), stateful_step_count=STEPS)
    run_state_machine_as_test(lambda: Agreement(ground), settings=few)
