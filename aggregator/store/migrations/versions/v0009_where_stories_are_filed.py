"""Where stories are filed stands in two trees instead of four: by story, and by category and time.

Each story is filed once, in two or more categories, and every tree is a page to be changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _filed_anew(("story_id", "category_id"), with_rowid=False)


def downgrade() -> None:
    _filed_anew(("category_id", "story_id"), with_rowid=True)
    op.create_index("ix_story_categories_story_id", "story_categories", ["story_id"], unique=False)


def _filed_anew(key: tuple[str, str], *, with_rowid: bool) -> None:
    row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.rename_table("story_categories", "story_categories_before")
    if op.get_bind().dialect.name == "postgresql":  # where the names of constraints and indexes are the schema's
        op.execute("ALTER TABLE story_categories_before DROP CONSTRAINT pk_story_categories")
    op.execute("DROP INDEX ix_story_categories_published")
    op.execute("DROP INDEX IF EXISTS ix_story_categories_story_id")
    op.create_table(
        "story_categories",
        *(sa.Column(name, row_id, autoincrement=False, nullable=False) for name in key),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_story_categories_category_id")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_story_categories_story_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_story_categories")),
        sqlite_with_rowid=with_rowid,
    )
    columns = f"{key[0]}, {key[1]}, published"
    op.execute(f"INSERT INTO story_categories ({columns}) SELECT {columns} FROM story_categories_before")  # noqa: S608
    op.drop_table("story_categories_before")
    op.create_index(
        "ix_story_categories_published", "story_categories", ["category_id", "published", "story_id"], unique=False
    )
