"""An index of the sightings that joined somebody else's story, by when we first saw them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JOINED = sa.text("matched_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_sightings_joined",
        "sightings",
        ["first_seen_at", "story_id"],
        sqlite_where=JOINED,
        postgresql_where=JOINED,
    )


def downgrade() -> None:
    op.drop_index("ix_sightings_joined", table_name="sightings", sqlite_where=JOINED, postgresql_where=JOINED)
