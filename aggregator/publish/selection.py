"""From a category's newest stories to the `Feed` that is published, and to the names and shapes that pages show.

`Catalogue` is what config.yaml says, looked up by slug and by source address; the stories come from `store.views`.
The same stories and settings always give the same `Feed`: nothing here asks what time it is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from urllib.parse import quote, urlsplit

from aggregator.config.settings import CategorySettings, Settings, SourceSettings
from aggregator.publish.images import ImagePolicy
from aggregator.store.views import SeenAt, Story
from feeds.model import Enclosure, Entry, Feed, Rhythm, Source
from feeds.render import markup
from feeds.render.players import for_readers

ALL = "all"
EXCERPT_CHARACTERS = 400
ICON = "icon.png"  # of our own files (`web.assets`)

RHYTHM_STORIES = 20  # gaps between so many say how often something new comes
INTERVALS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 180, 240, 360, 480, 720, 1440))


class Catalogue:
    """The categories and sources of config.yaml, ready to be asked."""

    def __init__(self, settings: Settings) -> None:
        self.site = settings.site
        self.hubs = (settings.site.hub,) if settings.site.hub else ()
        self.also_in = settings.publish.also_in
        self.icon = f"{str(settings.site.url).rstrip('/')}/static/{ICON}"
        self.categories: tuple[CategorySettings, ...] = settings.categories
        self._by_slug = {category.slug: category for category in settings.categories}
        self._by_slug[ALL] = CategorySettings(
            path=(), slug=ALL, title=settings.site.title, description="", limit=settings.feed_limit, line=0
        )
        self._sources = {source.address: source for source in settings.sources}
        self._images = ImagePolicy(settings)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Of everything that is published: `all`, and every category."""
        return tuple(self._by_slug)

    def category(self, slug: str) -> CategorySettings | None:
        """A category, or `all`; None if there is none of that slug."""
        return self._by_slug.get(slug)

    def source(self, address: str) -> SourceSettings | None:
        """A source as the file lists it; None once it has been removed."""
        return self._sources.get(address)

    def source_name(self, seen: SeenAt) -> str:
        """What people call a source: the name in the file, else what it calls itself, else where it is."""
        return self.source_name_of(seen.address, seen.title)

    def source_name_of(self, address: str, title: str) -> str:
        """The same, of an address and what the source calls itself."""
        source = self.source(address)
        return (source.name if source else None) or title or _place(address)

    def public_address(self, address: str) -> str | None:
        """A source's address, if everybody may have it: not a file's, and not one with a secret from the
        environment."""
        source = self.source(address)
        secret = source is not None and source.written not in (None, address)
        return address if urlsplit(address).scheme in ("http", "https") and not secret else None

    def shown_html(self, story: Story, *, players: bool = True) -> str:
        """The text of a story, as far as its source may be republished, with its images where readers can get them.

        players  whether films are shown in frames, as on a page; else they are linked, as feeds want it
        """
        source = self.source(story.lead.address)
        how = source.publish if source else "full"
        if how == "link":
            return ""
        if how == "excerpt":
            return f"<p>{escape(excerpt(story, EXCERPT_CHARACTERS))}</p>"
        return self._images.apply(story.html if players else for_readers(story.html), source)

    def shown_text(self, story: Story) -> str:
        """The same as plain text on one line."""
        source = self.source(story.lead.address)
        how = source.publish if source else "full"
        if how == "link":
            return ""
        return excerpt(story, EXCERPT_CHARACTERS if how == "excerpt" else len(story.summary) + len(story.html))

    def thumbnail(self, story: Story) -> str | None:
        """The address of a story's picture, after its source's image policy."""
        return self._images.address(story.image, self.source(story.lead.address)) if story.image else None

    def enclosures(self, story: Story) -> tuple[Enclosure, ...]:
        """The files of a story, its images after its source's image policy."""
        source = self.source(story.lead.address)
        return tuple(self._images.enclosure(file, source) for file in story.enclosures)

    def path_of(self, slug: str) -> tuple[str, ...]:
        """The names that lead to a category; () for `all` and for one that the file no longer has."""
        category = self.category(slug)
        return category.path if category else ()


def _place(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.hostname or ''}{parts.path}".rstrip("/") or address


def excerpt(story: Story, characters: int) -> str:
    """The beginning of a story as plain text, cut at a word; "" if it has no text."""
    return markup.excerpt(story.summary or story.html, longest=characters)


def published_feed(
    catalogue: Catalogue, category: CategorySettings, stories: Sequence[Story], *, url: str, changed_at: datetime
) -> Feed:
    """The feed of a category.

    stories     newest first
    url         its own address, in the format that it is for
    changed_at  when the category last changed: what `updated` is where there are no stories
    """
    return listed_feed(
        catalogue,
        stories,
        title=feed_title(catalogue, category),
        url=url,
        link=page_address(catalogue, category),
        description=category.description or f"{' / '.join(category.path) or 'Everything'} on {catalogue.site.title}",
        changed_at=changed_at,
    )


def listed_feed(
    catalogue: Catalogue,
    stories: Sequence[Story],
    *,
    title: str,
    url: str,
    link: str,
    description: str,
    changed_at: datetime,
) -> Feed:
    """A feed of these stories, in their order; `link` is the page that shows the same."""
    return Feed(
        title=title,
        url=url,
        link=link,
        description=description,
        language=catalogue.site.language or common_language(stories),
        image=catalogue.icon,
        rhythm=rhythm_of(stories),
        updated=max((story.updated for story in stories), default=changed_at),
        entries=tuple(published_entry(catalogue, story, players=False) for story in stories),
    )


def common_language(stories: Iterable[Story]) -> str | None:
    """The language that all of them are in; None where they are in several, or one does not say."""
    languages = {story.language for story in stories}
    if len(languages) > 1:
        languages = {language and language.partition("-")[0].lower() for language in languages}
    return languages.pop() if len(languages) == 1 else None


def rhythm_of(stories: Iterable[Story]) -> Rhythm:
    """How often something new comes, by the latest of them.

    A round figure, so that it stays the same from story to story, and never longer than what was seen.
    """
    latest = sorted((story.published for story in stories), reverse=True)[: RHYTHM_STORIES + 1]
    if len(latest) < 2:
        return Rhythm()
    apart = (latest[0] - latest[-1]) / (len(latest) - 1)
    return Rhythm(interval=max((one for one in INTERVALS if one <= apart), default=INTERVALS[0]))


def feed_title(catalogue: Catalogue, category: CategorySettings) -> str:
    """What a reader's list of subscriptions shows."""
    return category.title if category.slug == ALL else f"{category.title} · {catalogue.site.title}"


def page_address(catalogue: Catalogue, category: CategorySettings) -> str:
    """Where people read a category."""
    base = str(catalogue.site.url).rstrip("/")
    return f"{base}/" if category.slug == ALL else f"{base}/category/{quote(category.slug)}"


def feed_address(catalogue: Catalogue, slug: str, format_: str) -> str:
    """Where readers subscribe to a category."""
    return f"{str(catalogue.site.url).rstrip('/')}/feeds/{quote(slug)}.{format_}"


def published_entry(catalogue: Catalogue, story: Story, *, players: bool = True) -> Entry:
    """A story as an entry: its permanent id, the text of its lead, where that came from, and who else had it.

    players  as of `Catalogue.shown_html`
    """
    return Entry(
        guid=f"urn:uuid:{story.uuid}",
        title=story.title,
        url=story.url,
        html=catalogue.shown_html(story, players=players) + _also_in(catalogue, story),
        summary="",
        authors=story.authors,
        tags=story.tags,
        enclosures=catalogue.enclosures(story),
        image=catalogue.thumbnail(story),
        language=story.language,
        published=story.published,
        updated=story.updated,
        categories=tuple(path for slug in story.slugs if (path := catalogue.path_of(slug))),
        source=_source(catalogue, story.lead, story.lead.link),
        via=tuple(_source(catalogue, other, other.url) for other in story.others),
    )


def _source(catalogue: Catalogue, seen: SeenAt, link: str | None) -> Source:
    return Source(title=catalogue.source_name(seen), url=catalogue.public_address(seen.address), link=link)


def _also_in(catalogue: Catalogue, story: Story) -> str:
    if not catalogue.also_in or not story.others:
        return ""
    names = (_linked(catalogue.source_name(other), other.url) for other in story.others)
    return f"<p>Also in: {', '.join(names)}</p>"


def _linked(name: str, url: str | None) -> str:
    return f'<a href="{escape(url)}">{escape(name)}</a>' if url else escape(name)
