"""How well repeated items are recognised: precision, recall, F1 and B-cubed, per reason, beside simpler ways.

    python -m benchmarks.dedup [--history GIT-DIRECTORY …] [--wrong N] [--missed N]

Every set (`dedup_sets`) is divided into halves by a hash of the article: thresholds were chosen on `tune` alone, `test`
is what may be believed. What is measured is what runs: fingerprints, index, choice; only the database is left out.

The simpler ways, in the same run: equal titles; equal canonical addresses; SimHash-64 of word pairs within three bits;
Jaccard of word triples of at least .7 and .5, which MinHash estimates (here it is exact); the union of the first four.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

from xxhash import xxh3_64_intdigest

from aggregator.config.settings import DedupSettings
from aggregator.dedup.choose import Chooser
from aggregator.dedup.index import Groups, Index
from aggregator.store.compared import Sighting
from benchmarks.dedup_sets import Item, LabelledSet, all_sets, arrival
from feeds.fingerprint import fingerprint, normalise_title, tokens, unpacked, url_key
from feeds.html import text_of

Pair = tuple[int, int]  # numbers of items, the smaller first
SIMHASH_BITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Pairwise and B-cubed figures, in [0, 1]."""

    precision: float
    recall: float
    b_precision: float
    b_recall: float
    found: int
    wrong: int

    def line(self) -> str:
        """For the table."""
        f1 = _f1(self.precision, self.recall)
        b_f1 = _f1(self.b_precision, self.b_recall)
        return (
            f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {f1:.3f}   "
            f"B³ P {self.b_precision:.3f}  R {self.b_recall:.3f}  F1 {b_f1:.3f}   "
            f"{self.found} pairs, {self.wrong} wrong"
        )


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def half_of(item: Item) -> str:
    """Which half an article is in, for good."""
    return "test" if xxh3_64_intdigest(item.article.encode()) & 1 else "tune"


def sighting_of(item: Item, number: int, source_id: int) -> Sighting:
    """An item as the merge would read it from the database."""
    made = fingerprint(item.entry, site=item.site)
    seen_at = arrival(item.entry, number)
    return Sighting(
        id=number + 1, source_id=source_id, address=item.source, guid=item.entry.guid, url=item.entry.url,
        title=item.entry.title, words=made.words, url_key=made.url_key, title_key=made.title_key, telling=made.telling,
        shingles=made.shingles, sketch=made.sketch, near_keys=tuple(unpacked("q", made.near_keys)),
        placed=min(item.entry.published or seen_at, seen_at), dated=item.entry.published is not None,
        revised=seen_at, first_seen_at=seen_at, story_id=None,
    )  # fmt: skip


def ours(items: tuple[Item, ...]) -> tuple[list[int], list[tuple[int, int, str]]]:
    """(group of each item, (item, the item it was compared with, reason) of each that joined another)."""
    chooser = Chooser(DedupSettings(), ())
    index, groups = Index(), Groups()
    sources = {source: number for number, source in enumerate(dict.fromkeys(item.source for item in items), 1)}
    joined = []
    for number, item in enumerate(items):
        sighting = sighting_of(item, number, sources[item.source])
        choice = chooser.choose(sighting, index, groups, {})
        groups.put(sighting.id, sighting.source_id, choice.group if choice else sighting.id)
        if choice:
            joined.append((number, choice.like - 1, choice.match.reason.value))
        index.add(sighting)
    return [groups.of[number + 1] for number in range(len(items))], joined


def pairs_of(groups: Iterable[object]) -> set[Pair]:
    """All pairs that are in one group."""
    members: dict[object, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    return {pair for ids in members.values() for pair in combinations(ids, 2)}


def closed(pairs: Iterable[Pair], size: int) -> list[int]:
    """The groups that pairs make when they are followed."""
    parent = list(range(size))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in pairs:
        parent[root(one)] = root(other)
    return [root(number) for number in range(size)]


def score(labelled: LabelledSet, groups: list[int], half: str) -> Score:
    """The figures of one half: pairs that begin in it; unlabelled ones count neither way."""
    items = labelled.items
    halves = [half_of(item) for item in items]
    sources = [item.source for item in items]

    def counted(pair: Pair) -> bool:
        one, other = items[pair[0]], items[pair[1]]
        known = not labelled.unlabelled or frozenset((one.source, other.source)) not in labelled.unlabelled
        return known and half in (halves[pair[0]], "all")

    gold = {pair for pair in pairs_of(item.article for item in items) if sources[pair[0]] != sources[pair[1]]}
    gold = {pair for pair in gold if counted(pair)}
    found = {pair for pair in pairs_of(groups) if counted(pair)}
    right = len(gold & found)
    b_precision, b_recall = _b_cubed(labelled, groups, [half in (one, "all") for one in halves])
    return Score(
        precision=right / len(found) if found else 1.0,
        recall=right / len(gold) if gold else 1.0,
        b_precision=b_precision,
        b_recall=b_recall,
        found=len(found),
        wrong=len(found) - right,
    )


def _b_cubed(labelled: LabelledSet, groups: list[int], inside: list[bool]) -> tuple[float, float]:
    """Bagga and Baldwin, 1998: averaged over items, how much of each one's group is its article, and the reverse."""
    articles = [item.article for item in labelled.items]
    both = Counter(zip(groups, articles, strict=True))
    by_group, by_article = Counter(groups), Counter(articles)
    chosen = [(group, article) for group, article, use in zip(groups, articles, inside, strict=True) if use]
    precision = sum(both[one] / by_group[one[0]] for one in chosen) / max(1, len(chosen))
    recall = sum(both[one] / by_article[one[1]] for one in chosen) / max(1, len(chosen))
    return precision, recall


def _equal(values: list[object]) -> set[Pair]:
    return {pair for pair in pairs_of(values) if values[pair[0]] is not None}


def same_title(items: tuple[Item, ...]) -> set[Pair]:
    """Equal normalised titles."""
    return _equal([normalise_title(item.entry.title) or None for item in items])


def same_address(items: tuple[Item, ...]) -> set[Pair]:
    """Equal canonical addresses."""
    return _equal([url_key(item.entry.url) for item in items])


def simhash(items: tuple[Item, ...]) -> set[Pair]:
    """SimHash-64 (Charikar 2002) of word pairs, within three bits of each other."""
    made = [_simhash(tokens(text_of(item.entry.html))) for item in items]
    known = [(number, one) for number, one in enumerate(made) if one is not None]
    blocks: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)  # of four blocks one must be equal
    for number, one in known:
        for block in range(4):
            blocks[block, one >> 16 * block & 0xFFFF].append((number, one))
    return {
        (one[0], other[0])
        for several in blocks.values()
        for one, other in combinations(several, 2)
        if (one[1] ^ other[1]).bit_count() <= SIMHASH_BITS
    }


def _simhash(words: list[str]) -> int | None:
    if len(words) < 2:
        return None
    sums = [0] * 64
    for one, other in pairwise(words):
        hashed = xxh3_64_intdigest(f"{one} {other}".encode())
        for bit in range(64):
            sums[bit] += 1 if hashed >> bit & 1 else -1
    return sum(1 << bit for bit in range(64) if sums[bit] > 0)


def jaccard(least: float) -> Callable[[tuple[Item, ...]], set[Pair]]:
    """Jaccard of the word triples of the whole text, at least so much."""

    def find(items: tuple[Item, ...]) -> set[Pair]:
        made = [_triples(tokens(text_of(item.entry.html))) for item in items]
        holders: dict[int, list[int]] = defaultdict(list)
        shared: Counter[Pair] = Counter()
        for number, triples in enumerate(made):
            for triple in triples:
                for other in holders[triple][:200]:
                    shared[other, number] += 1
                holders[triple].append(number)
        return {
            (one, other)
            for (one, other), count in shared.items()
            if count >= least * (len(made[one]) + len(made[other]) - count)
        }

    return find


def _triples(words: list[str]) -> frozenset[int]:
    return frozenset(xxh3_64_intdigest(" ".join(words[at : at + 3]).encode()) for at in range(len(words) - 2))


def others(items: tuple[Item, ...]) -> Iterator[tuple[str, list[int]]]:
    """The simpler ways, each with the groups that it makes."""
    ways = {
        "equal title": same_title,
        "canonical address": same_address,
        "SimHash k=3": simhash,
        "MinHash .7": jaccard(0.7),
        "MinHash .5": jaccard(0.5),
    }
    union: set[Pair] = set()
    for name, way in ways.items():
        pairs = {pair for pair in way(items) if items[pair[0]].source != items[pair[1]].source}
        yield name, closed(pairs, len(items))
        if name != "MinHash .5":
            union |= pairs
    yield "union of four", closed(union, len(items))


def report(labelled: LabelledSet, *, wrong: int, missed: int) -> None:
    """Print one set."""
    items = labelled.items
    started = time.process_time()
    groups, joined = ours(items)
    spent = (time.process_time() - started) / len(items) * 1e6
    articles = len({item.article for item in items})
    print(f"\n{labelled.name}: {len(items)} items, {articles} articles; {spent:.0f} µs CPU an item")
    for half in ("tune", "test", "all"):
        print(f"  ours, {half:13} {score(labelled, groups, half).line()}")
    for name, made in others(items):
        print(f"  {name:19} {score(labelled, made, 'all').line()}")
    reasons: dict[str, list[bool]] = defaultdict(list)
    for one, other, reason in joined:
        if frozenset((items[one].source, items[other].source)) not in labelled.unlabelled:
            reasons[reason].append(items[one].article == items[other].article)
    for reason, right in sorted(reasons.items()):
        print(f"  because of {reason:8} P {sum(right) / len(right):.3f} of {len(right)}")
    _examples(labelled, groups, wrong, missed)


def _examples(labelled: LabelledSet, groups: list[int], wrong: int, missed: int) -> None:
    items = labelled.items
    found = pairs_of(groups)
    gold = {p for p in pairs_of(item.article for item in items) if items[p[0]].source != items[p[1]].source}
    for what, pairs, most in (("wrong", found - gold, wrong), ("missed", gold - found, missed)):
        for one, other in sorted(pairs)[:most]:
            if frozenset((items[one].source, items[other].source)) in labelled.unlabelled:
                continue
            print(f"    {what}: {half_of(items[one])}")
            for item in (items[one], items[other]):
                text = " ".join(text_of(item.entry.html).split())[:100]
                print(f"      {item.source[-60:]} | {item.entry.title[:70]} | {item.entry.url} | {text}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--history", type=Path, action="append", default=[], help="a git directory that keeps feeds")
    parser.add_argument("--wrong", type=int, default=0, help="false pairs to show")
    parser.add_argument("--missed", type=int, default=0, help="missed pairs to show")
    options = parser.parse_args()
    sets = list(all_sets(options.history))
    if not options.history:
        print("revisions: left out; --history names a git directory that keeps feeds")
    if not sets:
        print("../shared/corpus is not beside this checkout: there is nothing to measure")
    for labelled in sets:
        report(labelled, wrong=options.wrong, missed=options.missed)


if __name__ == "__main__":
    main()
