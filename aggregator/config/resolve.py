"""From the file as it is written to `Settings`: what is inherited, merged, implied and relative becomes plain.

Also all checks that look at more than one value. Reports everything it finds and returns settings only if nothing
is wrong.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from aggregator.config import categories, database, lists, sources
from aggregator.config.environment import refers
from aggregator.config.places import Place
from aggregator.config.quantities import format_duration
from aggregator.config.settings import CategorySettings, ListSettings, Settings, SiteSettings, SourceSettings
from aggregator.config.shapes import ConfigFile
from aggregator.config.sources import Mention
from aggregator.errors import Problem

POLITE_FLOOR = timedelta(minutes=15)  # below it most hosts call it abuse; only for hosts of one's own
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  to listen at → to call


def resolve(written: ConfigFile, root: Place, file: Path) -> tuple[Settings | None, list[Problem]]:
    """The settings, or None where something is wrong; and the problems, which are mere warnings where it is not."""
    problems: list[Problem] = []
    found, slugs, wrong = categories.settle(
        (categories.Written(name, options, root / "categories" / name) for name, options in written.categories.items()),
        limit=written.publish.limit,
    )
    problems += wrong
    mentions = _mentions(written, slugs, root, problems)
    included, brought, odd = _included(written, found, root, file, problems)
    mentions += _not_mentioned(brought, mentions)
    settled, wrong, warnings = sources.settle(mentions, written.defaults, written.fetch)
    problems += wrong
    problems += _floor_problems(written, root, settled)
    problems += _hub_problems(written, root)
    located = _located(written.database, root / "database", file.parent, problems)
    if not mentions and not included and not problems:
        problems.append((root / "categories").problem("there is no source in any category", at_key=True))
    if problems:
        return None, problems
    settings = Settings(
        file=file,
        sources=settled,
        categories=tuple(found.values()),
        database=located,
        listen=written.listen,
        site=_site(written),
        access=written.access,
        fetch=written.fetch,
        dedup=written.dedup,
        retention=written.retention,
        rsshub=written.rsshub,
        publish=written.publish,
        lists=included,
    )
    return settings, [*warnings, *odd]


def _mentions(written: ConfigFile, slugs: dict[str, str], root: Place, problems: list[Problem]) -> tuple[Mention, ...]:
    mentions = []
    for name, options in written.categories.items():
        place = root / "categories" / name / "sources"
        for index, item in enumerate(options.get("sources", ())):
            read = sources.mention(item, slugs.get(name, name), place / index, options.get("dedup"))
            if isinstance(read, Mention):
                mentions.append(read)
            else:
                problems += read
    return tuple(mentions)


def _included(
    written: ConfigFile, found: dict[str, CategorySettings], root: Place, file: Path, problems: list[Problem]
) -> tuple[tuple[ListSettings, ...], list[Mention], list[Problem]]:
    """The lists of the file, what they bring, and what is odd about them; their categories are added to `found`."""
    included: list[ListSettings] = []
    brought: list[Mention] = []
    odd: list[Problem] = []
    for index, item in enumerate(written.include):
        place = root / "include" / index
        one = lists.settle(item, file.parent, place)
        if isinstance(one, Problem):
            problems.append(one)
            continue
        included.append(one)
        entries, trouble = lists.read(one)
        odd += [place.problem(f"of this list nothing new can be had: {trouble}")] if trouble else []
        for entry in entries:
            own = categories.imply(found, entry.path, line=one.line, limit=written.publish.limit)
            brought.append(sources.included(entry.address, own, place))
    return tuple(included), brought, odd


def _not_mentioned(brought: list[Mention], mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """What the file does not say itself, once."""
    known = {(one.address, one.category) for one in mentions}
    new = {(one.address, one.category): one for one in brought}
    return tuple(one for key, one in new.items() if key not in known)


def _floor_problems(written: ConfigFile, root: Place, settled: tuple[SourceSettings, ...]) -> list[Problem]:
    problems = []
    every = written.defaults.get("every")
    if every is not None and every < written.fetch.floor:
        problems.append(sources.below_floor(root / "defaults", written.fetch))
    foreign = next((one for one in settled if one.kind != "file" and not one.allow_private), None)
    if written.fetch.floor < POLITE_FLOOR and foreign is not None:
        message = (
            f"may be under {format_duration(POLITE_FLOOR)} only where every source is your own "
            f"(`allow_private: true`); the one in line {foreign.line} is not"
        )
        problems.append((root / "fetch" / "floor").problem(message))
    return problems


def _hub_problems(written: ConfigFile, root: Place) -> list[Problem]:
    """A hub fetches what it is told of, as anybody else would."""
    place = root / "site" / "hub"
    if written.site.hub and written.access.token:
        return [place.problem("has no key: where `access.token` is set, a hub cannot read the feeds")]
    if written.site.hub and "url" not in written.site.model_fields_set:
        return [place.problem("needs `site.url`: a hub must know where to fetch the feeds")]
    return []


def _located(address: str, place: Place, folder: Path, problems: list[Problem]) -> str:
    try:
        return database.locate(address, folder)
    except ValueError as error:
        raw = str(place.value.content)
        problems.append(place.problem(f"what `{raw}` stands for {error}" if refers(raw) else str(error)))
        return address


def _site(written: ConfigFile) -> SiteSettings:
    if "url" in written.site.model_fields_set:
        return written.site
    host = ANYWHERE.get(written.listen.host, written.listen.host)
    return written.site.model_copy(update={"url": f"http://{replace(written.listen, host=host)}"})
