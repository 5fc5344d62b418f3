"""A source remembers how it was asked, so that one which fails is tried at once when config.yaml says otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("asking", sa.LargeBinary(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sources", "asking")
