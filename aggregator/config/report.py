"""Problems of config.yaml as lines: for a terminal in the form that editors jump to, `file:line:column  where:
message`; for a page in words."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, Problem


def lines(error: ConfigError) -> Iterator[str]:
    """Every problem, and how many there are."""
    yield from _lines(error.file, error.problems)
    yield f"{_counted(len(error.problems), 'problem')}; nothing was started or changed."


def summary(settings: Settings, warnings: Sequence[Problem]) -> Iterator[str]:
    """What a usable file amounts to, and what is odd about it."""
    yield from _lines(settings.file, warnings)
    listed = f"{_counted(len(settings.sources), 'source')} in {_counted(len(settings.categories), 'category')}"
    verdict = _counted(len(warnings), "warning") if warnings else "no problems"
    yield f"{settings.file.name}: {listed}, {verdict}."


def problem_lines(error: ConfigError) -> Iterator[str]:
    """Every problem, for pages that anybody may see: without the folder of the file."""
    for one in error.problems:
        named = (("line", one.line), ("column", one.column))
        place = "".join(f", {word} {number}" for word, number in named if number is not None)
        yield f"{error.file.name}{place}: {_said(one)}"


def _lines(file: Path, problems: Iterable[Problem]) -> Iterator[str]:
    for one in problems:
        place = ":".join(str(part) for part in (file, one.line, one.column) if part is not None)
        yield f"{place}  {_said(one)}"


def _said(one: Problem) -> str:
    where = f"{one.where}: " if one.where else ""
    hint = f'; did you mean "{one.suggestion}"?' if one.suggestion else ""
    return f"{where}{one.message}{hint}"


def _counted(number: int, noun: str) -> str:
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"
