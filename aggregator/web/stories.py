"""`/story/<id>`: one story, its text, every sighting of it, and why each of them belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy import Engine

from aggregator.config.redaction import public_url
from aggregator.dedup.match import Evidence
from aggregator.publish.selection import ALL, Catalogue
from aggregator.store import views
from aggregator.store.engine import reading
from aggregator.store.views import Story, Told
from aggregator.web.responses import WITH_IMAGES, Page, represent
from aggregator.web.river import language

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
        html = render_template(
            "story.html",
            story=story,
            language=language(story.language),
            url=public_url(story.url),
            html=catalogue.shown_html(story),
            categories=[found for slug in story.slugs if slug != ALL and (found := catalogue.category(slug))],
            sightings=sightings(catalogue, story, told),
        )
        answer = represent(request, Page(body=html.encode()), cache_control=CACHE_CONTROL)
        answer.headers["Content-Security-Policy"] = WITH_IMAGES
        return answer

    return routes


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
