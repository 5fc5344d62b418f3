"""`clean`: every entry of a parsed feed through STEPS, in order, so that it can be shown to people.

A new filter is one file here and one row in STEPS. A step is a pure function of one entry: it returns the entry,
changed or not, or None to drop it. Cleaning twice gives what cleaning once gives. The order matters: rules look at
letters that are right; what repairs works on what the source wrote; `sanitize` is the last to write HTML, so that
nothing unsafe can be made after it; `titles` and `thumbnail` borrow from what it lets through.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from feeds.clean import images, letters, limits, links, rules, sanitize, thumbnail, titles
from feeds.clean.context import Context
from feeds.clean.rules import Rules
from feeds.model import Entry, Feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One cleaner: its name, for the documentation and for problems, and what it does."""

    name: str
    apply: Callable[[Entry, Context], Entry | None]


STEPS: tuple[Step, ...] = (
    Step(name="letters", apply=letters.reread_all),
    Step(name="rules", apply=rules.keep),
    Step(name="links", apply=links.mend),
    Step(name="limits", apply=limits.fit),
    Step(name="images", apply=images.repair),
    Step(name="sanitize", apply=sanitize.entry),
    Step(name="titles", apply=titles.tidy),
    Step(name="thumbnail", apply=thumbnail.choose),
)


def clean(feed: Feed, *, base: str, rules: Rules, now: datetime | None = None) -> Feed:
    """The feed with its entries cleaned; one that makes a step fail becomes a line in `problems`.

    base   the feed's own address, for relative links; "" if it is not on the web
    rules  which entries to keep; ValueError if one cannot be read (config checks them beforehand)
    now    aware; what rules by age compare with; without it none of them finds an entry too old
    """
    return clean_keeping(feed, base=base, rules=rules, now=now)[0]


def clean_keeping(
    feed: Feed, *, base: str, rules: Rules, now: datetime | None = None
) -> tuple[Feed, tuple[Entry, ...]]:
    """The same, and for each entry of the cleaned feed what it was before."""
    context = Context(base=base or feed.url or feed.link or "", rules=rules, now=now)
    entries: list[Entry] = []
    originals: list[Entry] = []
    problems = list(feed.problems)
    for entry in feed.entries:
        try:
            cleaned = _through_steps(entry, context)
        except Exception as error:  # noqa: BLE001 - whatever one entry does, the others live
            problems.append(f"entry {entry.guid[:80]!r} was left out: {type(error).__name__}: {error}"[:300])
            continue
        if cleaned is not None:
            entries.append(cleaned)
            originals.append(entry)
    return replace(feed, entries=tuple(entries), problems=tuple(problems)), tuple(originals)


def _through_steps(entry: Entry, context: Context) -> Entry | None:
    seen: Entry | None = entry
    for step in STEPS:
        if seen is None:
            return None
        seen = step.apply(seen, context)
    return seen
