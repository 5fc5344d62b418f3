"""Which config.yaml is in force, and why the one that stands there now is not."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "configuration",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("in_force_at", INSTANT, nullable=True),
        sa.Column("problems", sa.Text(), nullable=True),
        sa.Column("refused_at", INSTANT, nullable=True),
        sa.Column("refused_digest", sa.Text(), nullable=True),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
    )


def downgrade() -> None:
    op.drop_table("configuration")
