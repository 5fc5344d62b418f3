"""Keeps what stories are found by in step with what they show: the terms of the lead's title and text.

A step of its own after the merge, in batches that are each whole in themselves: read what waits, find its terms
(`feeds.terms`; whoever calls says where), write them down for what is still so. Whatever may change a story's text
marks it in its own transaction (`stories.found`, `stories.lead`); what deletes a story forgets its text in its own.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, literal_column, select, update

from aggregator.store.columns import among
from aggregator.store.engine import reading, writing
from aggregator.store.locks import Lock, got
from aggregator.store.schema import sightings, stories, story_texts
from feeds.terms import LONGEST_TERM, Terms, terms_of

BATCH = 400  # stories in one transaction: a tenth of a second, so that writers are not kept waiting
TITLE, TEXT = "A", "D"  # the weights of a term's places on PostgreSQL
_MOST_PLACES = 255  # of one term in one text; PostgreSQL keeps no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A story that waits, with what it shows.

    changed  whether that is something else than what it is found by
    """

    story_id: int
    lead_id: int
    text_digest: bytes
    changed: bool
    title: str
    html: str


# Asked every few seconds, and hardly ever so; the 0 is no parameter, as in `compared`.
_WAITS = stories.c.indexed == literal_column("0")
_FIRST_WAITING = select(func.min(stories.c.id)).where(_WAITS)


def waiting(engine: Engine, *, after: int = 0) -> tuple[Waiting, ...]:
    """The next stories that wait, after a story."""
    with reading(engine) as connection:
        if connection.scalar(_FIRST_WAITING) is None:
            return ()
        shown = _SHOWN.add_columns(sightings.c.title, sightings.c.html, sightings.c.summary)
        return tuple(
            Waiting(
                story_id=row.id,
                lead_id=row.lead_id,
                text_digest=row.text_digest,
                changed=_changed(row),
                title=row.title,
                html=row.html or row.summary,
            )
            for row in connection.execute(shown.where(stories.c.id > after).limit(BATCH))
        )


def index(engine: Engine, read: Collection[Waiting], terms: Mapping[int, Terms]) -> int:
    """Let stories be found by their terms: how many are in step now; those that changed since they were read are not,
    nor is any where another is at it.

    terms  by story, of each that was `changed`
    """
    then = {one.story_id: (one.lead_id, one.text_digest) for one in read}
    with writing(engine) as connection:
        if not got(connection, Lock.INDEXING):
            return 0
        rows = [row for row in _still_waiting(connection, then) if (row.lead_id, row.text_digest) == then[row.id]]
        rows = [row for row in rows if row.id in terms or not _changed(row)]
        changed = [row for row in rows if _changed(row)]
        forget(connection, [row.id for row in changed if row.had_lead is not None])
        _remember(connection, [(row, terms[row.id]) for row in changed])
        settled = [row.id for row in rows]
        connection.execute(update(stories).where(among(connection, stories.c.id, settled)).values(indexed=1))
    return len(settled)


def index_all(engine: Engine) -> None:
    """Index until none waits, here."""
    while read := waiting(engine):
        if not index(engine, read, {one.story_id: terms_of(one.title, one.html) for one in read}):
            break  # another is at it


_SHOWN: Select[Any] = (
    select(
        stories.c.id, stories.c.lead_id, sightings.c.text_digest,
        story_texts.c.lead_id.label("had_lead"), story_texts.c.text_digest.label("had_digest"),
    )
    .select_from(stories.join(sightings, sightings.c.id == stories.c.lead_id).outerjoin(story_texts))
    .where(_WAITS)
    .order_by(stories.c.id)
)  # fmt: skip


def _still_waiting(connection: Connection, story_ids: Collection[int]) -> Sequence[Any]:
    """Locked, so that no merge changes what they show before they are marked; those that one is at wait on."""
    theirs = _SHOWN.where(among(connection, stories.c.id, story_ids))
    return connection.execute(theirs.with_for_update(of=stories, skip_locked=True)).all()


def _changed(row: Any) -> bool:
    return (row.lead_id, row.text_digest) != (row.had_lead, row.had_digest)


def _remember(connection: Connection, found: Sequence[tuple[Any, Terms]]) -> None:
    if not found:
        return
    packed = _as_vectors if connection.dialect.name == "postgresql" else _compressed
    rows = [
        {"story_id": row.id, "lead_id": row.lead_id, "text_digest": row.text_digest, **packed(terms)}
        for row, terms in found
    ]
    connection.execute(insert(story_texts), rows)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_ADD, [(row.id, terms.title, terms.text) for row, terms in found])


def forget(connection: Connection, story_ids: Collection[int]) -> None:
    """Let these stories be found no more, as far as they were; in the transaction that deletes them."""
    if not story_ids:
        return
    gone = delete(story_texts).where(among(connection, story_texts.c.story_id, story_ids))
    if connection.dialect.name == "postgresql":
        connection.execute(gone)
    elif rows := connection.execute(gone.returning(*story_texts.c["story_id", "title", "terms"])).all():
        connection.exec_driver_sql(_DROP, [(row.story_id, *map(_restored, (row.title, row.terms))) for row in rows])


# Of a table without texts FTS5 must be told what was put into it (https://sqlite.org/fts5.html, 4.4.3).
_ADD = "INSERT INTO story_terms (rowid, title, text) VALUES (?, ?, ?)"
_DROP = "INSERT INTO story_terms (story_terms, rowid, title, text) VALUES ('delete', ?, ?, ?)"


def _compressed(terms: Terms) -> dict[str, bytes]:
    return {"title": _packed(terms.title), "terms": _packed(terms.text)}


def _packed(terms: str) -> bytes:
    return zlib.compress(terms.encode(), 1)


def _restored(packed: bytes) -> str:
    return zlib.decompress(packed).decode()


def _as_vectors(terms: Terms) -> dict[str, str]:
    """A place is left free between title and text, so that no phrase spans them."""
    in_title, in_text = _apart(terms.title), _apart(terms.text)
    title = (TITLE, 1, in_title)
    return {"title": _as_vector(title), "terms": _as_vector(title, (TEXT, len(in_title) + 2, in_text))}


def _apart(row: str) -> list[str]:
    """Terms that break no syntax and no limit, even if whoever found them was taken over by a hostile text."""
    return [] if any(sign in row for sign in "'\\\0") else [term[:LONGEST_TERM] for term in row.split()]


def _as_vector(*parts: tuple[str, int, list[str]]) -> str:
    """(weight, first place, terms) as PostgreSQL reads a `tsvector`: 'term':1A,7 …"""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for weight, first, found in parts:
        for place, term in enumerate(found, first):
            places[term].append(f"{place}{weight}")
    return " ".join(f"'{term}':{','.join(where[:_MOST_PLACES])}" for term, where in places.items())
