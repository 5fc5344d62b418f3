"""Labelled sets of entries that are or are not the same article, for `benchmarks.dedup`.

    syndicated   ECB+ topics 1 to 18: copies of one agency text in several papers, and separate reports of one event
    formats      one blog as RSS, Atom or JSON Feed at different times, among all real feeds; addresses kept
    moved        the same and, for every other real feed, its entries once more at addresses that have nothing in common
    revisions    the first and the last state of every entry that was edited, from feeds kept in git histories

Labels come from outside what is measured: the corpus says what is a copy, two documents that have a link, or a title
and the first words, in common have the same article, and a guid names an entry through its revisions.
"""

import csv
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from feeds import clean
from feeds.clean.rules import Rules
from feeds.errors import FeedError
from feeds.html import escape_text, text_of
from feeds.model import Entry, Feed
from feeds.parse import read

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
LABEL_WORDS = 8
VERSIONS = 24  # of one file of a git history that are read, evenly spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry, the source that carried it, what that calls itself, and which article it is."""

    entry: Entry
    source: str
    site: str = ""
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSet:
    """Items in order of arrival. `unlabelled` are pairs of articles of which nobody can say whether they are one."""

    name: str
    items: tuple[Item, ...]
    unlabelled: frozenset[frozenset[str]] = frozenset()


def all_sets(histories: Iterable[Path]) -> Iterator[LabelledSet]:
    """Every set that can be had here; those of git histories only where such are given."""
    if CORPUS.is_dir():
        yield syndicated()
        captured = tuple(captured_feeds())
        yield formats(captured)
        yield moved(captured)
    edited = tuple(item for history in histories for item in revisions(history))
    if edited:
        yield LabelledSet(name="revisions", items=edited)


def syndicated() -> LabelledSet:
    """ECB+: pairs of one event that the labels leave out, because they share a fifth to a half, are not counted.

    Without addresses: those of the corpus are few, and one of them is of a page that three items are parts of.
    """
    folder = CORPUS / "dedup_sample"
    rows = {row["item_id"]: row for row in _rows(folder / "ecbplus_items.csv")}
    labelled = {frozenset((row["id_a"], row["id_b"])) for row in _rows(folder / "ecbplus_pairs.csv")}
    by_event: dict[str, list[str]] = defaultdict(list)
    for id_, row in rows.items():
        by_event[row["event_cluster"]].append(id_)
    unlabelled = frozenset(
        frozenset((one, other))
        for ids in by_event.values()
        for one in ids
        for other in ids
        if one < other and frozenset((one, other)) not in labelled
    )
    items = tuple(
        Item(
            entry=Entry(guid=id_, title=row["title"], html=escape_text(row["body"]), published=NOW),
            source=id_,
            article=row["copy_cluster"],
        )
        for id_, row in rows.items()
    )
    return LabelledSet(name="syndicated", items=items, unlabelled=unlabelled)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def captured_feeds() -> Iterator[tuple[str, Feed]]:
    """(name, cleaned feed) of every captured document of the corpus that can be read, each body once."""
    with (CORPUS / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["provenance"] == "captured"]
    bodies = set()
    for row in rows:
        body = (CORPUS / "files" / row["local"]).read_bytes()
        if row["kind"] == "opml" or body in bodies or row["repo"] == "rometools/rome":
            continue  # rome's are variants of a few documents that were made by hand
        bodies.add(body)
        found = _read(body)
        if found is not None:
            yield row["local"], found


def _read(body: bytes) -> Feed | None:
    try:
        return clean.clean(read(body), base="", rules=Rules())
    except FeedError:
        return None


def formats(captured: tuple[tuple[str, Feed], ...]) -> LabelledSet:
    """All captured entries. One article: the same link, or the same title over a text that begins alike.

    The second is for linked lists, whose formats link to different pages. All pairs that it makes were read by hand.
    """
    return LabelledSet(name="formats", items=tuple(_items(captured)))


def _items(captured: Iterable[tuple[str, Feed]]) -> Iterator[Item]:
    named: dict[object, str] = {}
    for name, feed in captured:
        links = [entry.url for entry in feed.entries]
        for number, entry in enumerate(feed.entries):
            unique = entry.url and links.count(entry.url) == 1 and len(urlsplit(entry.url).path) > 1
            beginning = tuple(text_of(entry.html).split()[:LABEL_WORDS])
            marks = [mark for mark in (unique and entry.url, beginning and (entry.title, beginning)) if mark]
            article = next((named[mark] for mark in marks if mark in named), f"{name} {number}")
            named.update((mark, named.get(mark, article)) for mark in marks)
            yield Item(entry=entry, source=name, site=feed.title, article=article)


def moved(captured: tuple[tuple[str, Feed], ...]) -> LabelledSet:
    """The same entries, and each once more from a source that has moved: other host, other paths, other guids."""
    items = tuple(_items(captured))
    articles = {item.source: 0 for item in items}
    again = []
    for item in items:
        articles[item.source] += 1
        address = f"https://moved.example/{len(again)}"
        entry = replace(item.entry, guid=address, url=address)
        again.append(replace(item, entry=entry, source=f"{item.source} moved"))
    first = [replace(item, entry=replace(item.entry, url=item.entry.url)) for item in items]
    return LabelledSet(name="moved", items=(*first, *again))


def revisions(history: Path) -> Iterator[Item]:
    """The first and the last state of each entry that was edited, and all other entries once, without addresses.

    Under two guids an entry of one title and date is still one article: such feeds keep what had moved beside its old
    self. So what a feed has twice at once is two sources' here.
    """
    listed = _git(history, "ls-tree", "-r", "--name-only", "HEAD").decode().splitlines()
    for file in (name for name in listed if name.endswith((".xml", ".atom", ".rss"))):
        commits = _git(history, "log", "--format=%H", "--", file).decode().split()[::-1]
        states: dict[str, list[Entry]] = defaultdict(list)
        for commit in commits[:: max(1, len(commits) // VERSIONS)][-VERSIONS:] + commits[-1:]:
            feed = _read(_git(history, "show", f"{commit}:{file}"))
            for entry in feed.entries if feed else ():
                states[entry.guid].append(entry)
        told: Counter[str] = Counter()
        for guid, seen in states.items():
            first, last = seen[0], seen[-1]
            article = f"{first.title} {first.published and first.published.date()}" if first.published else guid
            copy = told[article] = told[article] + 1
            yield Item(entry=replace(first, url=None), source=f"{file} {copy}", article=article)
            if (first.title, first.html) != (last.title, last.html):
                yield Item(entry=replace(last, url=None), source=f"{file} {copy} later", article=article)


def _git(history: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(history), *arguments], capture_output=True, check=False).stdout


def arrival(entry: Entry, number: int) -> datetime:
    """When an entry would have been seen: all within the window, in the order of the set."""
    return NOW + timedelta(seconds=number)
