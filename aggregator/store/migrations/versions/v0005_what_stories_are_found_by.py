"""What stories are found by. Those that are there are indexed later, some at a time, while the service runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
UNINDEXED = sa.text("indexed = 0")


def upgrade() -> None:
    op.add_column("stories", sa.Column("indexed", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index("ix_stories_unindexed", "stories", ["id"], sqlite_where=UNINDEXED, postgresql_where=UNINDEXED)
    op.create_table(
        "story_texts",
        sa.Column("story_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("lead_id", ROW_ID, nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.LargeBinary().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("terms", sa.LargeBinary().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_story_texts_story_id")),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_story_texts")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Terms apart from the rest of the row, which is then so short that rows are found in memory; and small pending
        # lists, for every search reads all of them.
        op.execute("ALTER TABLE story_texts SET (toast_tuple_target = 128)")
        op.execute("ALTER TABLE story_texts ALTER COLUMN title SET STORAGE MAIN")
        for name in ("title", "terms"):
            op.create_index(
                f"ix_story_texts_{name}",
                "story_texts",
                [name],
                postgresql_using="gin",
                postgresql_with={"gin_pending_list_limit": 256},
            )
    else:
        # The tokenizer `ascii` parts words at the spaces that we set, and changes nothing else.
        op.execute("CREATE VIRTUAL TABLE story_terms USING fts5 (title, text, content='', tokenize='ascii')")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE story_terms")
    op.drop_table("story_texts")
    op.drop_index("ix_stories_unindexed", table_name="stories")
    op.drop_column("stories", "indexed")
