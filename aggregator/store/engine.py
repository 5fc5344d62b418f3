"""Opens the database, brings it up to date, and begins transactions: `reading` or `writing`, nothing else.

On SQLite every write begins with BEGIN IMMEDIATE: a transaction that begins by reading and then wants to write fails at
once when another has committed meanwhile, however long `busy_timeout` is (SQLITE_BUSY_SNAPSHOT).
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from aggregator.errors import DatabaseError
from aggregator.store import unstored
from aggregator.store.files import file_of

WRITE = "aggregator_write"
PATIENCE_MS = 15_000
FILE_MODE = 0o640
# What is stored and merged touches pages all over its indexes: SQLite's own 2 MB read each of them anew, and its
# checkpoint after 4 MB wrote each of them twice. Of each connection; with 64 MiB a load of 1,000 feeds is no faster.
CACHE_KIB = 32 * 1024
CHECKPOINT_PAGES, PAGE_BYTES = 8_000, 4_096
MIGRATIONS = Path(__file__).parent / "migrations"
# On PostgreSQL: how soon we learn that the server is gone, and the server that we are. A worker that is stopped in the
# middle of a transaction holds its locks until then. (https://www.postgresql.org/docs/current/libpq-connect.html)
REACHED_WITHIN = {
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
AWAY_SECONDS = 30
LOOK_SECONDS = 0.02
READ_ONLY = "25006"


def open_engine(url: str, *, patience_ms: int = PATIENCE_MS) -> Engine:
    """The engine for `url`; connects only when it is used. Makes the folder of a SQLite file.

    patience_ms  how long a statement waits for a SQLite file that another process has locked
    raises  DatabaseError, where the folder cannot be made or the driver is not installed
    """
    try:
        parsed = make_url(url)
        if file := file_of(parsed):
            file.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed) if parsed.get_backend_name() == "sqlite" else _server_engine(parsed)
    except (SQLAlchemyError, OSError, ImportError) as error:
        raise DatabaseError(f"the database cannot be opened: {error}; see `database:` in config.yaml") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, patience_ms)
    return engine


def _prepare_sqlite(engine: Engine, patience_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None  # the driver must not begin transactions behind our back
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {patience_ms}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        cursor.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_PAGES * PAGE_BYTES}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _server_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, connect_args=REACHED_WITHIN | dict(url.query))

    @event.listens_for(engine, "connect")
    def limit(dbapi_connection: Any, _record: Any) -> None:
        with dbapi_connection.cursor() as cursor:
            cursor.execute(f"SET idle_in_transaction_session_timeout = '{AWAY_SECONDS}s'")
        dbapi_connection.commit()

    @event.listens_for(engine, "handle_error")
    def leave_a_former_primary(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database, for as short a time as possible."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed at the end, rolled back if anything is raised."""
    try:
        with engine.connect().execution_options(**{WRITE: True}) as connection:
            before = unstored.changes(connection)
            with connection.begin():
                yield connection
            written = unstored.changes(connection) - before
    except DBAPIError as error:
        unstored.note(engine, error)
        raise
    if written:
        unstored.clear(engine)


def upgrade(engine: Engine) -> None:
    """Bring the schema to this version's; nothing happens when it is there already.

    raises  DatabaseError, when the database is somebody else's, newer than this program, damaged, or not to be reached
    """
    try:
        _begin(engine)
        _refuse_foreign(engine)
        if current_version(engine) != newest_version():
            _migrate(engine)
    except DBAPIError as error:
        raise DatabaseError(f"the database {_shown(engine)} cannot be used: {error.orig}") from error


def wait_for_upgrade(engine: Engine, seconds: float) -> None:
    """Return when the schema is this version's; or after so long, or when the database is not to be reached."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if current_version(engine) == newest_version():
                return
        except DBAPIError as error:
            if getattr(error.orig, "sqlite_errorname", None) != "SQLITE_BUSY":  # it is being made
                return
        time.sleep(LOOK_SECONDS)


def _begin(engine: Engine) -> None:
    """Make a SQLite file that is not for everybody to read, whatever the umask: addresses may hold secrets.

    SQLite gives the files beside it the same rights. Where it cannot be made, SQLite says why.
    """
    if file := file_of(engine.url):
        with suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, FILE_MODE))


def current_version(engine: Engine) -> str | None:
    """The schema version that the database has; None before the first upgrade."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return version


def newest_version() -> str:
    """The schema version that this program wants: the number that the newest file of migrations begins with."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("v[0-9]*.py"))[1:5]


def _migrate(engine: Engine) -> None:
    # Imported here: it is needed once a version, and would take 0.1 s of every start.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(
            f"the database {_shown(engine)} was written by a newer version of this program ({error}); "
            "install that version, or use another database"
        ) from error


def _refuse_foreign(engine: Engine) -> None:
    tables = set(inspect(engine).get_table_names())
    if tables and "alembic_version" not in tables:
        raise DatabaseError(
            f"the database {_shown(engine)} holds tables that are not ours ({', '.join(sorted(tables)[:3])} …); "
            "give `database:` in config.yaml another name"
        )


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
