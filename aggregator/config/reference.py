"""docs/configuration.md and the JSON Schema for editors, made from the models, so that neither can fall behind them.

`python -m aggregator.config.reference docs` writes both into the folder `docs`; a test holds the files there against
what this makes.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from aggregator.config.quantities import format_duration, format_size
from aggregator.config.settings import SourceSettings
from aggregator.config.shapes import CategoryOptions, ConfigFile, Defaults, IncludeOptions, SourceOptions
from aggregator.config.slugs import LONGEST_BYTES, RESERVED
from aggregator.config.sources import KIND_OPTIONS, ONE_OF
from feeds.clean.rules import FIELDS
from feeds.kinds import KINDS, Kind
from feeds.parse.options import Option

PAGE = "configuration.md"
SCHEMA = "configuration.schema.json"

_INTRODUCTION = f"""\
# config.yaml

<!-- Made by `python -m aggregator.config.reference docs` from the models in aggregator/config/. Edit those. -->

Everything the service does is said in one file, `config.yaml`. The smallest that works:

```yaml
categories:
  Technology:
    - https://lwn.net/headlines/rss
```

`aggregator check` reads it and tells everything that is wrong at once, with lines. Nothing starts with a broken file.
The [sample](../config.yaml) shows every option; editors with a YAML language server complete and check it as you type,
by `{SCHEMA}`, which its first line names.

**Durations** are written `90s`, `15m`, `2h`, `14d` or `1w`; **sizes** `500 KB` or `15 MiB`. A bare number is refused.

**Secrets** stay out of the file: `${{NAME}}` in any value is what the environment variable holds, and an error if it is
not set. Such values are never printed. Write `$${{` for the characters themselves.

**Quotes** are needed where YAML would read a word as something else than text: `no`, `1:30`, `012`, `2026-11-23`,
`1e3`. Where text is meant, these are refused, and the message says so.
"""

_CATEGORIES = f"""\
A category is a list of sources, or a mapping with options of its own. Its name is a path of any depth: what is in
`Technology/Python` is also in `Technology`, whether that is listed or not, and in whatever order. Each category is a
feed at `/feeds/<slug>.rss`, `.atom` and `.json`. The slug is the path in lower case, with letters and digits of every
script kept and everything else as `-`: `Tech & Science/AI` is `tech-science/ai`. Two paths with one slug are an
error; a slug has at most {LONGEST_BYTES} bytes; {", ".join(f"`{word}`" for word in sorted(RESERVED))} are taken at the
top.
"""

_SOURCES = f"""\
A source is an address, or a mapping with exactly one of {ONE_OF}, and options:

```yaml
- https://lwn.net/headlines/rss
- file:examples/planet-example.xml    # relative to config.yaml
- rsshub:/zaker/source/12             # a route of RSSHub
- url: https://blog.example.org/feed.xml
  every: 2h
- page: https://example.org/news      # a page without a feed, see below
  item: article.post
```

The same address under several categories is one source in all of them. An option may be given at any of these
places; two places that give it different values are an error. A source may also have every option of
[`defaults`](#defaults), and inherits what it does not give.
"""

_INCLUDE = """\
Any feed reader writes its subscriptions as an OPML list; so can a friend, or a planet. What it lists is read as if it
stood in the file: a folder is a category, a folder in it one below. What the file says of a source itself counts; lists
bring addresses on the web alone.

A list on this machine is read anew whenever it changes. One on the web is fetched as politely as every source, and the
last good copy is kept in `var/lists/`: while it cannot be had, cannot be read, or has lost more than half of its
subscriptions, nothing changes, and `/status` says so. `aggregator ingest` fetches it; a `serve` on another machine
needs that folder, too.
"""

_RULES = f"""\
## Rules: `keep` and `drop`

One line each: {", ".join(f"`{name}`" for name in FIELDS)}, then `~` (the pattern is found in it), `=` (it is
equal), `!~` or `!=`, then the pattern or text: `title ~ (?i)python`, `tag = release`. Patterns are
[RE2's](https://github.com/google/re2/wiki/Syntax). An entry is kept if it matches any `keep`, or there is none, and no
`drop`.

By age: `age > 30d` in `drop`, `age < 2w` in `keep`, in hours, days or weeks (`h`, `d`, `w`) since the entry was
published, or else updated. An entry without a date is never too old. The age counts when an entry is read for the first
time, or again after it changed; what was kept then stays, however old it grows (`retention` says for how long).
"""


def page() -> str:
    """docs/configuration.md."""
    parts = [_INTRODUCTION, *_section("The whole file", ConfigFile, ConfigFile.__doc__)]
    for name, field in ConfigFile.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            parts += _section(f"`{name}`", field.annotation, field.annotation.__doc__)
    parts += _section("`defaults`", Defaults, Defaults.__doc__)
    parts += _section("`categories`", CategoryOptions, _CATEGORIES)
    parts += _section("Sources", SourceOptions, _SOURCES)
    parts += _section("`include`", IncludeOptions, _INCLUDE)
    for kind in KINDS.values():
        parts += _kind_section(kind)
    return "\n".join([*parts, _RULES])


def _section(title: str, model: Any, text: str | None) -> Iterator[str]:
    yield f"## {title}\n\n{(text or '').strip()}\n"
    yield "| option | what it does | default | example |\n|---|---|---|---|"
    inherited = {*options(Defaults), *KIND_OPTIONS} if model is SourceOptions else set()
    shown = {name: field for name, field in options(model).items() if name not in inherited}
    yield "".join(f"| `{name}` | {_row(name, field)} |\n" for name, field in shown.items())


def _kind_section(kind: Kind) -> Iterator[str]:
    if not kind.options:
        return
    yield f"### Options of a `{kind.key}`\n\n{kind.more}\n"
    if "```yaml" not in kind.more:
        needed = [f"  {name}: {option.example}" for name, option in kind.options.items() if option.needed]
        yield "\n".join(["```yaml", f"- {kind.key}: {kind.example}", *needed, "```\n"])
    yield "| option | what it does | default | example |\n|---|---|---|---|"
    yield "".join(f"| `{name}` | {_option_row(option)} |\n" for name, option in kind.options.items())


def _option_row(option: Option) -> str:
    default = f"`{option.default}`" if option.default else ""
    return f"{option.about} | {default} | `{option.example}`".replace("||", r"\|\|")


def options(model: Any) -> dict[str, FieldInfo]:
    """The options of a section, in their order."""
    if issubclass(model, BaseModel):
        return dict(model.model_fields)
    found = {}
    for name, hint in get_type_hints(model, include_extras=True).items():
        described = [one for one in hint.__metadata__ if isinstance(one, FieldInfo) and one.description]
        found[name] = described[-1]
    return found


def _row(name: str, field: FieldInfo) -> str:
    default = _default(name, field)
    examples = ", ".join(f"`{_written(name, one)}`" for one in field.examples or ())
    description = field.description or f"See [below](#{name})."
    return f"{description} | {f'`{default}`' if default else ''} | {examples}"


def _default(name: str, field: FieldInfo) -> str:
    """As people would write it; nothing where there is none, or where it is a section of its own."""
    if field.is_required():
        inherited = {one.name: one.default for one in fields(SourceSettings)}
        value = "auto" if "auto" in (field.examples or ()) else inherited.get(name)
        return "" if not isinstance(value, str | int) or name == "address" else _written(name, value)
    nothing = field.default in (None, ()) or isinstance(field.default, BaseModel | dict)
    return "" if nothing else _written(name, field.default)


def _written(name: str, value: Any) -> str:
    match value:
        case timedelta():
            return format_duration(value)
        case int() if name == "max_body":
            return format_size(value)
        case bool() | int() | list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


class _Schema(GenerateJsonSchema):
    """Defaults as people write them."""

    def encode_default(self, dft: Any) -> Any:
        """A default of a field, as JSON."""
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def schema() -> str:
    """The JSON Schema. It knows shapes and names; what takes more than that only `aggregator check` knows."""
    made = ConfigFile.model_json_schema(schema_generator=_Schema)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def main(folder: str) -> None:
    """Write both into a folder."""
    Path(folder, PAGE).write_text(page(), encoding="utf-8")
    Path(folder, SCHEMA).write_text(schema(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
