"""What merging finds candidates by becomes a log that is searched in memory, instead of ten rows a sighting.

Within a source, entries that moved are found by title in an index of their own.
"""

from array import array
from itertools import islice
from sys import byteorder

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TITLED = sa.text("title_key IS NOT NULL")
LOW = 2**32 - 1
PAIRS_IN_A_RUN = 64 * 1024
PER_KEY = 16  # as dedup.index had it then

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
    runs = op.create_table(
        "key_runs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("newest_id", ROW_ID, nullable=False),
        sa.Column("pairs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_runs")),
        sqlite_autoincrement=True,
    )
    connection = op.get_bind()
    rows = iter(connection.execute(sa.text("SELECT key, sighting_id FROM sighting_keys ORDER BY sighting_id")))
    while some := list(islice(rows, PAIRS_IN_A_RUN)):
        pairs = array("Q", ((key & LOW) << 32 | sighting_id for key, sighting_id in some))
        if byteorder == "big":
            pairs.byteswap()
        connection.execute(sa.insert(runs).values(newest_id=some[-1].sighting_id, pairs=pairs.tobytes()))
    op.drop_table("sighting_keys")
    op.create_index(
        "ix_sightings_source_id_title_key",
        "sightings",
        ["source_id", "title_key"],
        unique=False,
        sqlite_where=TITLED,
        postgresql_where=TITLED,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_sightings_source_id_title_key",
        table_name="sightings",
        sqlite_where=TITLED,
        postgresql_where=TITLED,
    )
    op.create_table(
        "sighting_keys",
        sa.Column("settled", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sighting_id", ROW_ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("settled", "key", "sighting_id", name=op.f("pk_sighting_keys")),
        sqlite_with_rowid=False,
    )
    op.get_bind().execute(sa.text(KEYS), {"per_key": PER_KEY})
    op.drop_table("key_runs")
