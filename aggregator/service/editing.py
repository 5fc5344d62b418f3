"""config.yaml edited for people who do not want to: sources added, removed, and taken over from an OPML list.

Every edit is read as settings before the file is replaced: it must have exactly what was asked for, and all else as it
was. What is wrong with the file already has to be mended by hand first.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from aggregator.config import addresses, insertion, removal
from aggregator.config.environment import expand
from aggregator.config.load import load_bytes, read_bytes
from aggregator.config.lookup import UnknownSource, source_at, unknown
from aggregator.config.rewrite import Written, open_text, replace_file
from aggregator.config.settings import Settings, SourceSettings
from aggregator.config.slugs import parts, slug
from aggregator.config.text import Unusable
from aggregator.errors import AggregatorError, ConfigError
from aggregator.store import views
from aggregator.store.engine import open_engine, reading
from feeds import opml

Environment = Mapping[str, str]


class CannotEdit(AggregatorError):
    """The file is not edited; the message says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """config.yaml before an edit. A file that is not there, or has nothing in it yet, has no sources."""

    path: Path
    written: Written
    exists: bool
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a list: how many sources were added, and a line for each that was not."""

    added: int
    notes: tuple[str, ...]


def open_file(path: Path, environ: Environment) -> File:
    """The file as it is.

    raises  ConfigError
    """
    exists = path.exists()
    body = read_bytes(path) if exists else b""
    try:
        written = open_text(body)
        nothing = not exists or insertion.is_empty(written.text)
    except Unusable as unusable:
        raise ConfigError(path, (unusable.problem,)) from unusable
    settings = Settings(file=path.absolute(), sources=(), categories=()) if nothing else load_bytes(path, body, environ)
    return File(path=path, written=written, exists=exists, settings=settings)


def listed_in(file: File, address: str, category: str) -> SourceSettings | None:
    """The source, where this category lists it already.

    raises  CannotEdit, for what cannot be a category
    """
    own, source = _slug(category), source_at(address, file.settings)
    return source if source and own in source.categories else None


def add(file: File, address: str, category: str, environ: Environment) -> int:
    """Write a source into the file; returns its line.

    raises  CannotEdit, CannotWrite
    """
    known_as = identity(address, environ)
    text = _edited(lambda: insertion.add(file.written.text, category, address))
    after = _checked(file, text, environ, added=(known_as,), category=_slug(category))
    _replace(file, text)
    return next(source.line for source in after.sources if source.address == known_as)


def remove(file: File, address: str, environ: Environment, *, category: str | None = None) -> SourceSettings:
    """Take a source out of the file, wherever it is listed, or out of one category; returns what it was.

    raises  UnknownSource, CannotEdit, CannotWrite
    """
    source = source_at(address, file.settings)
    if source is None:
        raise unknown(address, file.settings)
    own = _slug(category) if category else None
    if own and own not in source.categories:
        raise UnknownSource(f"{address} is not listed in {category}; `aggregator check` reads {file.path.name}")
    if len(file.settings.sources) == 1 and (own is None or len(source.categories) == 1):
        raise CannotEdit(f"{address} is the only source; {file.path.name} needs one")
    filled = _with_stories(file.settings)
    text = _edited(
        lambda: removal.remove(file.written.text, source.address, environ, keep=filled.__contains__, category=own)
    )
    if text == file.written.text:
        raise CannotEdit(f"{address} comes from the list that is included in line {source.line}; it is removed there")
    _checked(file, text, environ, removed=source.address, left=own)
    _replace(file, text)
    return source


def import_list(file: File, body: bytes, environ: Environment, *, category: str) -> Imported:
    """Write the subscriptions of an OPML list into the file; its folders become category paths.

    category  of those that are in no folder, or in one whose name cannot be a category

    raises  FeedError, CannotEdit, CannotWrite
    """
    known = {source.address for source in file.settings.sources}
    wanted: dict[str, list[str]] = {}
    added: dict[str, None] = {}
    notes = []
    for one in opml.read(body).subscriptions:
        name = "/".join(part.replace("/", "-") for part in one.path) or category
        try:
            _slug(name)
        except CannotEdit as error:
            notes.append(f"{one.url} goes to {category}: {error}")
            name = category
        try:
            known_as = identity(literal(one.url), environ)
        except CannotEdit as error:
            notes.append(f"{one.url} is left out: {error}")
            continue
        if known_as in known:
            notes.append(f"{one.url} is left out: it is listed already")
            continue
        added[known_as] = None
        if one.url not in (here := wanted.setdefault(name, [])):
            here.append(one.url)
    text = file.written.text
    for name, urls in wanted.items():
        text = _edited(partial(insertion.add, text, name, *(literal(url) for url in urls)))
    if added:
        _checked(file, text, environ, added=tuple(added))
        _replace(file, text)
    return Imported(added=len(added), notes=tuple(notes))


def literal(address: str) -> str:
    """An address as it is written into the file, where it means itself: nothing of it is from the environment."""
    return address.replace("${", "$${")


def _slug(category: str) -> str:
    try:
        return slug(parts(category))
    except ValueError as error:
        raise CannotEdit(f"`{category}` cannot be a category: {error}") from error


def identity(address: str, environ: Environment) -> str:
    """The identity of a source, as it is written.

    raises  CannotEdit, which says what to write
    """
    try:
        return addresses.source(expand(address, environ))[1]
    except ValueError as error:
        raise CannotEdit(f"{address}: {error}") from error


def _edited(change: Callable[[], str]) -> str:
    try:
        return change()
    except Unusable as unusable:
        raise CannotEdit(f"line {unusable.problem.line}: {unusable.problem.message}") from unusable


def _checked(
    file: File,
    text: str,
    environ: Environment,
    *,
    added: Iterable[str] = (),
    removed: str | None = None,
    category: str | None = None,
    left: str | None = None,
) -> Settings:
    """The settings of the edited text, which has what was asked for and all else as before.

    raises  CannotEdit
    """
    try:
        after = load_bytes(file.path, file.written.encoded(text), environ)
    except ConfigError as error:
        said = "; ".join(one.message for one in error.problems[:3])
        raise CannotEdit(f"{file.path.name} would no longer be right ({said}); edit it by hand") from error
    before, now = _by_address(file.settings), _by_address(after)
    changed = {*added, removed}
    same = all(before.get(address) == now.get(address) for address in (*before, *now) if address not in changed)
    stays = removed is not None and set(before[removed].categories) > {left} != {None}
    there = all(address in now for address in added) and (removed in now) == stays
    filed = category is None or all(category in now[address].categories for address in added)
    if not (same and there and filed):
        raise CannotEdit(f"{file.path.name} is written in a way that is not edited here; edit it by hand")
    return after


def _by_address(settings: Settings) -> dict[str, SourceSettings]:
    return {source.address: replace(source, line=0) for source in settings.sources}


def _replace(file: File, text: str) -> None:
    replace_file(file.path, file.written.body if file.exists else None, file.written.encoded(text))


def _with_stories(settings: Settings) -> frozenset[str]:
    """The categories that have stories: their feeds stay when their last source goes."""
    if settings.database.startswith("sqlite:///") and not Path(settings.database.removeprefix("sqlite:///")).exists():
        return frozenset()
    engine = open_engine(settings.database)
    with suppress(SQLAlchemyError), reading(engine) as connection:
        return frozenset(slug for slug, state in views.category_states(connection).items() if state.stories)
    return frozenset()
