"""Stand-ins at the ports: a client that answers what a test says, and a parser that reads in this process."""

import asyncio
from collections.abc import Callable, Mapping

from aggregator.errors import FetchError
from aggregator.fetch.client import Request, Response
from aggregator.ingest.child import Document, Read, read
from aggregator.outcome import Exchange, Hints, Reason, Validators
from feeds import errors

Answer = Response | Exception | Callable[[Request], Response]


class FakeClient:
    """Answers each address as told, and remembers what it was asked."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.asked: list[Request] = []
        self.hold: asyncio.Event | None = None

    async def get(self, request: Request) -> Response:
        self.asked.append(request)
        if self.hold is not None:
            await self.hold.wait()
        answer = self.answers.get(request.url, FetchError(Reason.MISSING, "not found", status=404))
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


class FakeParser:
    """Reads documents where a test can see it."""

    def __init__(self) -> None:
        self.documents: list[Document] = []

    async def read(self, document: Document) -> Read:
        self.documents.append(document)
        answer = read(document)
        if isinstance(answer, Read):
            return answer
        raise getattr(errors, answer.error)(answer.detail)


def answer(body: bytes, url: str = "https://a.example/feed", *, etag: bytes | None = b'"1"') -> Response:
    return Response(
        status=200,
        url=url,
        body=body,
        content_type="application/rss+xml",
        moved_to=None,
        hints=Hints(),
        validators=Validators(url=url, etag=etag),
        exchange=Exchange(status=200, wire_bytes=len(body)),
    )


def rss(*guids: str) -> bytes:
    items = "".join(
        f"<item><guid>{guid}</guid><title>Entry {guid}</title><link>https://a.example/{guid}</link></item>"
        for guid in guids
    )
    return f'<rss version="2.0"><channel><title>A blog</title>{items}</channel></rss>'.encode()
