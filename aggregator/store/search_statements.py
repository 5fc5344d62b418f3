"""What PostgreSQL is asked in a search, and what its planner must be kept from; `store.search_on_postgresql` chooses.

Every answer has the newest first: (id, published, relevance, fits, titled, matches). `fits`: it has the words as they
were asked for; `titled`: it has them in its title; `matches`: how many stories of all categories the index gave, if it
was asked for all.
"""

from functools import cache
from typing import Literal

from sqlalchemy import TextClause, text

Column = Literal["terms", "title"]
Way = Literal["walk", "newer", "whole"]

# PostgreSQL's planner does not know what reading terms costs, and would rather read them all. To translate such a
# question into machine code, or to part it among processes, takes longer than its answer.
PLAINLY = text("""
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true)
""")
# By the primary key, which holds the category, too: stories of other categories are passed over within the index.
SEEN = text("""
SELECT categories.id AS category, categories.stories AS filed, seen.*,
       (SELECT reltuples FROM pg_class WHERE oid = CAST('story_texts' AS regclass)) AS stories
FROM categories CROSS JOIN LATERAL (
    SELECT count(*) AS looked, count(*) FILTER (WHERE terms @@ (SELECT CAST(:words AS tsquery))) AS hits,
           max(story_id) AS newest, max(story_id) - min(story_id) + 1 AS reach
    FROM (
        SELECT story_id FROM story_categories
        WHERE category_id = categories.id AND categories.stories >= :large
        ORDER BY story_id DESC LIMIT :sample
    ) AS newest JOIN story_texts USING (story_id)
) AS seen
WHERE slug = :slug
""")
_WALK = """
SELECT newest.story_id, newest.published
FROM (
    SELECT story_id, published FROM story_categories WHERE category_id = :category ORDER BY story_id DESC LIMIT :far
) AS newest JOIN story_texts ON story_texts.story_id = newest.story_id
WHERE story_texts.{column} @@ {words} ORDER BY newest.story_id DESC LIMIT :wanted
"""
_INDEX = """
SELECT matches.*, filed.published
FROM ({matches}) AS matches JOIN story_categories AS filed
    ON filed.story_id = matches.story_id AND filed.category_id = :category
ORDER BY matches.story_id DESC LIMIT :wanted
"""
# `+ 0` bars a walk of the planner's own, which would have no end.
_MATCHES = """
SELECT story_id + 0 AS story_id FROM story_texts WHERE {column} @@ {words} {bounds}
ORDER BY story_id + 0 DESC LIMIT :weighed
"""
_COUNTED = "SELECT story_id, count(*) OVER () AS matches FROM ({matches}) AS matches"
_NEWER = "AND story_id BETWEEN :oldest AND :last"  # the planner takes what only has a beginning for a third of all
# `IS TRUE` keeps that from becoming a join; without the limit the planner might think the list too long for its memory.
_LISTED = """
AND (story_id IN (SELECT story_id FROM story_categories WHERE category_id = :category LIMIT 40000)) IS TRUE
"""
# Words that are in no row are not looked at again.
_JUDGED = """
SELECT here.story_id AS id, here.published, {relevance} AS relevance,
       {fits} AS fits, {titled} AS titled, {matches} AS matches
FROM ({here}) AS here LEFT JOIN story_texts AS found ON found.story_id = here.story_id {rows}
ORDER BY here.story_id DESC
"""
_PARTS = {"words": "(SELECT CAST(:words AS tsquery))", "asked": "(SELECT CAST(:asked AS tsquery))"}  # read once each
_RELEVANCE = {
    "title": "CAST(1 AS float)",
    "terms": "ts_rank('{0.2, 0.2, 0.2, 1.0}', found.terms, (SELECT CAST(:asked AS tsquery)), 1)",
}


@cache
def statement(column: Column, way: Way, *, plain: bool, listed: bool) -> TextClause:
    """Asks for the newest stories of a category that have words.

    plain   nothing is asked for but words
    listed  the category is small enough to list all its stories
    """
    counted = way == "whole" and not listed
    matches = (_COUNTED if counted else "{matches}").format(matches=_MATCHES)
    here = _WALK if way == "walk" else _INDEX.format(matches=matches)
    bounds = (_NEWER if way == "newer" else "") + (_LISTED if listed else "")
    return text(
        _JUDGED.format(
            here=here.format(column=column, bounds=bounds, **_PARTS),
            relevance=_RELEVANCE[column],
            fits="true" if plain else "found.story_id IS NOT NULL",
            rows="" if plain else "AND found.{column} @@ {asked}".format(column=column, **_PARTS),
            titled="true" if column == "title" else "found.title @@ {asked}".format(**_PARTS),
            matches="here.matches" if counted else "0",
        )
    )
