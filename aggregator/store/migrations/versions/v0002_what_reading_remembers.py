"""What a reading remembers for the next one, what entries were before they were cleaned, images that stayed hidden."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("memory", sa.LargeBinary(), nullable=True))
    op.add_column("sources", sa.Column("reading", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("sightings", sa.Column("unresolved_images", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sightings", sa.Column("original", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("sightings", "original")
    op.drop_column("sightings", "unresolved_images")
    op.drop_column("sources", "reading")
    op.drop_column("sources", "memory")
