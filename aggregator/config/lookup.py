"""Which source of config.yaml an address is meant to be, as people have it at hand on the command line."""

from contextlib import suppress
from difflib import get_close_matches

from aggregator.config.settings import Settings, SourceSettings
from aggregator.errors import AggregatorError
from feeds.kinds import KINDS


class UnknownSource(AggregatorError):
    """An address was given that config.yaml does not list."""


def known_source(address: str, settings: Settings) -> str:
    """The identity of the source that an address is meant to be.

    raises  UnknownSource
    """
    if source := source_at(address, settings):
        return source.address
    raise unknown(address, settings)


def unknown(address: str, settings: Settings) -> UnknownSource:
    """That there is no such source, with one that may be meant: it has this name, or nearly this address."""
    named = {source.name: source for source in settings.sources if source.name}
    shown = {source.written or source.address: source for source in settings.sources}
    near = (known[one] for known in (named, shown) for one in get_close_matches(address, known, n=1, cutoff=0.8))
    meant = next(near, None)
    hint = f"did you mean {meant.written or meant.address}?" if meant else "`aggregator status` lists them"
    return UnknownSource(f"{address} is not among the sources of {settings.file.name}; {hint}")


def source_at(address: str, settings: Settings) -> SourceSettings | None:
    """The source: by its identity or as the file writes it, else by where it is fetched; None if there is none."""
    spellings = _spellings(address)
    by_identity = (source for source in settings.sources if source.address in spellings or source.written == address)
    by_place = (source for source in settings.sources if not spellings.isdisjoint(_places(source)))
    return next(by_identity, None) or next(by_place, None)


def _spellings(address: str) -> frozenset[str]:
    """The address, and the feed that it stands for."""
    with suppress(ValueError):
        return frozenset((address, KINDS["feed"].address(address)))
    return frozenset((address,))


def _places(source: SourceSettings) -> tuple[str, ...]:
    return () if source.kind == "file" else KINDS[source.kind].locate(source.address, ())
