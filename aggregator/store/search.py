"""What a search asks: which stories have all that is looked for, the newest or the best of them.

However common a word is, only the newest that have it are looked at, `MOST` of them, and as many that have it in their
titles: what it costs is bounded, and what is left out is old and says it only in passing. A story is found while a
category shows it; that of what was retired or taken apart is gone in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from aggregator.store import search_on_postgresql
from aggregator.store.schema import story_categories
from feeds.terms import Phrase

MOST = 500
HALF = timedelta(days=30)  # what a story says counts half when it is so much older than the newest that was found


def best(connection: Connection, phrases: Sequence[Phrase], slug: str) -> list[int]:
    """The stories of a category that have all the phrases, best first: by relevance, halved for every `HALF` of age and
    more slowly after; at most twice `MOST`."""
    if not phrases:
        return []
    if connection.dialect.name == "postgresql":
        anywhere, titled = search_on_postgresql.both(connection, phrases, slug, MOST)
    else:
        anywhere, titled = (_ask_sqlite(connection, phrases, slug, in_title) for in_title in (False, True))
    hits = _hits(anywhere)
    for id_, (published, relevance) in _hits(titled).items():
        hits[id_] = published, 1 + (hits[id_][1] if id_ in hits else relevance)
    if not hits:
        return []
    newest = max(published for published, _ in hits.values())

    def rank(id_: int) -> tuple[float, datetime, int]:
        published, relevance = hits[id_]
        return relevance / (1 + (newest - published) / HALF), published, id_

    return sorted(hits, key=rank, reverse=True)


def newest(connection: Connection, phrases: Sequence[Phrase], slug: str, limit: int) -> list[int]:
    """The newest stories of a category that have all the phrases, newest first."""
    if not phrases:
        return []
    if connection.dialect.name == "postgresql":
        rows = search_on_postgresql.anywhere(connection, phrases, slug, MOST)
    else:
        rows = _ask_sqlite(connection, phrases, slug, in_title=False)
    hits = sorted(((row[1], row[0]) for row in rows), reverse=True)
    return [id_ for _, id_ in hits[:limit]]


def _hits(rows: Sequence[Any]) -> dict[int, tuple[datetime, float]]:
    """When each was published, and its relevance in (0, 1], relative to the most relevant."""
    most = max((row[2] for row in rows), default=0) or 1
    return {id_: (published, max(relevance / most, 0.001)) for id_, published, relevance, *_ in rows}


def _ask_sqlite(connection: Connection, phrases: Sequence[Phrase], slug: str, in_title: bool) -> Sequence[Any]:
    asked = {"asked": _as_match(phrases, in_title), "slug": slug, "most": MOST}
    return connection.execute(_SQLITE_TITLES if in_title else _SQLITE, asked).all()


# A word of a title says as much as five of a text. `CROSS JOIN` keeps SQLite to that order: the index gives stories by
# age, the newest first, and stops when there are enough. What bm25 costs is to count all that have each phrase, so that
# is done once.
_FROM_INDEX = """
FROM story_terms CROSS JOIN story_categories AS filed
WHERE story_terms MATCH :asked AND filed.story_id = story_terms.rowid
  AND filed.category_id = (SELECT id FROM categories WHERE slug = :slug)
ORDER BY story_terms.rowid DESC LIMIT :most
"""
_FOUND = "SELECT story_terms.rowid AS id, filed.published AS published"
_PUBLISHED = {"published": story_categories.c.published.type}
_SQLITE = text(f"{_FOUND}, -bm25(story_terms, 5.0, 1.0) AS relevance {_FROM_INDEX}").columns(**_PUBLISHED)
_SQLITE_TITLES = text(f"{_FOUND}, 1.0 AS relevance {_FROM_INDEX}").columns(**_PUBLISHED)


def _as_match(phrases: Sequence[Phrase], in_title: bool) -> str:
    """As FTS5 reads it. Terms are letters and digits, so nothing in them needs escaping."""
    asked = " AND ".join(f'"{" ".join(one.terms)}"{"*" if one.open else ""}' for one in phrases)
    return f"title : ({asked})" if in_title else asked
