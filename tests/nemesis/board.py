"""What stands on the table while a game is played: the origin, the processes, the database, and who looks at them."""

import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from aggregator.store.engine import open_engine
from tests.nemesis import watch
from tests.nemesis.history import History
from tests.nemesis.processes import Kept
from tests.nemesis.publishers import Publisher, World
from tests.nemesis.watch import Watch
from tests.nemesis.worker import POLL_WITHIN
from tests.origin import Origin
from tests.postgres import Cluster

FLOOR = 2  # seconds; what the product counts in minutes is pressed to fit beside it (`worker.press_time`)
LEASE = POLL_WITHIN.total_seconds() + FLOOR
HOSTS = 6
FEEDS_OF_HOST = 3
WORKERS = 3
START_SECONDS = 30.0  # until all must be fetched once
LOOK_EVERY = 0.4  # seconds
FEEDS = ("all", "odd")  # that are read
CONFIG = """
site: {{title: Nemesis, url: "http://127.0.0.1:{port}"}}
database: {database}
listen: 127.0.0.1:{port}
fetch: {{floor: {floor}s, default: {floor}s, unconditional: {floor}s, ceiling: {ceiling}s, deadline: 1s}}
defaults: {{allow_private: true, every: {floor}s}}
categories:
{categories}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """What to play.

    cluster  the PostgreSQL to play on; None is a SQLite file
    plant    a bug of `worker.BUGS` to plant in every worker
    say      is told what is done
    """

    seed: int
    seconds: float = 25.0
    cluster: Cluster | None = None
    plant: str | None = None
    say: Callable[[str], None] = lambda _: None


@dataclass(slots=True, kw_only=True)
class Board:
    """The pieces. Whoever waits, waits by `wait`, which keeps the processes running.

    heal     what is to be mended, and when
    trouble  until when the database may be away, or held by one who does not move
    """

    game: Game
    folder: Path
    url: str
    engine: Engine
    history: History
    world: World
    workers: list[Kept] = field(default_factory=list)
    server: Kept
    heal: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    trouble: float = 0.0

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Until something is so, but not for longer than so many seconds."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not until():
            self._keep()
            time.sleep(0.05)

    def later(self, seconds: float, heal: Callable[[], None]) -> None:
        """Mend something after so many seconds."""
        self.heal.append((time.monotonic() + seconds, heal))

    def _keep(self) -> None:
        now = time.monotonic()
        for due in [one for one in self.heal if one[0] <= now]:
            self.heal.remove(due)
            due[1]()
        for process in (*self.workers, self.server):
            process.keep(trouble=now < self.trouble)


def set_up(game: Game, stack: ExitStack) -> Board:
    """Start everything; what is started ends with the stack. When it returns, every source was fetched once."""
    history = History(floor=FLOOR)
    world = World(game.seed, history)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nemesis")))
    port = _free_port()
    url = game.cluster.url(game.cluster.empty()) if game.cluster else f"sqlite:///{folder}/nemesis.db"
    config = folder / "config.yaml"
    categories = _publish(world, stack)
    config.write_text(
        CONFIG.format(port=port, database=url, floor=FLOOR, ceiling=2 * FLOOR, categories=categories), encoding="utf-8"
    )
    planted = {"NEMESIS_PLANT": game.plant} if game.plant else {}

    def start(name: str, command: str) -> Kept:
        arguments = ("-m", "tests.nemesis.worker", "--config", str(config), command)
        process = Kept(name, history, *arguments, environment=planted)
        stack.callback(process.kill)
        return process

    first = start("worker 0", "ingest")
    engine = open_engine(url)
    stack.callback(engine.dispose)
    _wait_for_tables(engine, first)
    server = start("server", "serve")
    workers = [first, *(start(f"worker {number}", "ingest") for number in range(1, WORKERS))]
    board = Board(
        game=game, folder=folder, url=url, engine=engine, history=history, world=world, workers=workers, server=server
    )
    stack.enter_context(Watch(partial(watch.snapshot, engine, history), every=LOOK_EVERY))
    for feed in FEEDS:
        look = partial(watch.read, f"http://127.0.0.1:{port}", feed, history)
        stack.enter_context(Watch(look, every=LOOK_EVERY))
    board.wait(START_SECONDS, lambda: _all_fetched(history))
    return board


def _publish(world: World, stack: ExitStack) -> str:
    """The origin, a host on each of some addresses of loopback; returns the categories of config.yaml."""
    categories: dict[str, list[str]] = {"Even": [], "Odd": []}
    for host in range(HOSTS):
        origin = stack.enter_context(Origin(host=f"127.0.0.{host + 1}"))
        for number in range(FEEDS_OF_HOST):
            path = f"/{number}.xml"
            shares = f"common{host // 2}{number}"
            origin.script(path, Publisher(world, origin.url(path), f"feed{host}{number}", shares=shares))
            categories["Odd" if host % 2 else "Even"].append(origin.url(path))
    return "\n".join(f"  {name}:\n" + "\n".join(f"    - {one}" for one in them) for name, them in categories.items())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_tables(engine: Engine, worker: Kept) -> None:
    """The first worker makes the tables; nobody else need try at the same time."""
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT count(*) FROM sources")).scalar_one()
                return
        except SQLAlchemyError:
            time.sleep(0.1)
    raise RuntimeError(f"the first worker made no tables: {list(worker.words)}")


def _all_fetched(history: History) -> bool:
    """Whether every source is stored, and shown: a first fetch that is interrupted is tried again at once."""
    shown = any(one.entries for one in history.published)
    last = history.snapshots[-1] if history.snapshots else None
    return shown and last is not None and {row.source for row in last.rows} == set(last.sources)
