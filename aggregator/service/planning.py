"""What config.yaml would change in the database: sources that are new, that changed, and that are no longer listed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from aggregator.config.redaction import shown_address
from aggregator.config.reload import loses_too_much
from aggregator.config.settings import Settings
from aggregator.service.setup import listed, put_in_force
from aggregator.store import configuration, sources
from aggregator.store.engine import open_engine, reading, upgrade, writing
from aggregator.store.sources import Listed, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One source that the file would change. `how` is a sentence for people; "" for what is new or gone."""

    address: str
    line: int | None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the file would change.

    known    how many sources the database has
    held     whether so many are orphaned that a running program waits for `--accept-removals`
    """

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    orphaned: tuple[Change, ...]
    known: int

    @property
    def empty(self) -> bool:
        """Whether file and database agree."""
        return not (self.added or self.changed or self.orphaned)

    @property
    def held(self) -> bool:
        """Whether so many sources are orphaned that a running program waits for somebody to say that this is meant."""
        return loses_too_much(tuple(one.address for one in self.orphaned), self.known)


def plan(settings: Settings) -> Plan:
    """Compare the file with the database, which is not written.

    raises  DatabaseError
    """
    known = _known(settings)
    wanted = {source.address: source for source in listed(settings)}
    settled = {source.address: source for source in settings.sources}

    def change(address: str, how: str = "") -> Change:
        source = settled.get(address)
        return Change(address=shown_address(address, source), line=source.line if source else None, how=how)

    pairs = ((address, known[address], want) for address, want in wanted.items() if address in known)
    return Plan(
        added=tuple(change(address) for address in wanted if address not in known),
        changed=tuple(
            change(address, how) for address, was, want in pairs if (how := "; ".join(_differences(was, want)))
        ),
        orphaned=tuple(change(address) for address in known if address not in wanted),
        known=len(known),
    )


def accept_removals(settings: Settings) -> None:
    """Make the database agree with the file, whatever it has lost; a running program follows within seconds.

    raises  DatabaseError
    """
    engine = open_engine(settings.database)
    upgrade(engine)
    with writing(engine) as connection:
        configuration.accept(connection, settings.digest)
    put_in_force(engine, settings, started=False)


def _known(settings: Settings) -> dict[str, Recorded]:
    file = make_url(settings.database).database
    if settings.database.startswith("sqlite") and not (file and Path(file).exists()):
        return {}
    engine = open_engine(settings.database)
    upgrade(engine)
    with reading(engine) as connection:
        return sources.recorded(connection)


def _differences(was: Recorded, want: Listed) -> Iterator[str]:
    before, after = was.slugs - {"all"}, set(want.slugs) - {"all"}
    if joined := sorted(after - before):
        yield f"joins {', '.join(joined)}"
    if left := sorted(before - after):
        yield f"leaves {', '.join(left)}"
    if was.kind != want.kind or (was.reading and was.reading != want.reading):
        yield "is read in another way: its next document is read in full"
    if was.asking and was.asking != want.asking:
        yield "is asked for in another way: at once, if it fails"
