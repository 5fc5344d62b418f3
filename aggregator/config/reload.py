"""What becomes of a config.yaml that was changed while the service runs: new settings, or a refusal that says why.

A file is taken only when it has stopped changing, has no problem, and has not lost more than half of its sources: a
file that is half written, or half copied, is often good YAML. Nothing here decides when to look; that is for `watch`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from xxhash import xxh3_128_hexdigest

from aggregator.config import lists
from aggregator.config.load import load_bytes, read_bytes
from aggregator.config.report import problem_lines
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, Problem

STILL_SECONDS = 0.4  # two readings this far apart must be the same; editors write for milliseconds
MOST_READINGS = 25  # of a file that never stops changing; the next look goes on

ACCEPT = "aggregator plan --accept-removals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The file as it is now is not put in force.

    lines    why, and what to do
    missing  how many sources it has lost, where that is the reason
    """

    digest: str
    lines: tuple[str, ...]
    missing: int = 0


def look(current: Settings, environ: Mapping[str, str], *, accepted: str | None = None) -> Settings | Refused | None:
    """The settings that the file has now; why they are refused; or None, where they are those in force.

    accepted  the digest of the file whose missing sources are meant to be missing
    """
    try:
        body = _still(current.file)
        if body is None:
            return None
        if lists.digest(body, current.lists) == current.digest:
            return None
        new = load_bytes(current.file, body, environ)
    except ConfigError as error:
        return Refused(digest=_digest(current.file), lines=tuple(problem_lines(error)))
    gone = missing(current, new)
    if loses_too_much(gone, len(current.sources)) and new.digest != accepted:
        return Refused(digest=new.digest, lines=(warning(gone, len(current.sources)),), missing=len(gone))
    return new


def _still(file: Path) -> bytes | None:
    """What is in the file once two readings are the same; None if it does not come to rest."""
    before = read_bytes(file)
    for _ in range(MOST_READINGS):
        time.sleep(STILL_SECONDS)
        body = read_bytes(file)
        if body == before:
            return body
        before = body
    return None


def _digest(file: Path) -> str:
    try:
        return xxh3_128_hexdigest(read_bytes(file))
    except ConfigError:
        return "unreadable"


def missing(current: Settings, new: Settings) -> tuple[str, ...]:
    """The addresses of the sources that the new file no longer has."""
    still = {source.address for source in new.sources}
    return tuple(source.address for source in current.sources if source.address not in still)


def loses_too_much(gone: tuple[str, ...], known: int) -> bool:
    """Whether so many of the known sources are gone that somebody must say that this is meant."""
    return 2 * len(gone) > known


def warning(gone: tuple[str, ...], known: int) -> str:
    """What is said of a file that has lost too much."""
    return (
        f"{len(gone)} of {known} sources are no longer in config.yaml, so it is not put in force: it may be half "
        f"written. If this is meant, say `{ACCEPT}`; their stories stay"
    )


def without_restart(current: Settings, new: Settings) -> Settings:
    """The new settings as far as they can be put in force by a running program, with a warning of what cannot."""
    waits = [f"`{name}`" for name in ("listen", "database") if getattr(current, name) != getattr(new, name)]
    if _proxies(new) and not _proxies(current):
        waits.append("`images: proxy`")  # until then one slow host keeps all readers waiting (web/server)
    if not waits:
        return new
    note = Problem(message=f"changed: {' and '.join(waits)}; restart the program to put that in force")
    return replace(new, listen=current.listen, database=current.database, warnings=(note, *new.warnings))


def _proxies(settings: Settings) -> bool:
    return any(source.images == "proxy" for source in settings.sources)
