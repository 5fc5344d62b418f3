"""How many stories a category shows stands with it: every page says so, and to count them takes longer the more there
are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("categories", sa.Column("stories", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE categories SET stories ="
        " (SELECT count(*) FROM story_categories WHERE story_categories.category_id = categories.id)"
    )


def downgrade() -> None:
    op.drop_column("categories", "stories")
