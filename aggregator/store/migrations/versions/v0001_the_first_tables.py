"""The first tables: sources, fetches, sightings, stories, categories."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_table(
        "sources",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("rhythm", sa.Text(), nullable=True),
        sa.Column("hubs", sa.Text(), nullable=True),
        sa.Column("problems", sa.Text(), nullable=True),
        sa.Column("next_fetch_at", INSTANT, nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("validators_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.LargeBinary(), nullable=True),
        sa.Column("last_modified", sa.LargeBinary(), nullable=True),
        sa.Column("body_digest", sa.LargeBinary(), nullable=True),
        sa.Column("last_fetch_at", INSTANT, nullable=True),
        sa.Column("last_success_at", INSTANT, nullable=True),
        sa.Column("last_new_at", INSTANT, nullable=True),
        sa.Column("failing_since_at", INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_since_at", INSTANT, nullable=True),
        sa.Column("moved_polls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("learnt_address", sa.Text(), nullable=True),
        sa.Column("last_document_at", INSTANT, nullable=True),
        sa.Column("arrivals", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("address", name=op.f("uq_sources_address")),
    )
    op.create_index(
        "ix_sources_host",
        "sources",
        ["host"],
        unique=False,
        sqlite_where=sa.text("lease_token IS NOT NULL"),
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.create_index(
        "ix_sources_next_fetch_at",
        "sources",
        ["next_fetch_at"],
        unique=False,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "stories",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("lead_id", ROW_ID, nullable=False),
        sa.Column("published", INSTANT, nullable=False),
        sa.Column("updated", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
        sa.UniqueConstraint("uuid", name=op.f("uq_stories_uuid")),
    )
    op.create_table(
        "fetches",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source_id", ROW_ID, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("wire_bytes", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_fetches_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
    )
    op.create_index("ix_fetches_source_id_id", "fetches", ["source_id", "id"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source_id", ROW_ID, nullable=False),
        sa.Column("guid_key", sa.LargeBinary(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=True),
        sa.Column("enclosures", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("published", INSTANT, nullable=True),
        sa.Column("updated", INSTANT, nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("revised", INSTANT, nullable=False),
        sa.Column("revisions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expired_at", INSTANT, nullable=True),
        sa.Column("url_key", sa.BigInteger(), nullable=True),
        sa.Column("title_key", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("story_id", ROW_ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("pending", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_sightings_source_id")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_sightings_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        sa.UniqueConstraint("source_id", "guid_key", name=op.f("uq_sightings_source_id_guid_key")),
    )
    op.create_index(
        "ix_sightings_pending",
        "sightings",
        ["id"],
        unique=False,
        sqlite_where=sa.text("pending = 1"),
        postgresql_where=sa.text("pending = 1"),
    )
    op.create_index("ix_sightings_story_id", "sightings", ["story_id"], unique=False)
    op.create_index(
        "ix_sightings_title_key",
        "sightings",
        ["title_key"],
        unique=False,
        sqlite_where=sa.text("title_key IS NOT NULL"),
        postgresql_where=sa.text("title_key IS NOT NULL"),
    )
    op.create_index(
        "ix_sightings_url_key",
        "sightings",
        ["url_key"],
        unique=False,
        sqlite_where=sa.text("url_key IS NOT NULL"),
        postgresql_where=sa.text("url_key IS NOT NULL"),
    )
    op.create_table(
        "source_categories",
        sa.Column("source_id", ROW_ID, nullable=False),
        sa.Column("category_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_source_categories_category_id")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_categories_source_id")),
        sa.PrimaryKeyConstraint("source_id", "category_id", name=op.f("pk_source_categories")),
    )
    op.create_table(
        "story_categories",
        sa.Column("category_id", ROW_ID, nullable=False),
        sa.Column("story_id", ROW_ID, nullable=False),
        sa.Column("published", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_story_categories_category_id")),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name=op.f("fk_story_categories_story_id")),
        sa.PrimaryKeyConstraint("category_id", "story_id", name=op.f("pk_story_categories")),
    )
    op.create_index(
        "ix_story_categories_published", "story_categories", ["category_id", "published", "story_id"], unique=False
    )
    op.create_index("ix_story_categories_story_id", "story_categories", ["story_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_story_categories_story_id", table_name="story_categories")
    op.drop_index("ix_story_categories_published", table_name="story_categories")
    op.drop_table("story_categories")
    op.drop_table("source_categories")
    op.drop_index(
        "ix_sightings_url_key",
        table_name="sightings",
        sqlite_where=sa.text("url_key IS NOT NULL"),
        postgresql_where=sa.text("url_key IS NOT NULL"),
    )
    op.drop_index(
        "ix_sightings_title_key",
        table_name="sightings",
        sqlite_where=sa.text("title_key IS NOT NULL"),
        postgresql_where=sa.text("title_key IS NOT NULL"),
    )
    op.drop_index("ix_sightings_story_id", table_name="sightings")
    op.drop_index(
        "ix_sightings_pending",
        table_name="sightings",
        sqlite_where=sa.text("pending = 1"),
        postgresql_where=sa.text("pending = 1"),
    )
    op.drop_table("sightings")
    op.drop_index("ix_fetches_source_id_id", table_name="fetches")
    op.drop_table("fetches")
    op.drop_table("stories")
    op.drop_index(
        "ix_sources_next_fetch_at",
        table_name="sources",
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.drop_index(
        "ix_sources_host",
        table_name="sources",
        sqlite_where=sa.text("lease_token IS NOT NULL"),
        postgresql_where=sa.text("lease_token IS NOT NULL"),
    )
    op.drop_table("sources")
    op.drop_table("hosts")
    op.drop_table("categories")
