"""The PostgreSQL that tests run on: a server of their own for each process of tests, and a new database for each test.

Where there are no binaries they say so, and in CI they fail. A folder whose tests are to run on both databases imports
`on_both` in its conftest.py: its `engine` is then a SQLite file once, and a database of this server once.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from pwd import getpwnam

import psycopg
import pytest
from psycopg import sql

from aggregator.store.engine import open_engine, upgrade

BINARIES = "/usr/lib/postgresql/*/bin"  # where Debian puts them, one folder a version
USER = "postgres"  # of the database, and of the machine where we are root: PostgreSQL does not run as root
TEMPLATE = "migrated"
QUICK = ("fsync=off", "full_page_writes=off")  # the machine does not lose its power during a test
LOSING = ("synchronous_commit=off",)  # what a killed server loses, nobody misses
START_SECONDS = 30.0


class Cluster:
    """A server in a folder of its own, which listens at a socket in it and nowhere else.

    durable  whether what was committed survives when the server is killed
    """

    def __init__(self, binaries: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._durable = durable
        self._server: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._migrated = False
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # not in pytest's: others may not enter those
        try:
            if os.geteuid() == 0:
                os.chown(self.folder, getpwnam(USER).pw_uid, getpwnam(USER).pw_gid)
            initdb = (binaries / "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8")
            self._run(*initdb, "--no-sync", f"--pgdata={self.folder}/data").wait()
            self.start()
        except BaseException:
            self.remove()
            raise

    def url(self, database: str) -> str:
        """The address of a database, as config.yaml has it."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    @property
    def pid(self) -> int:
        """Of the server's first process; all others are its children."""
        assert self._server is not None
        return self._server.pid

    def fresh(self) -> str:
        """The name of a new database with our tables in it, all empty."""
        if not self._migrated:
            self.execute("CREATE DATABASE {}", TEMPLATE)
            engine = open_engine(self.url(TEMPLATE))
            upgrade(engine)
            engine.dispose()
            self._migrated = True
        return self.empty(TEMPLATE)

    def empty(self, template: str = "template1") -> str:
        """The name of a new database with nothing in it."""
        self._made += 1
        self.execute("CREATE DATABASE {} TEMPLATE {}", f"test{self._made}", template)
        return f"test{self._made}"

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute("DROP DATABASE {} WITH (FORCE)", database)

    def execute(self, statement: str, *names: str) -> None:
        """Run a statement about databases; `{}` stands for a name."""
        with psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]

    def start(self) -> None:
        """Start the server, and wait until it answers. It lives no longer than the thread that calls this."""
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200"]
        flags = [f"-c{setting}" for setting in (*settings, *QUICK, *(() if self._durable else LOSING))]
        self._server = self._run(self._binaries / "postgres", f"-D{self.folder}/data", *flags)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: by SIGINT at once but in order, by SIGQUIT as if it had been killed."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(START_SECONDS)
            self._server = None

    def remove(self) -> None:
        """End the server, and remove all that it has written."""
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, *command: str | Path) -> "subprocess.Popen[bytes]":
        """A process that ends with this one, however this one ends; what it says goes into the folder's `log`."""
        tied = ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()
        user = USER if os.geteuid() == 0 else None
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*tied, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=user,
                group=user,
                extra_groups=None if user is None else (),
            )


def binaries() -> Path:
    """Where the newest PostgreSQL's programs are. Where there is none the test is skipped, and in CI it fails."""
    found = sorted(Path("/").glob(BINARIES.removeprefix("/")), key=lambda path: float(path.parent.name))
    on_path = shutil.which("postgres")
    if found or on_path:
        return found[-1] if found else Path(str(on_path)).resolve().parent
    missing = "PostgreSQL is not installed; `make postgres` installs it"
    pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


# What only one of them has, or what brings an engine of its own.
on_sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql_only = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server for all tests of this process; in `conftest.py` for all to use."""
    cluster = Cluster(binaries())
    yield cluster
    cluster.remove()


@pytest.fixture(name="database", params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[str]:
    """The address of a database with our tables in it, all empty: first on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(migrated, tmp_path / 'test.db')}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.fresh()
    yield cluster.url(name)
    cluster.drop(name)
