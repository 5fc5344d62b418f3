"""What is answered when nothing can be: unknown addresses, wrong methods, a database that is gone, a bug of ours.

In the language of whoever asked: plain text for feeds and images, JSON for `/status.json`, else a page. None of them
shows anything of the request, nor of what went wrong inside.
"""

import logging
from dataclasses import dataclass

from flask import Flask, Response, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from aggregator.logs import fields
from aggregator.publish.shelf import Unavailable
from aggregator.publish.status import VERSION
from aggregator.web.responses import Answer, plain

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = "60"


@dataclass(frozen=True, slots=True)
class Words:
    """What a failure is called, and what to do about it."""

    title: str
    advice: str


_WORDS = {
    400: Words("That address does not make sense", "It may have been cut short. Start from the first page."),
    401: Words("This site is for those who have its key", "A browser asks for it; a reader's address ends with ?key=…"),
    403: Words("This is not for other machines", "The operator can allow it: `access.metrics` in config.yaml."),
    404: Words("There is no such page", "It may have been renamed. The first page lists all there is."),
    405: Words("This address can only be read", "Only GET and HEAD are answered here."),
    500: Words("We made a mistake", "It has been logged. Trying again in a minute may help."),
    503: Words("The database cannot be read at the moment", "Nothing is lost. Please try again in a minute."),
}


def answer_failures(app: Flask) -> None:
    """Make the app answer every failure."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SQLAlchemyError, _database)
    app.register_error_handler(Unavailable, _database)


def _http(failure: HTTPException) -> Response:
    status = failure.code or 500
    response = _answer(status if status in _WORDS else (400 if status < 500 else 500), status)
    given = failure.get_response().headers
    for name in ("Allow", "WWW-Authenticate"):
        if name in given:
            response.headers[name] = given[name]
    return response


def _database(failure: Exception) -> Response:
    log.error("database failed", extra=fields(path=request.path, error=failure.__cause__ or failure))
    response = _answer(503, 503)
    response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _answer(words: int, status: int) -> Response:
    said = _WORDS[words]
    if request.path.startswith(("/feeds/", "/healthz", "/readyz", "/image/", "/metrics")):
        response = plain(f"{said.title}. {said.advice}", status)
    elif request.path == "/status.json":
        response = Answer(
            f'{{"version": {VERSION}, "error": "{said.title}"}}\n', status, content_type="application/json"
        )
    else:
        response = Answer(render_template("error.html", said=said), status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
