"""How sources stand, when that changed, and what their polls came to, day by day.

Every source begins well: what fails by now is down at its next failure.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SHOWS_NOTHING = sa.text("unresolved_images > 0")


def upgrade() -> None:
    op.add_column("sources", sa.Column("standing", sa.Text(), server_default="well", nullable=False))
    op.create_table(
        "poll_days",
        sa.Column("source_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=False),
        sa.Column("wire_bytes", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_poll_days_source_id")),
        sa.PrimaryKeyConstraint("source_id", "day", name=op.f("pk_poll_days")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "transitions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source_id", ROW_ID, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_transitions_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transitions")),
    )
    op.create_index("ix_transitions_source_id_id", "transitions", ["source_id", "id"], unique=False)
    op.create_index(
        "ix_sightings_unresolved_images",
        "sightings",
        ["source_id", "unresolved_images"],
        unique=False,
        sqlite_where=SHOWS_NOTHING,
        postgresql_where=SHOWS_NOTHING,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_sightings_unresolved_images",
        table_name="sightings",
        sqlite_where=SHOWS_NOTHING,
        postgresql_where=SHOWS_NOTHING,
    )
    op.drop_table("transitions")
    op.drop_table("poll_days")
    op.drop_column("sources", "standing")
