"""The tables. Migrations make them; a test proves that both say the same. What they are found by is in `indexes`.

Columns that end in `_at` are instants that we observed. Settings of a source that only config.yaml decides (priority,
images, publish …) are not here: rows and settings meet by `sources.address`.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from aggregator.store.columns import Instant, Json, TermVector
from feeds.model import Enclosure, Person, Rhythm

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TEXTS = Json[tuple[str, ...]](tuple[str, ...], empty=())
TERMS = LargeBinary().with_variant(TermVector(), "postgresql")

# SQLite gives AUTOINCREMENT ids only to INTEGER; PostgreSQL's sightings will outgrow 32 bits.
RowId = BigInteger().with_variant(Integer, "sqlite")

sources = Table(
    "sources",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("address", Text, nullable=False, unique=True),  # its identity, as kinds.Kind.address gives it
    Column("kind", Text, nullable=False),
    Column("host", Text, nullable=False),  # one fetch at a time goes to each; "" for files
    Column("added_at", Instant, nullable=False),
    Column("removed_at", Instant),  # no longer in config.yaml; its stories stay
    # what the document says of itself
    Column("title", Text, nullable=False, server_default=""),
    Column("link", Text),
    Column("language", Text),
    Column("image", Text),
    Column("rhythm", Json[Rhythm](Rhythm, empty=Rhythm())),
    Column("hubs", TEXTS),
    Column("problems", TEXTS),
    # when to fetch, and who is at it
    Column("next_fetch_at", Instant, nullable=False),
    Column("why_then", Text),  # outcome.Why
    Column("lease_token", Uuid),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),  # claims since an outcome was recorded
    # what to say when we come back
    Column("validators_url", Text),
    Column("etag", LargeBinary),
    Column("last_modified", LargeBinary),
    Column("body_digest", LargeBinary),
    Column("memory", LargeBinary),  # which entries the last document had: feeds.parse.trim
    Column("reading", LargeBinary, nullable=False, server_default=""),  # digest of how documents are read: kind, rules
    Column("asking", LargeBinary, nullable=False, server_default=""),  # digest of how they are asked for: headers
    # how it has been
    Column("last_fetch_at", Instant),
    Column("last_success_at", Instant),
    Column("last_new_at", Instant),
    Column("failing_since_at", Instant),
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("reason", Text),  # outcome.Reason of the last failure; NULL when the last fetch was good
    Column("detail", Text),
    Column("standing", Text, nullable=False, server_default="well"),  # standing.Standing: slower than `reason`
    Column("moved_to", Text),  # where permanent redirects led at the last success …
    Column("moved_since_at", Instant),  # … since when to the same place …
    Column("moved_polls", Integer, nullable=False, server_default="0"),  # … and how often in a row
    Column("learnt_address", Text),  # the same, once it is certain: asked instead of `address`
    Column("last_document_at", Instant),  # when an answer last brought a whole document, not a 304
    Column(
        "arrivals", Json[tuple[datetime, ...]](tuple[datetime, ...], empty=())
    ),  # of the newest entries, newest first
)

# Hosts that asked us to stay away, whoever of their sources was told so.
hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("held_until", Instant, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", ForeignKey(sources.c.id), nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("outcome", Text, nullable=False),  # updated, unchanged, failed
    Column("reason", Text),
    Column("detail", Text),
    Column("status", Integer),
    Column("wire_bytes", Integer, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
)

# What a source's polls of one day came to, so that months can be shown though only the last polls are kept. What is
# older than that is added up in the day `store.days.BEFORE`, so that the sums only grow.
poll_days = Table(
    "poll_days",
    metadata,
    Column("source_id", ForeignKey(sources.c.id), primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),  # UTC
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("added", BigInteger, nullable=False),  # items that were new to us
    Column("wire_bytes", BigInteger, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),  # of all polls together
    sqlite_with_rowid=False,
)

# What changed about a source for good or ill, once each, in the transaction of the poll that showed it.
transitions = Table(
    "transitions",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", ForeignKey(sources.c.id)),  # NULL: our own network
    Column("changed_at", Instant, nullable=False),
    Column("change", Text, nullable=False),  # standing.Change
    Column("since", Instant),  # when what it tells of began
    Column("reason", Text),  # outcome.Reason
    Column("detail", Text),
)

stories = Table(
    "stories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True),  # its public identity, never changes
    Column("lead_id", RowId, nullable=False),  # the sighting whose text is shown
    Column("published", Instant, nullable=False),  # its place; never changes
    Column("updated", Instant, nullable=False),  # moves when the shown text does
    Column(
        "indexed", SmallInteger, nullable=False, server_default="0"
    ),  # 0: its text may not be the one it is found by
)

# What stories are found by. On PostgreSQL the terms with their places, indexed. On SQLite that is in `story_terms`, a
# virtual table of FTS5 that keeps no texts; what was put into it must be said when it is taken out again, and is here,
# compressed.
story_texts = Table(
    "story_texts",
    metadata,
    Column("story_id", ForeignKey(stories.c.id), primary_key=True, autoincrement=False),
    Column("lead_id", RowId, nullable=False),  # the sighting whose text it is …
    Column("text_digest", LargeBinary, nullable=False),  # … and which one of its texts
    Column("title", TERMS, nullable=False),  # its terms
    Column("terms", TERMS, nullable=False),  # of title and text
)

# One poll of a source that brought so much that is old, undated or known that it was not published at once.
floods = Table(
    "floods",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("source_id", ForeignKey(sources.c.id), nullable=False),
    Column("held_at", Instant, nullable=False),
    Column("items", Integer, nullable=False),  # new ones in that poll, of which …
    Column("old", Integer, nullable=False),
    Column("undated", Integer, nullable=False),
    Column("repeated", Integer, nullable=False),  # … these are in their stories again, and are not held
    Column("reason", Text, nullable=False),  # dedup.flood.Suspicion
    Column("ended_at", Instant),  # NULL while it is held
    Column("verdict", Text),  # released, discarded
)

sightings = Table(
    "sightings",
    metadata,
    Column("id", RowId, primary_key=True),  # arrival order
    Column("source_id", ForeignKey(sources.c.id), nullable=False),
    Column("guid_key", LargeBinary, nullable=False),  # sha256 of the guid: a guid may be longer than an index allows
    Column("guid", Text, nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("authors", Json[tuple[Person, ...]](tuple[Person, ...], empty=())),
    Column("tags", TEXTS),
    Column("enclosures", Json[tuple[Enclosure, ...]](tuple[Enclosure, ...], empty=())),
    Column("image", Text),
    Column("language", Text),
    Column("published", Instant),
    Column("updated", Instant),
    Column("first_seen_at", Instant, nullable=False),
    Column("revised", Instant, nullable=False),  # since when it has had the text it has, to the second
    Column("revisions", Integer, nullable=False, server_default="0"),
    Column("digest", LargeBinary, nullable=False),  # of everything its source says
    Column("text_digest", LargeBinary, nullable=False),  # of what a reader would call a change
    Column(
        "expired_at", Instant
    ),  # past retention: the text is gone, the row stays so that it does not come back as new
    # fingerprint: feeds.fingerprint
    Column("url_key", BigInteger),  # of the canonical URL; NULL where it proves nothing
    Column("title_key", BigInteger),  # of the normalised title
    Column("telling", Integer, nullable=False, server_default="1"),  # 0: the title is anybody's, short or a formula
    Column("alias_key", BigInteger),  # of the guid without scheme and `www.`; NULL where it is no address
    Column("link_key", BigInteger),  # what identifies it within its source where guids do not
    Column("words", Integer, nullable=False),
    Column("shingles", Integer, nullable=False, server_default="0"),
    Column("sketch", LargeBinary, nullable=False, server_default=""),
    Column("near_keys", LargeBinary, nullable=False, server_default=""),
    # merge
    Column("story_id", ForeignKey(stories.c.id)),
    Column("reason", Text),  # dedup.match.Evidence: why it belongs to its story
    Column("score", Float),  # how strong that is, in (0, 1]
    Column("matched_id", RowId),  # the sighting that it was found to be the same as
    Column("flood_id", RowId),  # it came in a flood, and is held or was discarded
    Column("pending", Integer, nullable=False, server_default="1"),  # 1: new or changed since the last merge
    Column("unresolved_images", Integer, nullable=False, server_default="0"),  # hidden too well for the cleaner
    # The entry as it was parsed, compressed, for `reclean`. Last, because it is large and hardly ever read.
    Column("original", LargeBinary),
    UniqueConstraint("source_id", "guid_key"),
)

# What merging finds candidates by: address, title, and the smallest hashes of the text, as pairs of key and sighting.
# One row a batch of the merge, in order; nothing that is older than the window stays. A number is never given again:
# other processes know by it how far they have read.
key_runs = Table(
    "key_runs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("newest_id", RowId, nullable=False),  # the highest sighting in it
    Column("pairs", LargeBinary, nullable=False),  # dedup.window.packed
    sqlite_autoincrement=True,
)

# Somebody said that these two are not one story, whatever the texts say. Each pair once, `sighting_id` is the one that
# was taken out.
splits = Table(
    "splits",
    metadata,
    Column("sighting_id", ForeignKey(sightings.c.id), primary_key=True),
    Column("other_id", ForeignKey(sightings.c.id), primary_key=True),
    Column("split_at", Instant, nullable=False),
)

categories = Table(
    "categories",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", Instant, nullable=False),
    Column("stories", BigInteger, nullable=False, server_default="0"),  # how many story_categories has of it
    Column("announced", BigInteger, nullable=False, server_default="0"),  # the revision that a hub was told of
)

# Closed upwards: a source of technology/python has a row for that, one for technology, and one for `all`.
source_categories = Table(
    "source_categories",
    metadata,
    Column("source_id", ForeignKey(sources.c.id), primary_key=True),
    Column("category_id", ForeignKey(categories.c.id), primary_key=True),
)

# Two trees and no third: every story is filed in two categories or more, and each tree is a page to change. No foreign
# keys, for the same reason: it says only what sightings and source_categories say, and `care` asks whether it does.
story_categories = Table(
    "story_categories",
    metadata,
    Column("story_id", RowId, primary_key=True, autoincrement=False),
    Column("category_id", RowId, primary_key=True, autoincrement=False),
    Column("published", Instant, nullable=False),  # a copy of stories.published, for the index
    sqlite_with_rowid=False,
)

# One row: which config.yaml is in force, and why the one that stands there now is not.
configuration = Table(
    "configuration",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("in_force_at", Instant),
    Column("problems", TEXTS),
    Column("refused_at", Instant),
    Column("refused_digest", Text),
    Column("missing", Integer, nullable=False, server_default="0"),
    Column("accepted", Text),
)

# Who does what only one process should, and until when nobody else does.
duties = Table(
    "duties",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Uuid, nullable=False),
    Column("until", Instant, nullable=False),
)
