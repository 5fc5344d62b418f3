"""The real command, with hours pressed into seconds: `python -m tests.nemesis.worker --config FILE ingest`.

Nothing is replaced but constants of time, and the clock, which can be set from outside by writing seconds into the file
`clock` beside config.yaml. `NEMESIS_PLANT` names a bug to plant, for a nemesis that cannot find one proves nothing.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import apscheduler.executors.base
import apscheduler.schedulers.base
from sqlalchemy import update

from aggregator import jobs
from aggregator.__main__ import main
from aggregator.ingest import worker, writer
from aggregator.store import clock, duties, engine, patience, polls, schema, sightings

POLL_WITHIN = timedelta(seconds=3)  # as ten minutes are beside a floor of fifteen, in a hurry


def press_time() -> None:
    """What takes minutes in life takes seconds here."""
    for module, name, value in (
        (worker, "POLL_WITHIN", POLL_WITHIN),
        (worker, "GRACE_SECONDS", 1.0),
        (jobs, "POLL_EVERY", timedelta(seconds=0.3)),
        (jobs, "MERGE_EVERY", timedelta(seconds=0.3)),
        (jobs, "TIDY_EVERY", timedelta(seconds=3)),
        (jobs, "LOOK_EVERY", timedelta(seconds=1)),
        (duties, "LEASE", POLL_WITHIN),
        (patience, "LONGEST_PAUSE_SECONDS", 0.5),
    ):
        assert hasattr(module, name), f"{name} is called otherwise by now"
        setattr(module, name, value)
    _default(engine.open_engine, "patience_ms", 800)


def _default(function: Any, name: str, value: object) -> None:
    """Give a keyword argument another default."""
    assert name in function.__kwdefaults__, f"{name} is called otherwise by now"
    function.__kwdefaults__[name] = value


def set_clocks(file: Path) -> None:
    """Let the program, and the scheduler that it stands on, see a clock that the file sets."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=_offset(file))

    def utc_now() -> datetime:
        now: datetime = Shifted.now(UTC)
        return now

    clock.utc_now = jobs.utc_now = utc_now  # type: ignore[assignment]  # on PostgreSQL nobody but the scheduler looks at it
    for module in (apscheduler.schedulers.base, apscheduler.executors.base):
        module.datetime = Shifted


def _offset(file: Path) -> float:
    try:
        return float(file.read_text() or 0)
    except FileNotFoundError:
        return 0.0


# -- bugs to plant ---------------------------------------------------------------------------------------------------


def validators_first() -> None:
    """Store the validators of an answer in a transaction of their own, before its items."""
    commit = writer.Writer._commit

    def too_early(self: writer.Writer, results: Any) -> Any:
        for result in results:
            if getattr(result.outcome, "validators", None) and result.seen:
                with engine.writing(self._engine) as connection:
                    values = {"etag": result.outcome.validators.etag, "body_digest": result.outcome.body_digest}
                    row = schema.sources.c.id == result.claim.source_id
                    connection.execute(update(schema.sources).where(row).values(**values))
        time.sleep(0.2)
        return commit(self, results)

    writer.Writer._commit = too_early  # type: ignore[method-assign]


def no_floor() -> None:
    """Come back to a source when it pleases us."""
    record = polls.record

    def soon(connection: Any, ended: Any, now: datetime) -> None:
        record(connection, [replace(one, next_fetch_at=now + (one.next_fetch_at - now) / 4) for one in ended], now)

    polls.record = soon


def forgetful() -> None:
    """Store only the first of several new items."""
    save = sightings.save

    def some(connection: Any, source_id: int, seen: Any, *arguments: Any, **more: Any) -> Any:
        return save(connection, source_id, seen[:1], *arguments, **more)

    sightings.save = some


BUGS: dict[str, Callable[[], None]] = {bug.__name__: bug for bug in (validators_first, no_floor, forgetful)}


if __name__ == "__main__":
    press_time()
    set_clocks(Path(sys.argv[sys.argv.index("--config") + 1]).parent / "clock")
    if planted := os.environ.get("NEMESIS_PLANT"):
        BUGS[planted]()
    main()
