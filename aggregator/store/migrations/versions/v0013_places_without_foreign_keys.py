"""Where stories are filed refers to nothing any more: two checks for each place were a tenth of what merging costs."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

REFERENCES = {"category_id": "categories", "story_id": "stories"}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in REFERENCES:
            op.drop_constraint(f"fk_story_categories_{column}", "story_categories", type_="foreignkey")
    else:
        _filed_anew(())


def downgrade() -> None:
    keys = tuple(
        sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_story_categories_{column}"))
        for column, table in REFERENCES.items()
    )
    if op.get_bind().dialect.name == "postgresql":
        for column, table in REFERENCES.items():
            op.create_foreign_key(f"fk_story_categories_{column}", "story_categories", table, [column], ["id"])
    else:
        _filed_anew(keys)


def _filed_anew(keys: tuple[sa.ForeignKeyConstraint, ...]) -> None:
    """SQLite cannot alter a constraint."""
    op.rename_table("story_categories", "story_categories_before")
    op.execute("DROP INDEX ix_story_categories_published")
    op.create_table(
        "story_categories",
        sa.Column("story_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("category_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        *keys,
        sa.PrimaryKeyConstraint("story_id", "category_id", name=op.f("pk_story_categories")),
        sqlite_with_rowid=False,
    )
    columns = "story_id, category_id, published"
    op.execute(f"INSERT INTO story_categories ({columns}) SELECT {columns} FROM story_categories_before")  # noqa: S608
    op.drop_table("story_categories_before")
    op.create_index(
        "ix_story_categories_published", "story_categories", ["category_id", "published", "story_id"], unique=False
    )
