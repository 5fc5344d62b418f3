"""Whether two sightings are one story, and why. Pure, symmetric, conservative: a false merge loses an article.

    same address   counts, unless titles and texts both say that it is something else (a comment on somebody's article)
    same title     counts at about the same time if it is telling and the texts do not contradict, or if the texts are
                   equal, however short, or the moment is the same to the second
    same text      counts if both are long enough and the shorter one is contained in the other, whatever the titles say

Two items of one source with different guids are two things, whatever else agrees: their publisher says so. (Whether
they are the *same* guid in another spelling is decided before, in `store.sightings`.)
"""

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from functools import lru_cache

from aggregator.store.compared import Sighting
from feeds.fingerprint import SKETCH, normalise_title, unpacked

# News travels in hours, and a weekly column returns under its title after seven days.
MIDNIGHT = time()
EVERYTHING = 2**32  # above every hash of a sketch
TITLE_WINDOW = timedelta(days=2)

# Every number below was chosen on the tuning halves of `benchmarks/dedup.py` and is reported on the other halves.
PROVING_WORDS = 48  # a shorter text proves nothing alone: teasers and notices repeat each other
SAME_TEXT = 0.5  # containment of the shorter lead: where ECB+ copies begin; separate reports of one event reach .34
SAME_TEXT_AND_TITLE = 0.45  # the same, where the titles speak of the same thing too
SEPARATE_TEXT = 0.2  # below it ECB+ calls two texts of one event separate
SAME_WORDS = 0.9  # of texts that are too short to prove anything alone, beside an equal title
SHORTEST_SHINGLES = 6  # of such texts
SERIES_TEXT = 0.9  # the same, where the titles count on: "Version 1.2 is out", "Version 1.3 is out"
OTHER_TEXT = 0.1  # below it two leads have nothing to do with each other
SPEAKING_SHINGLES = 18  # of a lead, before what it does *not* share says anything: twenty words
ALIKE_TITLES = 0.6  # share of the words of the shorter title that the other has too
LONG_TITLE_WORDS = 6  # a title that stands alone for its entry, where there is no text to compare
LONG_TITLE_LETTERS = 30
LONG_TITLE_CHARACTERS = 12  # of an unspaced script: each is a token


class Evidence(StrEnum):
    """Why a sighting belongs to its story; stored with it, and shown to people."""

    FOUNDER = "founder"  # it was the first
    URL = "url"  # the same canonical address
    TITLE = "title"  # the same normalised title, at about the same time
    TEXT = "text"  # the same text, wholly or in great part
    ECHO = "echo"  # it is the story itself, come back from a feed that we published
    REPEAT = "repeat"  # its source gave again, under another guid and address, what it had given before

    @property
    def sentence(self) -> str:
        """The same for people."""
        return _SENTENCES[self]


_SENTENCES = {
    Evidence.FOUNDER: "was the first to carry it",
    Evidence.URL: "has the same address",
    Evidence.TITLE: "has the same title, at about the same time",
    Evidence.TEXT: "has the same text, or most of it",
    Evidence.ECHO: "is this story, come back from a feed that we publish",
    Evidence.REPEAT: "was given again by its source, under another guid and address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """That two sightings are one story: the strongest reason, and how strong it is, in (0, 1]."""

    reason: Evidence
    score: float


def same_story(
    one: Sighting,
    other: Sighting,
    *,
    window: timedelta,
    near: bool = True,
    common: Collection[int] = frozenset(),
) -> Match | None:
    """The evidence that both are the same story; None where there is not enough.

    window  how far apart the two may have been first seen
    near    whether texts may prove anything; addresses and titles do anyway
    common  keys that a source uses again and again, so that they say nothing
    """
    if one.source_id == other.source_id or abs(one.first_seen_at - other.first_seen_at) > window:
        return None
    return (
        _by_address(one, other, common)
        or _by_title(one, other, common)
        or (_by_text(one, other, window) if near else None)
    )


def repeats(earlier: Sighting, later: Sighting) -> bool:
    """Whether a source certainly gave one item twice: the same title, and the same text where there is any.

    Only asked where a whole flood of repetitions is suspected (`flood`).
    """
    if normalise_title(earlier.title) != normalise_title(later.title):
        return False
    if earlier.shingles and later.shingles:
        return overlap(earlier, later) >= SERIES_TEXT
    return earlier.telling and later.telling and earlier.shingles == later.shingles


def contradicts(one: Sighting, other: Sighting) -> bool:
    """Whether two long texts are so different that a third which is like both does not make them one story."""
    return min(one.words, other.words) >= PROVING_WORDS and overlap(one, other) < SEPARATE_TEXT


def overlap(one: Sighting, other: Sighting) -> float:
    """How much of the shorter lead is in the longer one, in [0, 1]; an estimate where leads have over 128 shingles.

    Both sketches hold all hashes below some bound; below the lower of both bounds they are samples of the same space,
    and what they share is below it anyway.
    """
    if not one.shingles or not other.shingles:
        return 0.0
    b = unpacked("I", other.sketch)
    shared = len(_hashes(one.sketch).intersection(b))
    if not shared:
        return 0.0
    a = unpacked("I", one.sketch)
    bound = min(a[-1] if one.shingles > SKETCH else EVERYTHING, b[-1] if other.shingles > SKETCH else EVERYTHING)
    return shared / min(bisect_right(a, bound), bisect_right(b, bound))


def _by_address(one: Sighting, other: Sighting, common: Collection[int]) -> Match | None:
    if one.url_key is None or one.url_key != other.url_key or one.url_key in common or _other_place(one, other):
        return None
    if alike(one, other):
        return Match(reason=Evidence.URL, score=1.0)
    speaking = min(one.shingles, other.shingles) >= SPEAKING_SHINGLES
    return None if speaking and overlap(one, other) < OTHER_TEXT else Match(reason=Evidence.URL, score=0.95)


def _other_place(one: Sighting, other: Sighting) -> bool:
    """Whether both addresses name a place in the page, and not the same: entries of a list of changes."""
    a, b = ((sighting.url or "").partition("#")[2] for sighting in (one, other))
    return bool(a and b) and a != b


def _by_title(one: Sighting, other: Sighting, common: Collection[int]) -> Match | None:
    if one.title_key is None or one.title_key != other.title_key or abs(one.placed - other.placed) > TITLE_WINDOW:
        return None
    shared = overlap(one, other)
    shorter = min(one.shingles, other.shingles)
    speaking = shorter >= SPEAKING_SHINGLES
    if _same_moment(one, other) and (not speaking or shared >= OTHER_TEXT):
        return Match(reason=Evidence.TITLE, score=0.95)
    if shorter >= SHORTEST_SHINGLES and shared >= SAME_WORDS:
        return Match(reason=Evidence.TITLE, score=0.9 + shared / 20)
    if not (one.telling and other.telling) or one.title_key in common:
        return None
    if speaking:
        return Match(reason=Evidence.TITLE, score=0.9 + shared / 20) if shared >= SAME_TEXT_AND_TITLE else None
    return Match(reason=Evidence.TITLE, score=0.9) if _long_title(one.title) and _long_title(other.title) else None


def _same_moment(one: Sighting, other: Sighting) -> bool:
    """Whether both claim the same second, and not one that only stands for a day."""
    return one.dated and other.dated and one.placed == other.placed and one.placed.time() != MIDNIGHT


def _by_text(one: Sighting, other: Sighting, window: timedelta) -> Match | None:
    if min(one.words, other.words) < PROVING_WORDS or abs(one.placed - other.placed) > window:
        return None
    shared = overlap(one, other)
    if shared < SAME_TEXT_AND_TITLE or (shared < SERIES_TEXT and _in_series(one, other)):
        return None
    needed = SAME_TEXT_AND_TITLE if alike(one, other) else SAME_TEXT
    return Match(reason=Evidence.TEXT, score=shared) if shared >= needed else None


def alike(one: Sighting, other: Sighting) -> bool:
    """Whether two titles speak of the same thing: most words of the shorter are in the other."""
    a, b = _title_words(one.title), _title_words(other.title)
    return bool(a and b) and len(a & b) >= ALIKE_TITLES * min(len(a), len(b)) and (min(len(a), len(b)) > 2 or a == b)


def _in_series(one: Sighting, other: Sighting) -> bool:
    """Whether two titles say the same of different numbers."""
    a, b = _title_words(one.title), _title_words(other.title)
    numbers, others = (frozenset(w for w in words if any(c.isdigit() for c in w)) for words in (a, b))
    if not numbers or not others or numbers == others:
        return False
    return len((a - numbers) & (b - others)) >= ALIKE_TITLES * min(len(a - numbers), len(b - others))


def _long_title(title: str) -> bool:
    words = normalise_title(title).split()
    unspaced = sum(1 for word in words if len(word) == 1 and not word.isascii())
    long_enough = len(words) >= LONG_TITLE_WORDS and sum(map(len, words)) >= LONG_TITLE_LETTERS - LONG_TITLE_WORDS
    return unspaced >= LONG_TITLE_CHARACTERS or long_enough


@lru_cache(maxsize=64)  # a set takes 12 KB; one sighting is compared with all its candidates in a row
def _hashes(data: bytes) -> frozenset[int]:
    return frozenset(unpacked("I", data))


@lru_cache(maxsize=4096)
def _title_words(title: str) -> frozenset[str]:
    return frozenset(normalise_title(title).split())
