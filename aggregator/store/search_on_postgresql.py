"""Asks PostgreSQL which stories have all that is looked for, the newest that have it; `store.search` ranks them.

An index tells which stories have a word, but all of them and in no order: 30 ms to look each of 40,000 up. So a few of
the newest are looked at first, and say how common it is. For what is common, only the newest stories that should be
enough are asked for, by that index together with the one of ids: 6 ms. Of what nearly all have, 500 are met sooner by
who walks from the newest story to older ones and reads the terms of each. Whenever there are not enough, the whole
index is asked. All ways find the same. How each is written down: `store.search_statements`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from sqlalchemy import Connection

from aggregator.store.search_statements import PLAINLY, SEEN, Column, Way, statement
from feeds.terms import Phrase

LARGE = 5_000  # stories of a category: of a smaller one no sample is taken
SMALL = 20_000  # stories of a category that are listed to look up in, 3 ms for 10,000; of a larger one each is asked
SAMPLE = 200  # of the newest stories of the category, which say how common it is what is looked for: 1.5 ms
FEW = 4  # hits; fewer say nothing
NEWER = 0.25  # of all stories: to leave out less than the others is not worth it
TOO_FAR = 3  # times as far as the sample promised: what is new is not like what is old
WEIGHED = 5_000  # of so many of the newest that the index gives it is asked whether they are in a larger category
# Microseconds of a story that is walked past, and of one that an index gives: if only the newest are asked for, or all.
WALKING, NEWER_INDEXED, INDEXED = 7, 0.1, 0.4
LAST_ID = 2**62


@dataclass(frozen=True, slots=True)
class Question:
    """Words are asked for first; of the newest that have them all, `wanted`, whether they are in a row as `asked`."""

    words: str
    asked: str
    wanted: int
    most: int

    @property
    def plain(self) -> bool:
        """Whether words are all that is asked for."""
        return self.words == self.asked

    def fitting(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Those that have the words as they were asked for, `most` of them."""
        return rows if self.plain else [row for row in rows if row.fits][: self.most]


@dataclass(frozen=True, slots=True)
class Sample:
    """How many hits there are among how many of the newest ids."""

    hits: int
    reach: int


def anywhere(connection: Connection, phrases: Sequence[Phrase], slug: str, most: int) -> Sequence[Any]:
    """The newest stories of a category that have all the phrases: (id, published, relevance, …), `most` of them."""
    question = _question(phrases, most)
    seen = _look(connection, question, slug)
    return () if seen is None else question.fitting(_ask(connection, question, seen, "terms", seen))


def both(
    connection: Connection, phrases: Sequence[Phrase], slug: str, most: int
) -> tuple[Sequence[Any], Sequence[Any]]:
    """The same, and the newest that have all the phrases in their title: asked for only if they may not be among them.

    How many are gives a better notion of how common it is in titles than a sample would.
    """
    question = _question(phrases, most)
    seen = _look(connection, question, slug)
    if seen is None:
        return (), ()
    rows = _ask(connection, question, seen, "terms", seen)
    found = question.fitting(rows)
    titled: Sequence[Any] = [row for row in found if row.titled]
    if not _are_all(question, seen, rows):
        sample = Sample(len(titled), rows[0].id - rows[-1].id + 1 if rows else 1)
        titled = question.fitting(_ask(connection, question, seen, "title", sample))
    return found, titled


def _question(phrases: Sequence[Phrase], most: int) -> Question:
    apart = [Phrase((term,), False) for phrase in phrases for term in phrase.terms[:-1]]
    ends = [Phrase(phrase.terms[-1:], phrase.open) for phrase in phrases]
    return Question(_as_tsquery([*apart, *ends]), _as_tsquery(phrases), 2 * most if apart else most, most)


def _as_tsquery(phrases: Sequence[Phrase]) -> str:
    """As PostgreSQL reads it. Terms are letters and digits, so nothing in them needs escaping."""
    rows = (" <-> ".join(f"'{term}'" for term in one.terms) + (":*" if one.open else "") for one in phrases)
    return " & ".join(f"({row})" for row in rows)


def _look(connection: Connection, question: Question, slug: str) -> Any:
    """What there is of a category, and what its newest stories say; None if there is no such category."""
    connection.execute(PLAINLY)
    asked = {"words": question.words, "slug": slug, "large": LARGE, "sample": SAMPLE}
    return connection.execute(SEEN, asked).one_or_none()


def _ask(connection: Connection, question: Question, seen: Any, column: Column, sample: Any) -> Sequence[Any]:
    asked = {"words": question.words, "asked": question.asked, "wanted": question.wanted, "category": seen.category}
    rows: Sequence[Any] = ()
    for way, bounds in _ways(question, seen, sample):
        written = statement(column, way, plain=question.plain, listed=seen.filed < SMALL)
        rows = connection.execute(written, asked | bounds).all()
        if len(rows) == question.wanted:
            break
    return rows


def _ways(question: Question, seen: Any, sample: Any) -> Iterator[tuple[Way, dict[str, int]]]:
    """What to try in turn until enough are found; only the last is sure to find all."""
    weighed = {"weighed": question.wanted if seen.filed < SMALL else WEIGHED}
    if sample.hits >= FEW and seen.looked:
        back = question.wanted * sample.reach / sample.hits  # ids, of whatever category
        far = back * seen.looked / seen.reach  # stories of this one
        enough = int(back * (1 + 2 / sqrt(sample.hits)))  # ids; two standard deviations more than one expects
        is_newer = enough < NEWER * seen.stories
        if WALKING * far < (NEWER_INDEXED if is_newer else INDEXED) * question.wanted / far * seen.stories:
            yield "walk", {"far": int(TOO_FAR * far)}
        elif is_newer:
            yield "newer", {"oldest": seen.newest - enough, "last": LAST_ID} | weighed
    yield "whole", weighed


def _are_all(question: Question, seen: Any, rows: Sequence[Any]) -> bool:
    """Whether no others of the category have all the words."""
    if len(rows) == question.wanted:
        return False
    return seen.filed < SMALL or (bool(rows) and rows[0].matches < WEIGHED)
