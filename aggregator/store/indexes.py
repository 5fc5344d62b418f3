"""What the tables are found by: each index names the question that it serves. Migrations make them, like the tables.

In a file of its own, for no statement needs it, and to say what PostgreSQL is to do SQLAlchemy loads its whole dialect:
0.02 s of every start on SQLite.
"""

from sqlalchemy import Index, text

from aggregator.store.schema import (
    fetches,
    metadata,
    sightings,
    sources,
    stories,
    story_categories,
    story_texts,
    transitions,
)

__all__ = ["metadata"]

Index("ix_sources_next_fetch_at", sources.c.next_fetch_at, sqlite_where=sources.c.removed_at.is_(None),
      postgresql_where=sources.c.removed_at.is_(None))  # claim_due  # fmt: skip
Index("ix_sources_host", sources.c.host, sqlite_where=sources.c.lease_token.is_not(None),
      postgresql_where=sources.c.lease_token.is_not(None))  # claim_due: is the host busy?  # fmt: skip
Index("ix_fetches_source_id_id", fetches.c.source_id, fetches.c.id)  # the last polls of one source
Index("ix_transitions_source_id_id", transitions.c.source_id, transitions.c.id)  # those of one source; of our network
Index("ix_stories_unindexed", stories.c.id, sqlite_where=text("indexed = 0"),
      postgresql_where=text("indexed = 0"))  # texts.waiting: what waits to be found  # fmt: skip
Index("ix_story_texts_title", story_texts.c.title, postgresql_using="gin").ddl_if("postgresql")  # search: in titles
Index("ix_story_texts_terms", story_texts.c.terms, postgresql_using="gin").ddl_if("postgresql")  # search: anywhere
Index("ix_sightings_pending", sightings.c.id, sqlite_where=text("pending = 1"),
      postgresql_where=text("pending = 1"))  # merge: what waits, in arrival order  # fmt: skip
Index("ix_sightings_joined", sightings.c.first_seen_at, sightings.c.story_id,
      sqlite_where=sightings.c.matched_id.is_not(None),
      postgresql_where=sightings.c.matched_id.is_not(None))  # top: which stories did others join of late?  # fmt: skip
Index("ix_sightings_story_id", sightings.c.story_id)  # a story's sightings
Index("ix_sightings_source_id_alias_key", sightings.c.source_id, sightings.c.alias_key,
      sqlite_where=sightings.c.alias_key.is_not(None),
      postgresql_where=sightings.c.alias_key.is_not(None))  # save: the same guid in another spelling?  # fmt: skip
Index("ix_sightings_source_id_link_key", sightings.c.source_id, sightings.c.link_key,
      sqlite_where=sightings.c.link_key.is_not(None),
      postgresql_where=sightings.c.link_key.is_not(None))  # save: the same entry under another guid?  # fmt: skip
Index("ix_sightings_source_id_title_key", sightings.c.source_id, sightings.c.title_key,
      sqlite_where=sightings.c.title_key.is_not(None),
      postgresql_where=sightings.c.title_key.is_not(None))  # save: the same entry at another address?  # fmt: skip
Index("ix_sightings_flood_id", sightings.c.flood_id, sqlite_where=sightings.c.flood_id.is_not(None),
      postgresql_where=sightings.c.flood_id.is_not(None))  # what a flood brought  # fmt: skip
Index("ix_sightings_unresolved_images", sightings.c.source_id, sightings.c.unresolved_images,
      sqlite_where=sightings.c.unresolved_images > 0,
      postgresql_where=sightings.c.unresolved_images > 0)  # how many a source has; hardly any does  # fmt: skip
Index("ix_story_categories_published", story_categories.c.category_id, story_categories.c.published,
      story_categories.c.story_id)  # the newest stories of a category  # fmt: skip
