"""Who may read: everybody, or those who have `access.token`; `/metrics` only this machine, unless config.yaml says so.

One guard before every route, so that a new route is locked without asking. What is open nevertheless is in `OPEN`, with
the reason.
"""

from hmac import compare_digest
from ipaddress import ip_address

from flask import Flask, Request, Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from aggregator.config.settings import AccessSettings

OPEN = (
    "/healthz",  # says that we are alive, and nothing else
    "/readyz",
    "/static/",  # a page that was reached with `?key=` must get its style
    "/image/",  # its signature is the key; readers fetch pictures without ours
    "/websub/",  # hubs call it; its token is in the address
)
METRICS = "/metrics"
CHALLENGE = WWWAuthenticate("basic", {"realm": "Feed aggregator", "charset": "UTF-8"})
LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
# Whatever passes a request on for somebody else says so in one of these, or nobody can know (RFC 7239).
FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def guard(app: Flask, access: AccessSettings) -> None:
    """Make the app ask for the key, and keep what it answers to those who have it out of shared caches."""

    @app.before_request
    def let_in() -> None:
        if not may_read(request, access):
            if request.path == METRICS and access.metrics == "local":
                raise Forbidden
            raise Unauthorized(www_authenticate=CHALLENGE)

    @app.after_request
    def keep_private(response: Response) -> Response:
        kept = response.headers.get("Cache-Control", "")
        if access.token and not _is_open(request.path):
            response.headers["Cache-Control"] = kept.replace("public", "private")
        return response


def may_read(request: Request, access: AccessSettings) -> bool:
    """Whether this request is answered: the address is open, or it is of this machine, or it has the key."""
    if request.path == METRICS and access.metrics == "local":
        return is_local(request)
    return access.token is None or _is_open(request.path) or has_key(request, access.token)


def is_local(request: Request) -> bool:
    """Whether a request comes from this machine, and for nobody else.

    A proxy on this machine brings everybody's: so one that says that it passes something on, or that calls us by
    another name, is not taken for ours. What such a header says about where it came from is never believed.
    """
    try:
        loopback = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    named = (host or request.host).strip("[]").lower() in LOCAL_NAMES
    return loopback and named and not any(name in request.headers for name in FORWARDING)


def has_key(request: Request, token: str) -> bool:
    """Whether the key is in the address (`?key=`), is the password (under any name), or is sent as a bearer's token."""
    given = request.authorization
    offered = (request.args.get("key"), given and given.password, given and given.token)
    return any(compare_digest(one.encode(), token.encode()) for one in offered if one)


def _is_open(path: str) -> bool:
    return path.startswith(OPEN)
