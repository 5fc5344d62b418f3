"""What merging compares, keys to find candidates by, splits that are remembered, floods that are held.

Sightings that are there keep their address and title as keys; their texts are compared once they are read again, or
after `aggregator reclean`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PER_KEY = 16  # as store.keys had it then

KEYS = """
INSERT INTO sighting_keys (settled, key, sighting_id)
SELECT 1, key, id FROM (
    SELECT key, id, row_number() OVER (PARTITION BY key ORDER BY id DESC) AS place FROM (
        SELECT url_key AS key, id FROM sightings WHERE url_key IS NOT NULL AND story_id IS NOT NULL
        UNION
        SELECT title_key AS key, id FROM sightings WHERE title_key IS NOT NULL AND story_id IS NOT NULL
    ) AS every_key
) AS placed WHERE place <= :per_key
"""


def upgrade() -> None:
    op.create_table(
        "floods",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source_id", ROW_ID, nullable=False),
        sa.Column("held_at", INSTANT, nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("old", sa.Integer(), nullable=False),
        sa.Column("undated", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_floods_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floods")),
    )
    op.create_table(
        "splits",
        sa.Column("sighting_id", ROW_ID, nullable=False),
        sa.Column("other_id", ROW_ID, nullable=False),
        sa.Column("split_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["sighting_id"], ["sightings.id"], name=op.f("fk_splits_sighting_id")),
        sa.ForeignKeyConstraint(["other_id"], ["sightings.id"], name=op.f("fk_splits_other_id")),
        sa.PrimaryKeyConstraint("sighting_id", "other_id", name=op.f("pk_splits")),
    )
    op.create_table(
        "sighting_keys",
        sa.Column("settled", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sighting_id", ROW_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("settled", "key", "sighting_id", name=op.f("pk_sighting_keys")),
        sqlite_with_rowid=False,
    )
    # Until now a title had a key only if it was telling.
    op.add_column("sightings", sa.Column("telling", sa.Integer(), server_default="1", nullable=False))
    op.add_column("sightings", sa.Column("alias_key", sa.BigInteger(), nullable=True))
    op.add_column("sightings", sa.Column("link_key", sa.BigInteger(), nullable=True))
    op.add_column("sightings", sa.Column("shingles", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sightings", sa.Column("sketch", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("sightings", sa.Column("near_keys", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("sightings", sa.Column("score", sa.Float(), nullable=True))
    op.add_column("sightings", sa.Column("matched_id", ROW_ID, nullable=True))
    op.add_column("sightings", sa.Column("flood_id", ROW_ID, nullable=True))
    _index("ix_sightings_source_id_alias_key", ["source_id", "alias_key"], "alias_key")
    _index("ix_sightings_source_id_link_key", ["source_id", "link_key"], "link_key")
    _index("ix_sightings_flood_id", ["flood_id"], "flood_id")
    for name in ("url_key", "title_key"):
        where = sa.text(f"{name} IS NOT NULL")
        op.drop_index(f"ix_sightings_{name}", table_name="sightings", sqlite_where=where, postgresql_where=where)
    op.execute("UPDATE sightings SET link_key = url_key WHERE url NOT LIKE '%#%'")
    op.get_bind().execute(sa.text(KEYS), {"per_key": PER_KEY})


def _index(name: str, columns: list[str], present: str) -> None:
    where = sa.text(f"{present} IS NOT NULL")
    op.create_index(name, "sightings", columns, unique=False, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, column in (("source_id_alias_key", "alias_key"), ("source_id_link_key", "link_key"), ("flood_id",) * 2):
        where = sa.text(f"{column} IS NOT NULL")
        op.drop_index(f"ix_sightings_{name}", table_name="sightings", sqlite_where=where, postgresql_where=where)
    for name in (
        "flood_id",
        "matched_id",
        "score",
        "near_keys",
        "sketch",
        "shingles",
        "link_key",
        "alias_key",
        "telling",
    ):
        op.drop_column("sightings", name)
    for name in ("title_key", "url_key"):
        _index(f"ix_sightings_{name}", [name], name)
    op.drop_table("sighting_keys")
    op.drop_table("splits")
    op.drop_table("floods")
