"""`/story/<id>`: one story, its text, its files, every sighting of it, and why each of them belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy import Engine

from aggregator.config.redaction import public_url
from aggregator.dedup.match import Evidence
from aggregator.publish import words
from aggregator.publish.selection import ALL, Catalogue
from aggregator.store import views
from aggregator.store.engine import reading
from aggregator.store.views import Story, Told
from aggregator.web.prose import readable
from aggregator.web.responses import WITH_MEDIA, Page, represent
from aggregator.web.river import direction, language, summary
from feeds.model import Enclosure

CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """One sighting as the page tells of it. `like` is the number of the one that it was compared with."""

    number: int
    source: str
    title: str
    url: str | None
    first_seen_at: datetime
    reason: str
    like: int | None
    percent: int | None
    leads: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that comes with a story. `kind` is the first word of its type, `about` what is known of it: how long, how
    large."""

    url: str
    kind: str
    name: str
    about: tuple[str, ...]


def story_pages(catalogue: Catalogue, engine: Engine) -> Blueprint:
    """The route of one story."""
    routes = Blueprint("stories", __name__)

    @routes.get("/story/<uuid:uuid>")
    def page(uuid: UUID) -> Response:
        with reading(engine) as connection:
            story = views.story(connection, uuid)
            told = views.account(connection, [story.id])[story.id] if story else ()
        if story is None:
            abort(404)
        html = render_template("story.html", **shown(catalogue, story), sightings=sightings(catalogue, story, told))
        answer = represent(request, Page(body=html.encode()), cache_control=CACHE_CONTROL)
        answer.headers["Content-Security-Policy"] = WITH_MEDIA
        return answer

    return routes


def shown(catalogue: Catalogue, story: Story) -> dict[str, object]:
    """What the template shows of a story, but for its sightings."""
    html = readable(catalogue.shown_html(story))
    url, picture = public_url(story.url), public_url(catalogue.thumbnail(story))
    found = files(catalogue.enclosures(story), html)
    return {
        "story": story,
        "language": language(story.language),
        "direction": direction(story.title),
        "source": catalogue.source_name(story.lead),
        "url": url,
        "host": (urlsplit(url).hostname or "").removeprefix("www.") if url else "",
        "html": html,
        "summary": summary(catalogue, story),
        "picture": picture,
        "lead_picture": picture is not None and "<img" not in html and all(file.kind != "video" for file in found),
        "files": found,
        "categories": [one for slug in story.slugs if slug != ALL and (one := catalogue.category(slug))],
    }


def files(enclosures: Sequence[Enclosure], html: str) -> tuple[File, ...]:
    """The files to hear, to see and to keep; pictures are in the text already, and so may a film be."""
    return tuple(
        _file(one, url)
        for one in enclosures
        if (url := public_url(one.url)) and not (one.type or "").startswith("image/") and one.url not in html
    )


def _file(file: Enclosure, url: str) -> File:
    parts = urlsplit(url)
    about = (
        words.duration(file.duration) if file.duration else None,
        words.size(file.length) if file.length else None,
    )
    return File(
        url=url,
        kind=(file.type or "").partition("/")[0],
        name=unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or url,
        about=tuple(one for one in about if one),
    )


def sightings(catalogue: Catalogue, story: Story, told: Sequence[Told]) -> tuple[Sighted, ...]:
    """Every sighting of a story, in order of arrival."""
    numbers = {one.sighting_id: number for number, one in enumerate(told, 1)}
    return tuple(
        Sighted(
            number=numbers[one.sighting_id],
            source=catalogue.source_name_of(one.address, one.source),
            title=one.title,
            url=public_url(one.url),
            first_seen_at=one.first_seen_at,
            reason=Evidence(one.reason).sentence,
            like=numbers.get(one.matched_id or 0),
            percent=round(one.score * 100) if one.score is not None else None,
            leads=one.sighting_id == story.lead.sighting_id,
        )
        for one in told
    )
