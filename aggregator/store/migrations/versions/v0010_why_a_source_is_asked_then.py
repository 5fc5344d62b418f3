"""Why a source is asked again when it is; known from its next poll on."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sources", sa.Column("why_then", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sources", "why_then")
