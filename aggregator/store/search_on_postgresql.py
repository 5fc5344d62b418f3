"""Asks PostgreSQL which stories have all that is looked for, the newest that have it; `store.search` ranks them.

There are two ways, and each is slow where the other is quick. An index tells which stories have a word, but all of them
and in no order: 60 ms for a word that a quarter of 200,000 stories have. Who walks from the newest story to older ones
and reads the terms of each has met 500 with that word after 2,000, in 10 ms; with a rare word hardly ever. So a few of
the newest are looked at first, and say how common it is. Both ways find the same, but of what the index gives only the
newest are asked for their category.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, text

from feeds.terms import Phrase

LARGE = 5_000  # stories of a category: in a smaller one they are too far apart for a walk
SAMPLE = 200  # of the newest stories of the category, which say how common it is what is looked for: 1 ms
WEIGHED = 5_000  # of so many of the newest that the index gives it is asked whether they are in the category
WALKING = 8  # what it costs to walk past one story, in stories that the index gives: 5 µs and 0.6
TOO_FAR = 3  # times as far as the sample promised: what is new is not like what is old


def ask(connection: Connection, phrases: Sequence[Phrase], slug: str, in_title: bool, most: int) -> list[Any]:
    """The newest stories of a category that have all the phrases: (id, published, relevance), `most` of them.

    Words are asked for first; of the newest that have them all, twice as many as are wanted, whether they are in a row.
    """
    apart = [Phrase((term,), False) for phrase in phrases for term in phrase.terms[:-1]]
    ends = [Phrase(phrase.terms[-1:], phrase.open) for phrase in phrases]
    asked: dict[str, Any] = {"words": _as_tsquery([*apart, *ends]), "asked": _as_tsquery(phrases), "slug": slug}
    asked["wanted"] = 2 * most if apart else most
    column = "title" if in_title else "terms"
    connection.execute(_PLAINLY, {"sort": "off"})
    rows = _walk(connection, column, asked)
    connection.execute(_PLAINLY, {"sort": "on"})
    if rows is None:
        rows = connection.execute(_INDEXED[column], asked | {"weighed": WEIGHED}).all()
    return [row for row in rows if row.fits][:most]


def _walk(connection: Connection, column: str, asked: dict[str, Any]) -> Sequence[Any] | None:
    """None if the index is the better way: as far as can be foreseen, or because the walk came to no end."""
    if connection.execute(_SIZE, {"slug": asked["slug"], "large": LARGE}).scalar_one() < LARGE:
        return None
    seen = connection.execute(_SEEN[column], asked | {"far": SAMPLE}).one()
    share = seen.hits / max(seen.looked, 1)  # none where the newest are not indexed yet
    if share * share * seen.stories < WALKING * asked["wanted"]:  # wanted / share stories, or share * stories
        return None
    rows = connection.execute(_WALKED[column], asked | {"far": int(TOO_FAR * asked["wanted"] / share)}).all()
    return rows if len(rows) == asked["wanted"] else None


def _as_tsquery(phrases: Sequence[Phrase]) -> str:
    """As PostgreSQL reads it. Terms are letters and digits, so nothing in them needs escaping."""
    rows = (" <-> ".join(f"'{term}'" for term in one.terms) + (":*" if one.open else "") for one in phrases)
    return " & ".join(f"({row})" for row in rows)


# PostgreSQL's planner does not know what reading terms costs, and would rather read them all; for a walk it would
# rather gather and sort a whole category first. To translate such a question into machine code, or to part it among
# processes, takes longer than its answer.
_PLAINLY = text("""
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true),
       set_config('enable_sort', :sort, true)
""")
# Words that are in no row are not looked at again; `fits` says of the others whether they are.
_JUDGED = """
SELECT here.story_id AS id, here.published, found.story_id IS NOT NULL AS fits, {relevance} AS relevance
FROM ({here}) AS here LEFT JOIN story_texts AS found
    ON found.story_id = here.story_id AND ({words} = {asked} OR found.{column} @@ {asked})
ORDER BY here.story_id DESC
"""
_SIZE = text("""
SELECT count(*) FROM (
    SELECT 1 FROM story_categories WHERE category_id = (SELECT id FROM categories WHERE slug = :slug) LIMIT :large
) AS first
""")
# By the primary key, which holds the category, too: stories of other categories are passed over within the index.
_NEWEST = """
SELECT story_id, published FROM story_categories
WHERE category_id = (SELECT id FROM categories WHERE slug = :slug) ORDER BY story_id DESC LIMIT :far
"""
_BY_WALKING = """
SELECT newest.story_id, newest.published
FROM ({newest}) AS newest JOIN story_texts ON story_texts.story_id = newest.story_id
WHERE story_texts.{column} @@ {words} ORDER BY newest.story_id DESC LIMIT :wanted
"""
# `+ 0` bars a walk of the planner's own, which would have no end.
_BY_INDEX = """
SELECT matches.story_id, filed.published FROM (
    SELECT story_id + 0 AS story_id FROM story_texts WHERE {column} @@ {words}
    ORDER BY story_id + 0 DESC LIMIT :weighed
) AS matches JOIN story_categories AS filed ON filed.story_id = matches.story_id
    AND filed.category_id = (SELECT id FROM categories WHERE slug = :slug)
ORDER BY matches.story_id DESC LIMIT :wanted
"""
_SEEING = """
SELECT count(*) AS looked, count(*) FILTER (WHERE {column} @@ {words}) AS hits,
       (SELECT reltuples FROM pg_class WHERE oid = CAST('story_texts' AS regclass)) AS stories
FROM ({newest}) AS newest JOIN story_texts USING (story_id)
"""
_PARTS = {
    "newest": _NEWEST,
    "words": "(SELECT CAST(:words AS tsquery))",  # read once, not for each story
    "asked": "(SELECT CAST(:asked AS tsquery))",
}
_RELEVANCE = {
    "title": "CAST(1 AS float)",
    "terms": "ts_rank('{0.2, 0.2, 0.2, 1.0}', found.terms, (SELECT CAST(:asked AS tsquery)), 1)",
}


def _of_each_column(template: str, here: str = "") -> dict[str, TextClause]:
    return {
        column: text(template.format(**parts, here=here.format(**parts)))
        for column, relevance in _RELEVANCE.items()
        for parts in [_PARTS | {"column": column, "relevance": relevance}]
    }


_SEEN = _of_each_column(_SEEING)
_WALKED = _of_each_column(_JUDGED, _BY_WALKING)
_INDEXED = _of_each_column(_JUDGED, _BY_INDEX)
