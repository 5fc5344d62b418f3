"""What we read in one document, as `parse` shows it: of a source as config.yaml says, or of anything else."""

from datetime import UTC, datetime
from pathlib import Path

from aggregator.config.lookup import UnknownSource, source_at
from aggregator.config.settings import Settings, SourceSettings
from aggregator.errors import FetchError
from aggregator.fetch import files
from aggregator.fetch.client import Client, Request, Response
from aggregator.ingest.child import Document
from aggregator.ingest.parser import Parser
from aggregator.outcome import Validators
from feeds import discover
from feeds.errors import FeedError, NotAFeed
from feeds.kinds import KINDS
from feeds.model import Feed

CONFIG_NAME = "config.yaml"
MOST_TRIED = 3  # of the feeds that a page names


async def read_document(address: str, settings: Settings) -> Feed:
    """What we read in one document, cleaned: a file, or an address that is fetched politely.

    A source of config.yaml is read as the file says: with its kind, its options and its rules. Any other page is not
    read, but the message names the feeds that it has.

    raises  UnknownSource, FetchError, FeedError, ParserDied
    """
    source = source_at(address, settings) or _unlisted(address)
    response = await _fetch(source, settings)
    try:
        return await _read(response, source)
    except NotAFeed as error:
        if source.kind != "feed":
            raise
        raise NotAFeed(_with_feeds(str(error), response)) from error


async def find_feed(address: str, settings: Settings) -> tuple[str, Feed, tuple[str, ...]]:
    """The feed that an address means: the one there, or the first that the page there has and that can be read.

    returns  its address, what is read in it, and the addresses of the page's other feeds

    raises  UnknownSource, FetchError, FeedError, ParserDied
    """
    source = _unlisted(address)
    response = await _fetch(source, settings)
    try:
        return source.address, await _read(response, source), ()
    except NotAFeed as error:
        found = discover.feeds_of(response.body, response.content_type, response.url) if source.kind == "feed" else ()
        for one in found[:MOST_TRIED]:
            try:
                candidate = SourceSettings(address=KINDS["feed"].address(one.url), kind="feed")
                feed = await _read(await _fetch(candidate, settings), candidate)
            except (ValueError, FetchError, FeedError):
                continue
            others = tuple(other.url for other in found if other.url != one.url)
            return candidate.address, feed, others
        raise NotAFeed(_with_feeds(str(error), response)) from error


async def _fetch(source: SourceSettings, settings: Settings) -> Response:
    """What is at the first place of a source."""
    places = KINDS[source.kind].locate(source.address, settings.rsshub.instances)
    place = places[0] if places else source.address
    if place.startswith(("http://", "https://")):
        async with Client(settings.fetch, settings.user_agent) as client:
            request = Request(url=place, headers=source.headers, allow_private=source.allow_private)
            return await client.get(request)
    folder = settings.file.parent if source.kind == "file" else Path()
    return files.read(folder / place, Validators(), settings.fetch.max_body)


async def _read(response: Response, source: SourceSettings) -> Feed:
    document = Document(
        body=response.body,
        content_type=response.content_type,
        url=response.url,
        rules=source.rules,
        now=datetime.now(UTC),
        kind=source.kind,
        options=dict(source.options),
    )
    async with Parser(1) as parser:
        return (await parser.read(document)).feed


def _with_feeds(said: str, response: Response) -> str:
    """What was said of a document that is no feed, and how to subscribe to it all the same."""
    found = discover.feeds_of(response.body, response.content_type, response.url)
    if found:
        return "\n  ".join((f"{said}; its feeds are", *(one.url for one in found)))
    if "HTML page" in said:
        return f"{said}, and it names none; a source can be made of it in {CONFIG_NAME} with `page:` and `item:`"
    return said


def _unlisted(address: str) -> SourceSettings:
    """A document that config.yaml does not list.

    raises  UnknownSource, for one that cannot be read without the options that are written there
    """
    name, _, rest = address.partition(":")
    if name in KINDS and KINDS[name].options:
        raise UnknownSource(f"{rest} is not listed in {CONFIG_NAME} as a `{name}`; how to read it must be said there")
    try:
        kind = name if name in ("rsshub", "file") else "feed"
        return SourceSettings(address=KINDS[kind].address(address), kind=kind)
    except ValueError as error:
        if "://" in address and name not in ("http", "https"):
            raise UnknownSource(str(error)) from error
        return SourceSettings(address=address, kind="feed")  # a path, or an address that is to be asked all the same
