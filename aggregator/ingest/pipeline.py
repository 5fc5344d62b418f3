"""The journey of one source: fetch ─▶ read ─▶ decide. What is expected to fail becomes a `Failed` here, and only here.

    claim ──fetch──▶ Response ──parser──▶ Feed ──▶ Outcome ──decide──▶ Result ──▶ (writer)

`poll` acts and decides nothing about when; `decide` is pure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from xxhash import xxh3_128_digest

from aggregator.config.settings import FetchSettings, SourceSettings
from aggregator.errors import FetchError, ParserDied
from aggregator.fetch import cadence, files, moves
from aggregator.fetch.client import Client, Request, Response
from aggregator.ingest.child import Document
from aggregator.ingest.parser import Parser
from aggregator.outcome import Exchange, Failed, Hints, Move, Outcome, Reason, Unchanged, Updated, Validators, Why
from aggregator.store import sightings
from aggregator.store.claims import Claim
from aggregator.store.identity import Seen
from feeds import errors
from feeds.kinds import KINDS

BELIEVED_304 = timedelta(days=30)  # an origin that says 304 whatever happened is asked without validators once
CRASHES_ALLOWED = 3  # claims of one source that ended with no outcome at all, before it is put aside

REASONS = {
    errors.EmptyDocument: Reason.EMPTY,
    errors.NotAFeed: Reason.NOT_A_FEED,
    errors.Truncated: Reason.TRUNCATED,
    errors.Unreadable: Reason.UNREADABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All that is to be stored of one poll, in one transaction."""

    claim: Claim
    outcome: Outcome
    seen: tuple[Seen, ...]
    arrivals: tuple[datetime, ...]
    move: Move
    next_fetch_at: datetime
    why_then: Why


class Pipeline:
    """Polls sources, one at a time; shared by all that are polled at once.

    instances  RSSHub's, tried in order
    folder     where the paths of `file:` sources begin
    """

    def __init__(
        self,
        client: Client,
        parser: Parser,
        settings: FetchSettings,
        *,
        instances: tuple[str, ...],
        folder: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._parser = parser
        self._settings = settings
        self._instances = instances
        self._folder = folder
        self._clock = clock

    async def poll(self, claim: Claim, source: SourceSettings) -> Outcome:
        """Fetch and read one source; whatever is wrong with it is in the outcome."""
        if claim.attempts > CRASHES_ALLOWED:
            detail = f"it was being read {CRASHES_ALLOWED} times when the service died; put aside until tomorrow"
            return Failed(reason=Reason.PARSER_DIED, detail=detail, exchange=Exchange())
        exchange = Exchange()
        try:
            response = await self._fetch(claim, source)
            exchange = response.exchange
            return await self._read(claim, source, response)
        except FetchError as error:
            hints = Hints(retry_after=error.retry_after)
            exchange = Exchange(status=error.status)
            return Failed(reason=error.reason, detail=error.detail, exchange=exchange, hints=hints)
        except errors.FeedError as error:
            return Failed(reason=REASONS[type(error)], detail=str(error), exchange=exchange)
        except ParserDied as error:
            return Failed(reason=Reason.PARSER_DIED, detail=str(error), exchange=exchange)

    async def _fetch(self, claim: Claim, source: SourceSettings) -> Response:
        """The answer of the first address that gives one; what the last one said if none does."""
        if claim.kind == "file":
            (path,) = KINDS["file"].locate(claim.address, ())
            return files.read(self._folder / path, claim.validators, self._settings.max_body)
        failure: FetchError | None = None
        for address in addresses(claim, self._instances):
            try:
                return await self._client.get(self._request(address, claim, source))
            except FetchError as error:
                failure = error
        raise failure or FetchError(Reason.ADDRESS, "there is no address to fetch; see `rsshub.instances`")

    def _request(self, address: str, claim: Claim, source: SourceSettings) -> Request:
        """What to ask an address: a learnt one at another origin gets no credentials and no leave to be private."""
        home = claim.move.learnt is None or same_origin(address, KINDS[claim.kind].locate(claim.address, ())[0])
        return Request(
            url=address,
            validators=Validators() if self._stale(claim) else claim.validators,
            headers=source.headers if home else {},
            allow_private=source.allow_private and home,
        )

    def _stale(self, claim: Claim) -> bool:
        """Whether it is so long since a whole document came that the 304s are not believed any more."""
        return claim.last_document_at is not None and self._clock() - claim.last_document_at > BELIEVED_304

    async def _read(self, claim: Claim, source: SourceSettings, response: Response) -> Outcome:
        digest = xxh3_128_digest(response.body)
        if response.status == 304 or digest == claim.body_digest:
            return Unchanged(
                validators=response.validators,
                exchange=response.exchange,
                hints=response.hints,
                moved_to=response.moved_to,
            )
        read = await self._parser.read(
            Document(
                body=response.body,
                content_type=response.content_type,
                url=response.url,
                rules=source.rules,
                now=self._clock(),
                kind=claim.kind,
                options=dict(source.options),
                memory=claim.memory,
            )
        )
        return Updated(
            feed=read.feed,
            originals=read.originals,
            findings=read.findings,
            carried=read.carried,
            memory=read.memory,
            validators=response.validators,
            body_digest=digest,
            exchange=response.exchange,
            hints=response.hints,
            moved_to=response.moved_to,
        )


def addresses(claim: Claim, instances: tuple[str, ...]) -> tuple[str, ...]:
    """Where to look for a source, in order: where it has moved to for good, else where it is configured."""
    return (claim.move.learnt,) if claim.move.learnt else KINDS[claim.kind].locate(claim.address, instances)


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have scheme, host and port in common."""
    a, b = urlsplit(one), urlsplit(other)
    return (a.scheme, a.netloc) == (b.scheme, b.netloc)


def decide(
    claim: Claim, source: SourceSettings, outcome: Outcome, settings: FetchSettings, now: datetime, *, spread: float
) -> Result:
    """What to store after a poll, and when to come back.

    spread  in [0, 1): where in the jitter this source falls
    """
    entries = outcome.feed.entries if isinstance(outcome, Updated) else ()
    originals = outcome.originals if isinstance(outcome, Updated) else ()
    findings = outcome.findings if isinstance(outcome, Updated) else ()
    arrivals = sightings.arrivals(entries, claim.arrivals, now)
    failed = outcome if isinstance(outcome, Failed) else None
    validators = claim.validators if isinstance(outcome, Failed) else outcome.validators
    history = cadence.History(
        every=source.every,
        rhythm=outcome.feed.rhythm if isinstance(outcome, Updated) else claim.rhythm,
        arrivals=arrivals,
        failures=_failures(claim, failed),
        reason=failed.reason if failed else None,
        conditional=bool(validators.etag or validators.last_modified),
    )
    coming = cadence.next_fetch(history, outcome.hints, settings, now, spread=spread)
    return Result(
        claim=claim,
        outcome=outcome,
        seen=tuple(
            Seen(entry=entry, findings=found, original=original)
            for entry, found, original in zip(entries, findings, originals, strict=True)
        ),
        arrivals=arrivals,
        move=_moved(claim, outcome, history.failures, now),
        next_fetch_at=coming.at,
        why_then=coming.why,
    )


def _failures(claim: Claim, failed: Failed | None) -> int:
    """How many in a row; what the service died at has failed so often without a chance to say so."""
    if failed is None:
        return 0
    return max(claim.failures + 1, CRASHES_ALLOWED if claim.attempts > CRASHES_ALLOWED else 0)


def _moved(claim: Claim, outcome: Outcome, failures: int, now: datetime) -> Move:
    if claim.kind == "rsshub":
        return Move()  # an RSSHub instance that redirects has moved itself, not the source
    if isinstance(outcome, Failed):
        return moves.after_failure(claim.move, failures)
    return moves.after_success(claim.move, outcome.moved_to, now)
