"""`/search?q=`: what was looked for, the best first, with the places where it stands. Needs no script.

Whatever is asked is answered, and costs no more than `store.search` allows.
"""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from sqlalchemy import Engine

from aggregator.publish.searching import written_query
from aggregator.publish.selection import ALL, Catalogue
from aggregator.store import search, views
from aggregator.store.engine import reading
from aggregator.store.views import Story
from aggregator.web.responses import WITH_IMAGES, Page, represent
from aggregator.web.river import Item, item
from feeds.terms import LONGEST_QUERY, Phrase, Piece, asked, marked

ON_A_PAGE = 20
SNIPPET_CHARACTERS = 240
CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"
WITH_FORM = WITH_IMAGES.replace("form-action 'none'", "form-action 'self'")


def searches(catalogue: Catalogue, engine: Engine) -> Blueprint:
    """The route of the search."""
    routes = Blueprint("search", __name__)

    @routes.get("/search")
    def page() -> Response:
        query = written_query(request.args.get("q", ""))
        phrases = asked(query)
        number = _page_number(request.args.get("page", ""))
        first = (number - 1) * ON_A_PAGE
        with reading(engine) as connection:
            ids = search.best(connection, phrases, ALL)
            stories = views.by_ids(connection, ids[first : first + ON_A_PAGE])
        html = render_template(
            "search.html",
            query=query,
            longest=LONGEST_QUERY,
            understood=bool(phrases),
            found=len(ids),
            most=search.MOST,
            page=number,
            more=len(ids) > first + ON_A_PAGE,
            items=[found_item(catalogue, story, phrases) for story in stories],
        )
        answer = represent(request, Page(body=html.encode()), cache_control=CACHE_CONTROL)
        answer.headers["Content-Security-Policy"] = WITH_FORM
        return answer

    return routes


def _page_number(written: str) -> int:
    number = int(written) if written.isascii() and written.isdecimal() and len(written) <= 4 else 1
    return max(1, number)


def found_item(catalogue: Catalogue, story: Story, phrases: Sequence[Phrase]) -> Item:
    """A story as the river shows it, with marks in its title, and of its text the place where something was found."""
    plain = item(catalogue, story)
    snippet = marked(catalogue.shown_text(story), phrases, characters=SNIPPET_CHARACTERS)
    shown = _marks(snippet) if any(piece.found for piece in snippet) else plain.excerpt
    return replace(plain, title=_marks(marked(story.title, phrases)), excerpt=shown)


def _marks(pieces: Sequence[Piece]) -> Markup:
    return Markup("").join(Markup("<mark>{}</mark>").format(one.text) if one.found else one.text for one in pieces)
