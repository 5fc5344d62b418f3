"""What pydantic found, in the words of somebody who edits config.yaml: one `Problem` for each error.

A message may quote what the file says, never what a variable of the environment holds; so everything about a value that
refers to the environment is said without it.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

from pydantic_core import ErrorDetails

from aggregator.config.environment import refers
from aggregator.config.places import Place
from aggregator.config.scalars import Surprise, called
from aggregator.config.settings import SourceSettings
from aggregator.config.shapes import CategoryOptions, ConfigFile, Defaults, IncludeOptions, SourceOptions
from aggregator.errors import Problem

_LEAST = {
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "missing": "is needed",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "bool_type": "must be true or false, without quotes",
    "int_type": "must be a whole number, without quotes",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
}


def problem(error: ErrorDetails, place: Place) -> Problem:
    """One of pydantic's errors, at its place."""
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown_key(place)
    if kind == "missing":
        name = str(error["loc"][-1])
        return place.problem(f"`{name}` is missing: without it there is nothing to do")
    if refers(str(place.value.content)) and isinstance(place.value.content, str):
        return place.problem(f"what `{place.value.content}` stands for in the environment cannot be used here")
    if kind == "literal_error":
        return _not_a_choice(error, place)
    return place.problem(_sentence(kind, given, error, place), at_key=given is None)


def _sentence(kind: str, given: Any, error: ErrorDetails, place: Place) -> str:
    context = error.get("ctx", {})
    if given is None:
        return "has no value; write one, or take it away"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type":
        if isinstance(place.value.content, str):
            return f'this is read as {called(given)}, not as text; write it in quotes: "{place.value.content}"'
        return f"must be text, not {called(given)}"
    if kind == "dict_type" and place.steps[0] == "categories" and len(place.steps) == 2:
        return f"must be a list of sources, or a mapping with `sources`, not {called(given)}"
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        return f"must be a mapping (`key: value`), not {called(given)}"
    if isinstance(given, Surprise) and kind == "bool_type":
        return f"`{given.text}` is not the same everywhere in YAML; write `true` or `false`"
    return _LEAST[kind].format(**context) if kind in _LEAST else error["msg"]


def _unknown_key(place: Place) -> Problem:
    known = known_keys(place.steps[:-1])
    name = str(place.steps[-1])
    if place.steps[0] == "defaults" and name in SourceOptions.__annotations__:
        return place.problem(f"`{name}` belongs to a source; it cannot be inherited", at_key=True)
    suggestion = nearest(name, known)
    message = "unknown key" if suggestion else f"unknown key; known here: {', '.join(known)}"
    return place.problem(message, suggestion=suggestion, at_key=True)


def _not_a_choice(error: ErrorDetails, place: Place) -> Problem:
    choices = _choices(str(place.steps[-1]))
    written = place.value.content if isinstance(place.value.content, str) else ""
    sentence = f"must be {', '.join(choices[:-1])} or {choices[-1]}" if choices else error["msg"]
    return place.problem(sentence, suggestion=nearest(written, choices))


def _choices(option: str) -> tuple[str, ...]:
    return get_args(SourceSettings.__annotations__.get(option))


def known_keys(steps: Sequence[str | int]) -> tuple[str, ...]:
    """The keys that a mapping at these steps may have."""
    match steps:
        case ():
            return tuple(ConfigFile.model_fields)
        case ("categories", _):
            return tuple(CategoryOptions.__annotations__)
        case ("categories", *_):
            return tuple(SourceOptions.__annotations__)
        case ("include", *_):
            return tuple(get_type_hints(IncludeOptions))
        case ("defaults",):
            return tuple(Defaults.__annotations__)
    section = ConfigFile.model_fields[str(steps[0])].annotation
    return tuple(getattr(section, "model_fields", ()))


def nearest(written: str, known: Sequence[str]) -> str | None:
    """The known word that somebody most likely meant."""
    found = get_close_matches(written.lower(), known, n=1, cutoff=0.6)
    return found[0] if found else None
