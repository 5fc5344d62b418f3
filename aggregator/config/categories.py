"""The categories of the file and those that they imply, as a list with parents before children.

`Technology/Python` makes `Technology`, written or not, in whatever order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from aggregator.config.places import Place
from aggregator.config.settings import CategorySettings
from aggregator.config.shapes import CategoryOptions
from aggregator.config.slugs import parts, slug
from aggregator.errors import Problem


@dataclass(frozen=True, slots=True)
class Written:
    """One category as the file has it. `place` is its value; its name is the key."""

    name: str
    options: CategoryOptions
    place: Place


def settle(
    written: Iterable[Written], *, limit: int
) -> tuple[dict[str, CategorySettings], dict[str, str], list[Problem]]:
    """Every category by its slug, parents first; the slug of every name that is usable; and what is wrong.

    limit  for those that give none
    """
    found: dict[str, CategorySettings] = {}
    slugs: dict[str, str] = {}
    named: dict[str, int] = {}  # slug → line, of those that stand in the file themselves
    problems: list[Problem] = []
    for one in written:
        try:
            path = parts(one.name)
            implied = [_implied(path[:depth], one.place.key.line, limit) for depth in range(1, len(path) + 1)]
        except ValueError as error:
            problems.append(one.place.problem(f"this cannot be a category: {error}", at_key=True))
            continue
        clash = next((have for new in implied if (have := found.get(new.slug)) and have.path != new.path), None)
        own = implied[-1]
        if clash is not None or own.slug in named:
            line = clash.line if clash else named[own.slug]
            other = "/".join(clash.path if clash else path)
            message = f"`{other}` in line {line} has the same slug, `{clash.slug if clash else own.slug}`"
            problems.append(one.place.problem(f"{message}; write both the same way, or rename one", at_key=True))
            continue
        for parent in implied[:-1]:
            found.setdefault(parent.slug, parent)
        found[own.slug] = _with_options(own, one.options)
        named[own.slug] = own.line
        slugs[one.name] = own.slug
    return found, slugs, problems


def imply(found: dict[str, CategorySettings], path: tuple[str, ...], *, line: int, limit: int) -> str:
    """The slug of a category that a list brings; it and its parents are added, where nothing has their slugs."""
    for depth in range(1, len(path) + 1):
        category = _implied(path[:depth], line, limit)
        found.setdefault(category.slug, category)
    return slug(path)


def _implied(path: tuple[str, ...], line: int, limit: int) -> CategorySettings:
    return CategorySettings(path=path, slug=slug(path), title=path[-1], description="", limit=limit, line=line)


def _with_options(category: CategorySettings, options: CategoryOptions) -> CategorySettings:
    return replace(
        category,
        title=options.get("title", category.title),
        description=options.get("description", category.description),
        limit=options.get("limit", category.limit),
    )
