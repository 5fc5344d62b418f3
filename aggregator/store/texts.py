"""Keeps what stories are found by in step with what they show: the terms of the lead's title and text.

A step of its own after the merge, in batches that are each whole in themselves. Whatever may change a story's text
marks it in its own transaction (`stories.found`, `stories.lead`); what deletes a story forgets its text in its own.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, literal_column, select, update

from aggregator.store.columns import among
from aggregator.store.engine import writing
from aggregator.store.locks import Lock, got
from aggregator.store.schema import sightings, stories, story_texts
from feeds.html import text_of
from feeds.terms import terms

BATCH = 400  # stories in one transaction: a tenth of a second, so that writers are not kept waiting
TITLE, TEXT = "A", "D"  # the weights of a term's places on PostgreSQL
_MOST_PLACES = 255  # of one term in one text; PostgreSQL keeps no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a story is found by."""

    story_id: int
    lead_id: int
    text_digest: bytes
    title: tuple[str, ...]
    text: tuple[str, ...]


# Asked every few seconds, and hardly ever so; the 0 is no parameter, as in `compared`.
_WAITS = stories.c.indexed == literal_column("0")
_FIRST_WAITING = select(func.min(stories.c.id)).where(_WAITS)


def index_some(engine: Engine) -> int:
    """Index the next stories that wait; returns how many were looked at, 0 when none waits or another is at it."""
    with writing(engine) as connection:
        any_waits = connection.scalar(_FIRST_WAITING) is not None
        waiting = _waiting(connection) if any_waits and got(connection, Lock.INDEXING) else []
        if waiting:
            _index(connection, waiting)
        return len(waiting)


def index_all(engine: Engine) -> None:
    """Index until none waits."""
    while index_some(engine):
        pass


def _index(connection: Connection, waiting: Sequence[Any]) -> None:
    ids = [row.id for row in waiting]
    changed = [row for row in waiting if (row.lead_id, row.text_digest) != (row.had_lead, row.had_digest)]
    forget(connection, [row.id for row in changed if row.had_lead is not None])
    _remember(connection, [_text(row) for row in changed])
    connection.execute(update(stories).where(among(connection, stories.c.id, ids)).values(indexed=1))


def _waiting(connection: Connection) -> list[Any]:
    """The stories that wait, with what they show and what they are found by.

    Locked, so that no merge changes what they show before they are marked; those that one is at wait until next time.
    """
    had, c = story_texts.c, sightings.c
    statement = (
        select(
            stories.c.id, stories.c.lead_id, c.text_digest, c.title, c.html, c.summary,
            had.lead_id.label("had_lead"), had.text_digest.label("had_digest"),
        )
        .select_from(stories.join(sightings, c.id == stories.c.lead_id).outerjoin(story_texts))
        .where(_WAITS)
        .order_by(stories.c.id)
        .limit(BATCH)
        .with_for_update(of=stories, skip_locked=True)
    )  # fmt: skip
    return list(connection.execute(statement))


def _text(row: Any) -> Text:
    return Text(
        story_id=row.id,
        lead_id=row.lead_id,
        text_digest=row.text_digest,
        title=tuple(terms(row.title)),
        text=tuple(terms(text_of(row.html or row.summary))),
    )


def _remember(connection: Connection, texts: Collection[Text]) -> None:
    if not texts:
        return
    packed = _as_vectors if connection.dialect.name == "postgresql" else _compressed
    rows = [
        {"story_id": text.story_id, "lead_id": text.lead_id, "text_digest": text.text_digest, **packed(text)}
        for text in texts
    ]
    connection.execute(insert(story_texts), rows)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_ADD, [(text.story_id, " ".join(text.title), " ".join(text.text)) for text in texts])


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


def _compressed(text: Text) -> dict[str, bytes]:
    return {"title": _packed(text.title), "terms": _packed(text.text)}


def _packed(terms_: tuple[str, ...]) -> bytes:
    return zlib.compress(" ".join(terms_).encode(), 1)


def _restored(packed: bytes) -> str:
    return zlib.decompress(packed).decode()


def _as_vectors(text: Text) -> dict[str, str]:
    """A place is left free between title and text, so that no phrase spans them."""
    title = (TITLE, 1, text.title)
    return {"title": _as_vector(title), "terms": _as_vector(title, (TEXT, len(text.title) + 2, text.text))}


def _as_vector(*parts: tuple[str, int, tuple[str, ...]]) -> str:
    """(weight, first place, terms) as PostgreSQL reads a `tsvector`: 'term':1A,7 …"""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for weight, first, found in parts:
        for place, term in enumerate(found, first):
            places[term].append(f"{place}{weight}")
    return " ".join(f"'{term}':{','.join(where[:_MOST_PLACES])}" for term, where in places.items())
