"""Stories as Markdown posts in a folder, for a static site generator: `aggregator export hexo DIR`.

Reads in batches, newest first, and forgets each once it is written: what is kept of a story is the name of its file,
less than a kilobyte. How a post looks is `feeds.render.posts`; what becomes of files, `folder`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.config import slugs
from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError, DatabaseError
from aggregator.publish.folder import Counts, PostFolder
from aggregator.publish.selection import ALL, Catalogue, published_entry
from aggregator.store import views
from aggregator.store.engine import reading
from aggregator.store.views import Story
from feeds.model import Entry, Feed
from feeds.render import TREES
from feeds.render.posts import identity

BATCH = 200  # stories; half a megabyte of text


class UnknownCategory(AggregatorError):
    """A category was asked for that config.yaml does not have."""


def export_posts(
    engine: Engine,
    settings: Settings,
    generator: str,
    folder: Path,
    *,
    category: str = ALL,
    limit: int | None = None,
    prune: bool = False,
    watch: Callable[[int], None] = lambda _: None,
) -> Counts:
    """Write the stories of a category, and of all below it, as posts for a generator (a row of TREES).

    category  its slug or its path; the posts are in all their categories nevertheless
    limit     only the newest so many
    prune     remove the posts of ours whose stories are no longer among them
    watch     is told of every batch, how many stories it had
    raises    FolderError, UnknownCategory, DatabaseError; what was written until then stays
    """
    catalogue = Catalogue(settings)
    slug = _slug(catalogue, category)
    tree = TREES[generator]
    kept: set[str] = set()
    with PostFolder(folder, generator) as posts:
        for batch in _batches(engine, slug, limit):
            entries = tuple(_entry(catalogue, story) for story in batch)
            kept.update(identity(entry.guid) for entry in entries)
            posts.put(tree.render(Feed(entries=entries)))
            watch(len(entries))
        posts.settle(kept, prune=prune)
    return posts.counts


def count(engine: Engine, settings: Settings, category: str = ALL, limit: int | None = None) -> int:
    """How many stories there are to export.

    raises  UnknownCategory, DatabaseError
    """
    slug = _slug(Catalogue(settings), category)
    try:
        with reading(engine) as connection:
            state = views.category_states(connection).get(slug)
    except SQLAlchemyError as error:
        raise _failed(error) from error
    return min(state.stories if state else 0, limit or 2**63)


def _slug(catalogue: Catalogue, category: str) -> str:
    try:
        slug = category if category == ALL else slugs.slug(slugs.parts(category))
    except ValueError:
        slug = ""
    if catalogue.category(slug) is None:
        known = ", ".join(one.slug for one in catalogue.categories)
        raise UnknownCategory(f"there is no category {category!r}; there are {known}")
    return slug


def _batches(engine: Engine, slug: str, limit: int | None) -> Iterator[tuple[Story, ...]]:
    """Each batch is one short look at the database; a story never changes its place, so none is passed over or told
    twice."""
    left = limit if limit is not None else 2**63
    place = None
    while left > 0:
        try:
            with reading(engine) as connection:
                batch = views.newest(connection, slug, limit=min(BATCH, left), before=place)
        except SQLAlchemyError as error:
            raise _failed(error) from error
        if not batch:
            return
        yield batch
        place = (batch[-1].published, batch[-1].id)
        left -= len(batch)


def _failed(error: SQLAlchemyError) -> DatabaseError:
    return DatabaseError(f"the database failed: {error}; run it again when that is mended")


def _entry(catalogue: Catalogue, story: Story) -> Entry:
    """The story as it is published, the categories of its lead's source first: that is where it is filed."""
    entry = published_entry(catalogue, story)
    source = catalogue.source(story.lead.address)
    lead = (catalogue.path_of(slug) for slug in (source.categories if source else ()))
    return replace(entry, categories=tuple(dict.fromkeys((*lead, *entry.categories))))
