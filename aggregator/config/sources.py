"""The sources of the file: each address once, with everything that its places say about it and what it inherits.

One source may stand under many categories. An option may be given at any of those places; two places that give
different values are a contradiction that only the author can settle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aggregator.config import addresses
from aggregator.config.environment import refers
from aggregator.config.places import Place
from aggregator.config.quantities import format_duration
from aggregator.config.settings import FetchSettings, SourceSettings
from aggregator.config.shapes import Defaults, SourceOptions
from aggregator.errors import Problem
from feeds.clean.rules import Rules
from feeds.kinds import KINDS, Kind

KIND_OPTIONS = frozenset(name for kind in KINDS.values() for name in kind.options)
CAREFUL = ("off", "exact", "near")  # what `dedup` may be, the most careful first
ONE_OF = ", ".join(f"`{key}`" for key in addresses.KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place where a source is named.

    options   what is said there, without the address and without
    told      the options of its kind
    likeness  what its category says of `dedup`; None if nothing
    """

    kind: str
    address: str
    written: str | None
    options: Mapping[str, Any]
    told: Mapping[str, str]
    category: str
    place: Place
    likeness: str | None = None


def mention(
    item: str | SourceOptions, category: str, place: Place, likeness: str | None = None
) -> Mention | list[Problem]:
    """Understand one item of a category's list; `likeness` is what the category says of `dedup`."""
    said: Mapping[str, Any] = {} if isinstance(item, str) else item
    keys = tuple(key for key in addresses.KEYS if key in said)
    if len(keys) != 1 and not isinstance(item, str):
        found = f"has {' and '.join(f'`{key}`' for key in keys)}" if keys else "has no address"
        return [place.problem(f"{found}; a source has exactly one of {ONE_OF}")]
    at = place / keys[0] if keys else place
    raw = at.value.content if isinstance(at.value.content, str) else ""
    try:
        kind, address = addresses.source(item) if isinstance(item, str) else addresses.option(keys[0], said[keys[0]])
    except ValueError as error:
        unusable = f"what `{raw}` stands for is no address that can be used" if refers(raw) else str(error)
        return [at.problem(unusable)]
    told = {name: value for name, value in said.items() if name in KIND_OPTIONS}
    if wrong := _wrongly_told(KINDS[kind], told, place):
        return wrong
    return Mention(
        kind=kind,
        address=address,
        written=raw if refers(raw) else None,
        options={name: value for name, value in said.items() if name not in keys and name not in told},
        told=told,
        category=category,
        place=place,
        likeness=likeness,
    )


def included(address: str, category: str, place: Place) -> Mention:
    """A feed that a list brings."""
    return Mention(kind="feed", address=address, written=None, options={}, told={}, category=category, place=place)


def _wrongly_told(kind: Kind, told: Mapping[str, str], place: Place) -> list[Problem]:
    """What is wrong with the options of a kind: of another, missing, or not what the kind can use."""
    problems = []
    for name, value in told.items():
        at = place / name
        if name not in kind.options:
            theirs = " or ".join(f"`{one.key}`" for one in KINDS.values() if name in one.options)
            hint = "; what to call the source is its `name`" if name == "title" else ""
            problems.append(at.problem(f"is an option of a {theirs}, not of a `{kind.key}`{hint}", at_key=True))
            continue
        try:
            kind.options[name].check(value)
        except ValueError as error:
            raw = str(at.value.content)
            problems.append(at.problem(f"what `{raw}` stands for cannot be used here" if refers(raw) else str(error)))
    return problems + [
        place.problem(f"a `{kind.key}` needs `{name}`, such as `{name}: {option.example}`: {_begun(option.about)}")
        for name, option in kind.options.items()
        if option.needed and name not in told and (place / name) is place  # else it stands there, and is wrong
    ]


def _begun(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].removesuffix(".")


def settle(
    mentions: tuple[Mention, ...], defaults: Defaults, fetch: FetchSettings
) -> tuple[tuple[SourceSettings, ...], list[Problem], list[Problem]]:
    """The sources in the order of the file, what is wrong with them, and what is merely odd."""
    places: dict[str, list[Mention]] = {}
    for one in mentions:
        places.setdefault(one.address, []).append(one)
    problems: list[Problem] = []
    warnings: list[Problem] = []
    sources = []
    for several in places.values():
        options = _merged(several, problems)
        warnings += _twice(several)
        warnings += _too_rarely(several, fetch)
        problems += _too_often(several, fetch)
        sources.append(_source(several, {**defaults, **_of_categories(several), **options}))
    return tuple(sources), problems, warnings


def _of_categories(several: list[Mention]) -> dict[str, Any]:
    """What the categories of a source say of it: the most careful `dedup`."""
    said = [one.likeness for one in several if one.likeness is not None]
    return {"dedup": min(said, key=CAREFUL.index)} if said else {}


def _merged(several: list[Mention], problems: list[Problem]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    origin: dict[str, Mention] = {}
    for one in several:
        for name, value in (*one.options.items(), *one.told.items()):
            if name not in options:
                options[name], origin[name] = value, one
            elif options[name] != value:
                line = (origin[name].place / name).key.line
                message = f"differs from line {line}, where the same source has another `{name}`; give it in one place"
                problems.append((one.place / name).problem(message))
    return options


def _twice(several: list[Mention]) -> list[Problem]:
    first: dict[str, Mention] = {}
    warnings = []
    for one in several:
        before = first.setdefault(one.category, one)
        if before is not one:
            message = f"the same source stands in this category already, in line {before.place.key.line}"
            warnings.append(one.place.problem(message))
    return warnings


def _too_often(several: list[Mention], fetch: FetchSettings) -> list[Problem]:
    return [below_floor(one.place, fetch) for one in several if _under(one.options.get("every"), fetch.floor)]


def _too_rarely(several: list[Mention], fetch: FetchSettings) -> list[Problem]:
    return [above_ceiling(one.place, fetch) for one in several if _under(fetch.ceiling, one.options.get("every"))]


def _under(one: timedelta | None, other: timedelta | None) -> bool:
    return one is not None and other is not None and one < other


def below_floor(place: Place, fetch: FetchSettings) -> Problem:
    """That `every` at this place is under the floor."""
    floor = format_duration(fetch.floor)
    return (place / "every").problem(f"is below `fetch.floor`: no source is fetched more often than every {floor}")


def above_ceiling(place: Place, fetch: FetchSettings) -> Problem:
    """That `every` at this place is over the ceiling."""
    ceiling = format_duration(fetch.ceiling)
    return (place / "every").problem(f"is above `fetch.ceiling`, so the source is fetched every {ceiling}")


def _source(several: list[Mention], options: dict[str, Any]) -> SourceSettings:
    first = several[0]
    rules = Rules(keep=tuple(options.pop("keep", ())), drop=tuple(options.pop("drop", ())))
    told = {name: options.pop(name) for name in KINDS[first.kind].options if name in options}
    return SourceSettings(
        address=first.address,
        kind=first.kind,
        written=first.written,
        rules=rules,
        options=told,
        categories=tuple(dict.fromkeys(one.category for one in several)),
        line=first.place.key.line,
        **options,
    )
