"""Failures of the outside world that we expect, as one tree.

AggregatorError
├── ConfigError     config.yaml cannot be used; carries every problem found        (config/load)
├── FetchError      an address gave no usable answer; carries its `Reason`          (fetch/)
├── ParserDied      the worker process was killed, or took too long                 (ingest/parser)
└── DatabaseError   the database is not ours, too new, or cannot be opened          (store/engine)

What a *document* does wrong is `feeds.errors.FeedError`. Anything else that is raised is a bug.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aggregator.outcome import Reason


class AggregatorError(Exception):
    """Something outside this program is not as it should be; the message tells the operator what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in config.yaml, as an editor would underline it.

    line, column  counted from 1; None where the whole file is meant
    where         the path inside the file, such as `categories.Technology[2].every`; "" for the whole file
    """

    message: str
    line: int | None = None
    column: int | None = None
    where: str = ""
    suggestion: str | None = None


class ConfigError(AggregatorError):
    """config.yaml cannot be used. `problems` holds all that is wrong with it, in the order of the file."""

    def __init__(self, file: Path, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{file}: {len(problems)} problem(s) in the configuration")
        self.file = file
        self.problems = problems


class FetchError(AggregatorError):
    """An address gave no usable answer.

    status       the HTTP status that it came with, if it came that far
    retry_after  what the answer asked for (RFC 9110 §10.2.3), counted from now
    """

    def __init__(
        self, reason: Reason, detail: str, *, status: int | None = None, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class ParserDied(AggregatorError):
    """The process that was reading a document was killed, ran out of memory, or took too long."""


class DatabaseError(AggregatorError):
    """The database cannot be used: not ours, written by a newer version, or not to be opened."""
