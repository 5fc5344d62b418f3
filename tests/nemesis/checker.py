"""What must be true of every run, however much was broken in it. Pure: a history goes in, violations come out.

vouched       every item of every body whose validators we hold, or send, is stored, in that version or a later one
kept          what was stored once is stored for good
acknowledged  what was once in a published feed stays there, under the same identity and in the same place
once          nothing is stored twice, nor shown twice
polite        no source is polled under its floor
served        feeds are never empty once they were not, and never an error but 503
caught_up     when all is healed, everything that the origin has is stored, merged and shown
processes     nothing ended by itself, nor outlived its SIGTERM
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.nemesis.history import History, Published, Served, Shown, Snapshot

TOLERANCE = 0.05  # seconds between our writing down that a request was sent and the origin's that it came
CLOCK = "clock"  # what a jump of the clock is called in `History.done`

Versions = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken, and how."""

    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


def check(history: History) -> tuple[Violation, ...]:
    """Everything that is wrong, each thing once."""
    found = (Violation(name, what) for name, rule in RULES.items() for what in rule(history))
    return tuple(dict.fromkeys(found))


def vouched(history: History) -> Iterator[str]:
    bodies = _Bodies(history.served)
    for snapshot in history.snapshots:
        stored = _versions(snapshot)
        for source, held in snapshot.sources.items():
            for what, value in (("ETag", held.etag), ("digest", held.digest)):
                if value is not None:
                    yield from _missing(f"the {what} that is held", value, source, bodies, stored)
    snapshots = iter(history.snapshots)
    now = next(snapshots, None)
    for one in history.served:
        while now is not None and now.at < one.at:
            now = next(snapshots, None)
        if now is not None and one.sent is not None:
            yield from _missing("the ETag that was sent", one.sent, one.source, bodies, _versions(now))


class _Bodies:
    """The answers that can be used, by what vouches for them; and whatever else was sent with an ETag."""

    def __init__(self, served: Iterable[Served]) -> None:
        self.usable: dict[tuple[str, bytes], Served] = {}
        self.poisoned: set[tuple[str, bytes]] = set()
        for one in served:
            for value in (one.etag, one.digest):
                if value is None:
                    continue
                if one.complete:
                    self.usable[one.source, value] = one
                else:
                    self.poisoned.add((one.source, value))


def _missing(what: str, value: bytes, source: str, bodies: _Bodies, stored: Versions) -> Iterator[str]:
    body = bodies.usable.get((source, value))
    if body is None:
        why = "a body that was cut or no feed" if (source, value) in bodies.poisoned else "no body that was ever served"
        yield f"{what} of {source} is of {why}: {value!r}"
        return
    for guid, version in body.items.items():
        if stored.get((source, guid), -1) < version:
            yield f"{what} of {source} vouches for {guid} in version {version}, which is not stored"


def _versions(snapshot: Snapshot) -> Versions:
    return {(row.source, row.guid): row.version for row in snapshot.rows}


def kept(history: History) -> Iterator[str]:
    for before, after in pairwise(history.snapshots):
        now = _versions(after)
        for (source, guid), version in _versions(before).items():
            if (source, guid) not in now:
                yield f"{guid} of {source} was stored, and is gone"
            elif now[source, guid] < version:
                yield f"{guid} of {source} went back from version {version} to {now[source, guid]}"
        for story in before.stories - after.stories:
            yield f"the story {story} was there, and is gone"


def acknowledged(history: History) -> Iterator[str]:
    for name, answers in _by_feed(history).items():
        seen: dict[str, Shown] = {}
        for answer in answers:
            now = {entry.id: entry for entry in answer.entries}
            for id_, entry in seen.items():
                if id_ not in now and not _crowded_out(entry, answer):
                    yield f"{entry.token} was in {name} and is not there any more"
                elif id_ in now and now[id_].published != entry.published:
                    yield f"{entry.token} moved in {name} from {entry.published} to {now[id_].published}"
            seen |= now
        if history.snapshots:
            for id_, entry in seen.items():
                if id_.removeprefix("urn:uuid:") not in history.snapshots[-1].stories:
                    yield f"{entry.token} was in {name}, and its story is gone from the database"


def _crowded_out(entry: Shown, answer: Published) -> bool:
    full = len(answer.entries) >= answer.limit
    return full and entry.published <= min(shown.published for shown in answer.entries)


def _by_feed(history: History) -> dict[str, list[Published]]:
    """The good answers of each feed, in order."""
    feeds: dict[str, list[Published]] = {}
    for answer in history.published:
        if answer.status == 200:
            feeds.setdefault(answer.feed, []).append(answer)
    return feeds


def once(history: History) -> Iterator[str]:
    for snapshot in history.snapshots:
        yield from _repeated(f"{row.guid} of {row.source} is stored twice" for row in snapshot.rows)
    for answer in history.published:
        yield from _repeated(f"the id {entry.id} is twice in {answer.feed}" for entry in answer.entries)
        yield from _repeated(f"{entry.token} is shown twice in {answer.feed}" for entry in answer.entries)


def _repeated(sentences: Iterable[str]) -> list[str]:
    return [sentence for sentence, count in Counter(sentences).items() if count > 1]


def polite(history: History) -> Iterator[str]:
    """Of two polls, between which the clock was set, nobody can say how far apart they should be."""
    jumps = [one.at for one in history.done if one.what == CLOCK]
    polls: dict[str, list[float]] = {}
    for one in history.served:
        if not one.redirected:
            polls.setdefault(one.source, []).append(one.at)
    for source, instants in polls.items():
        for before, after in pairwise(instants):
            unsure = any(before - history.floor <= jump <= after for jump in jumps)
            if after - before < history.floor - TOLERANCE and not unsure:
                yield f"{source} was polled at {before:.2f} and {after - before:.2f} s later, under {history.floor:g} s"


def served(history: History) -> Iterator[str]:
    seen: set[str] = set()
    for answer in history.published:
        if answer.status not in (200, 503):
            yield f"{answer.feed} was answered with {answer.status}"
        elif answer.status == 200 and not answer.entries and answer.feed in seen:
            yield f"{answer.feed} was empty at {answer.at:.2f}"
        elif answer.entries:
            seen.add(answer.feed)
    if not seen:
        yield "no feed ever had an entry: this run proves nothing"


def caught_up(history: History) -> Iterator[str]:
    if not history.snapshots:
        yield "the database was never seen: this run proves nothing"
        return
    last = history.snapshots[-1]
    stored = {(row.source, row.guid): row for row in last.rows}
    # Of each source its last document: what was in an earlier one, whose poll died with its worker, may have left it.
    documents = {one.source: one.items for one in history.served if one.complete}
    newest = {(source, guid): version for source, items in documents.items() for guid, version in items.items()}
    for (source, guid), version in newest.items():
        row = stored.get((source, guid))
        if row is None:
            yield f"{guid} of {source} was served, and is not stored"
        elif row.version < version:
            yield f"{guid} of {source} is stored in version {row.version}; {version} was served"
        elif row.story is None:
            yield f"{guid} of {source} is in no story"
    yield from _unseen(history, last)


def _unseen(history: History, last: Snapshot) -> Iterator[str]:
    """Stories that are not in the feed of all, at the end."""
    answers = _by_feed(history).get("all", [])
    if answers and len(answers[-1].entries) < answers[-1].limit:
        shown = {entry.id.removeprefix("urn:uuid:") for entry in answers[-1].entries}
        yield from (f"the story {story} is not shown" for story in sorted(last.stories - shown))


def processes(history: History) -> Iterator[str]:
    yield from history.unwell


Rule = Callable[[History], Iterator[str]]
RULES: dict[str, Rule] = {
    rule.__name__: rule for rule in (vouched, kept, acknowledged, once, polite, served, caught_up, processes)
}
