"""A category remembers which of its revisions a WebSub hub was told of."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("categories", sa.Column("announced", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("categories", "announced")
