"""Sixty simulated days: 41 sources fail in every way there is, and each day the status says the right thing.

Their origins are scripts, the clock is the test's. What is right is kept by a model that sees only how each poll ended.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Engine

from aggregator.errors import FetchError
from aggregator.fetch.client import Request, Response
from aggregator.ingest.pipeline import Pipeline
from aggregator.ingest.worker import Worker
from aggregator.outcome import Exchange, Reason
from aggregator.web import create_app
from feeds.parse import read
from tests.builders import listed, settings, source_settings, sync
from tests.fakes import FakeClient, FakeParser, answer

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
DAYS, STEP = 60, timedelta(hours=12)
OFFLINE = 52  # the day on which our own network is gone
Script = Callable[[float], Reason | str]  # the day → why it fails, or what it serves

TRANSPORT = (Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.TIMEOUT)
BAD = (
    *TRANSPORT, Reason.PROTOCOL, Reason.REDIRECT, Reason.MISSING, Reason.DENIED, Reason.CHALLENGE, Reason.RATE_LIMITED,
    Reason.SERVER_ERROR, Reason.STATUS, Reason.UNEXPECTED_304, Reason.TRUNCATED, Reason.TOO_LARGE, Reason.ENCODING,
    Reason.ADDRESS, Reason.BLOCKED_ADDRESS,
)  # fmt: skip


def between(first: int, last: int, trouble: Reason | str, otherwise: str = "news") -> Script:
    return lambda day: trouble if first <= day < last else otherwise


def once(reason: Reason, on: int) -> Script:
    return lambda day: reason if day == on else "news"


SCRIPTS: dict[str, tuple[Script, tuple[str, ...]]] = {
    **{f"{reason.value}-for-ten-days": (between(10, 20, reason), ("down", "up")) for reason in BAD},
    **{f"{what}-for-ten-days": (between(10, 20, what), ("down", "up")) for what in ("html", "empty", "cut")},
    **{f"one-{reason.value}": (once(reason, 20), ()) for reason in (Reason.SERVER_ERROR, Reason.DNS, Reason.TIMEOUT)},
    "steady": (lambda day: "news", ()),
    "same-bytes": (lambda day: "old", ("quiet",)),
    "every-other-poll": (lambda day: Reason.SERVER_ERROR if int(day * 2) % 4 == 1 else "news", ()),
    "twice": (lambda day: Reason.DNS if 10 <= day < 15 or 30 <= day < 35 else "news", ("down", "up", "down", "up")),
    "never-good": (lambda day: Reason.MISSING, ("down",)),
    "good-at-last": (between(0, 30, Reason.DENIED), ("down", "up")),
    "until-the-end": (between(40, 99, Reason.CONNECT), ("down",)),
    "gone": (between(15, 99, Reason.GONE), ("gone",)),
    "gone-and-back": (between(5, 12, Reason.GONE), ("gone", "up")),
    "down-then-gone": (lambda day: "news" if day < 10 else Reason.DNS if day < 15 else Reason.GONE, ("down", "gone")),
    "ended": (between(30, 99, "ended"), ("gone",)),
    "quiet": (between(30, 99, "old"), ("quiet",)),
    "quiet-and-back": (between(30, 45, "old"), ("quiet", "up")),
    "quiet-then-down": (lambda day: "news" if day < 20 else "old" if day < 35 else Reason.DNS, ("quiet", "down")),
    "moved": (lambda day: "moved" if day >= 5 else "news", ("moved",)),
    "flood": (lambda day: "flood" if day >= 25 else "news", ("flood",)),
    "html-for-ever": (between(50, 99, "html"), ("down",)),
}  # fmt: skip
ADDRESSES = {f"https://{name.replace('_', '-')}.example/feed": name for name in SCRIPTS}
FAULTS = {"html": Reason.NOT_A_FEED, "empty": Reason.EMPTY, "cut": Reason.TRUNCATED}


def item(guid: str, at: datetime) -> str:
    return f"<item><guid>{guid}</guid><title>Item {guid}</title><pubDate>{format_datetime(at)}</pubDate></item>"


def document(name: str, what: str, day: float) -> bytes:
    if what == "html":
        return b"<!doctype html><html><body>This domain is for sale</body></html>"
    if what == "empty":
        return b""
    if what == "ended":
        return b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "expired": true, "items": []}'
    last = SCRIPT_STOPS.get(name, 99) if what == "old" else int(day)
    items = "".join(item(f"{name}{number}", START + timedelta(days=number)) for number in range(last - 9, last + 1))
    if what == "flood":
        items += "".join(item(f"{name}-old-{n}", START - timedelta(days=400 + n)) for n in range(60))
    whole = f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'
    return whole.encode()[: -40 if what == "cut" else None]


SCRIPT_STOPS = {"same-bytes": 0, "quiet": 29, "quiet-and-back": 29, "quiet-then-down": 19}


@dataclass
class Model:
    """What is right of one source, told only how its polls ended."""

    standing: str = "ok"
    failures: list[datetime] = field(default_factory=list)
    ever_good: bool = False
    reason: Reason | None = None
    told: list[str] = field(default_factory=list)
    newest: datetime | None = None

    def failed(self, reason: Reason, at: datetime) -> None:
        self.failures.append(at)
        self.reason = reason
        if reason is Reason.GONE or self.standing == "gone":
            self._becomes("gone")
        elif len(self.failures) >= 3 and at - self.failures[0] >= timedelta(hours=6):
            self._becomes("failing", "down")

    def good(self, what: str, newest: datetime, at: datetime) -> None:
        self.ever_good, self.reason = True, Reason.GONE if what == "ended" else None
        self.failures.clear()
        if self.newest is None or newest > self.newest:
            self.newest, fresh = newest, True
        else:
            fresh = False
        silent = not fresh and at - self.newest > timedelta(days=3) and what != "flood"
        if what == "ended":
            self._becomes("gone")
        elif self.standing in ("failing", "gone"):
            self._becomes("ok", "up")
        else:
            self._becomes("quiet" if silent else "ok", "quiet" if silent else "up")

    def _becomes(self, standing: str, called: str | None = None) -> None:
        if standing != self.standing:
            self.told.append(called or standing)
        self.standing = standing

    @property
    def state(self) -> str:
        if self.standing in ("failing", "gone"):
            return self.standing
        if self.reason is Reason.RATE_LIMITED:
            return "paused"
        return "failing" if self.failures and not self.ever_good else self.standing


class Origins:
    """All the scripted hosts; tells the models what happened."""

    def __init__(self) -> None:
        self.now = START
        self.models = {address: Model() for address in ADDRESSES}
        self.seen: set[str] = set()

    @property
    def day(self) -> float:
        return (self.now - START) / timedelta(days=1)

    def answer(self, request: Request) -> Response:
        address = request.url.replace("/elsewhere", "/feed")
        name, model = ADDRESSES[address], self.models[address]
        if OFFLINE <= self.day < OFFLINE + 1:
            raise FetchError(Reason.DNS, "the host name cannot be looked up")
        what = SCRIPTS[name][0](self.day)
        if isinstance(what, Reason):
            model.failed(what, self.now)
            reached = what not in (*TRANSPORT, Reason.ADDRESS, Reason.BLOCKED_ADDRESS)
            raise FetchError(what, "as the script says", status=500 if reached else None)
        if what in FAULTS:
            model.failed(FAULTS[what], self.now)
        else:
            last = SCRIPT_STOPS.get(name, 99) if what == "old" else int(self.day)
            model.good(what, START + timedelta(days=last), self.now)
            for change, when in (("flood", "flood"), ("moved", None)):
                if what == when and change not in model.told:
                    model.told.append(change)
        body = document(name, what, self.day)
        moved = f"{address.removesuffix('/feed')}/elsewhere" if what == "moved" else None
        return replace(
            answer(body, request.url, etag=None), moved_to=moved, exchange=Exchange(status=200, wire_bytes=len(body))
        )


def states(client: FlaskClient) -> tuple[Mapping[str, str], Mapping[str, int]]:
    said = client.get("/status.json").json
    assert said is not None
    return {one["address"]: one["state"] for one in said["sources"]}, said["counts"]


@pytest.mark.timeout(600)  # 5,000 polls: 20 s of CPU, on a busy machine a few minutes
async def test_sixty_days_of_every_trouble_are_told_right_each_day(engine: Engine, tmp_path: Path) -> None:
    origins = Origins()
    given = settings(tmp_path, *(source_settings(one, every=STEP, categories=("tech",)) for one in ADDRESSES))
    sync(engine, START, *(listed(one, "tech") for one in ADDRESSES))
    app = create_app(given, engine, clock=lambda: origins.now).test_client()
    client = FakeClient({one: origins.answer for at in ADDRESSES for one in (at, at.replace("/feed", "/elsewhere"))})
    async with Worker(engine, given, clock=lambda: origins.now) as worker:
        worker._pipeline = Pipeline(
            client, FakeParser(), given.fetch, instances=(), folder=tmp_path, clock=lambda: origins.now  # type: ignore[arg-type]
        )  # fmt: skip
        for _ in range(2 * DAYS):
            await worker.drain()
            if origins.day.is_integer() and origins.day != OFFLINE:
                right = {
                    one: "held" if "flood" in model.told and model.standing == "ok" else model.state
                    for one, model in origins.models.items()
                }
                said, counts = states(app)
                assert said == right, f"day {origins.day}"
                page = LexborHTMLParser(app.get("/status?show=attention").text)
                calm = sum(state in ("ok", "waiting", "paused") for state in said.values())
                assert counts["needing_attention"] == len(said) - calm + counts["moved"]
                assert len(page.css(".source")) == counts["needing_attention"]
            origins.now += STEP
        offline = [one.title for one in read(app.get("/status.atom").data, url="https://a.example/").entries]
    told = {name: tuple(origins.models[address].told) for address, name in ADDRESSES.items() if name != "moved"}
    assert told == {name: expected for name, (_, expected) in SCRIPTS.items() if name != "moved"}
    assert len(offline) == sum(len(expected) for _, expected in SCRIPTS.values()) + 2  # our network went, and came back
    assert {"Nothing can be reached from here", "The network is back"} <= set(offline)
