"""Letting go of old stories: their text is dropped, and what remains says that we had it, so that it never returns
as new.

In batches, each whole in itself: a run that is killed half way is taken up by the next one.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from aggregator.store import texts
from aggregator.store.locks import Lock, wait_for
from aggregator.store.schema import sightings, stories
from aggregator.store.stories import touch, unfile

BATCH = 500  # stories in one transaction


def expire(connection: Connection, *, before: datetime, now: datetime) -> int:
    """Drop up to BATCH stories that were published, updated and last joined before an instant; returns how many.

    When we first saw a story counts too: what was old when its source was added stays as long as anything else.
    """
    wait_for(connection, Lock.MERGING)  # nothing may join a story that goes
    recent = select(sightings.c.id).where(sightings.c.story_id == stories.c.id, sightings.c.first_seen_at >= before)
    old = select(stories.c.id).where(stories.c.published < before, stories.c.updated < before, ~recent.exists())
    ids = list(connection.scalars(old.order_by(stories.c.id).limit(BATCH)))
    if not ids:
        return 0
    touch(connection, ids, now)
    unfile(connection, ids)
    connection.execute(
        update(sightings)
        .where(sightings.c.story_id.in_(ids))
        .values(
            story_id=None,
            pending=0,
            html="",
            summary="",
            original=None,
            unresolved_images=0,
            url_key=None,
            title_key=None,
            expired_at=now,
        )
    )
    texts.forget(connection, ids)
    connection.execute(delete(stories).where(stories.c.id.in_(ids)))
    return len(ids)
