"""Transitions in words, and as a feed: whoever subscribes to it is told when a source breaks, once. Pure.

Errors are told here and nowhere else; the feeds of stories never carry one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from uuid import NAMESPACE_URL, UUID, uuid5

from aggregator.config.redaction import redacted, shown_address
from aggregator.config.settings import Settings, SourceSettings
from aggregator.publish.status import name_of
from aggregator.publish.words import minute, quoted, span, with_code
from aggregator.standing import Change
from aggregator.store.transitions import Recorded
from feeds.model import Entry, Feed, Person

TOLD = 100  # transitions in the feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A transition, fit for the public.

    uuid    permanent: of the source's address, what happened, and when
    source  the number of its page; None for our own network
    title   what happened, to whom
    text    since when, and what to do
    detail  what exactly was wrong, or None
    """

    uuid: UUID
    at: datetime
    change: Change
    source: int | None
    title: str
    text: str
    detail: str | None


def told(settings: Settings, recorded: Iterable[Recorded]) -> tuple[Told, ...]:
    """Transitions in words, in the order given."""
    listed = {source.address: source for source in settings.sources}
    return tuple(_told(one, listed.get(one.address or "")) for one in recorded)


def transitions_feed(settings: Settings, transitions: Iterable[Told], *, url: str, link: str, since: datetime) -> Feed:
    """The feed of transitions. `link` is the status page; `since` dates it where nothing has happened yet."""
    entries = tuple(_entry(one, link) for one in transitions)
    return Feed(
        title=f"{settings.site.title}: status",
        description="What changed about the sources: one entry for each change, none for each failure.",
        url=url,
        link=link,
        updated=max((one.updated for one in entries if one.updated), default=since),
        entries=entries,
    )


def _entry(one: Told, link: str) -> Entry:
    detail = f"<p><code>{escape(one.detail)}</code></p>" if one.detail else ""
    return Entry(
        guid=one.uuid.urn,
        title=one.title,
        url=f"{link}/source/{one.source}" if one.source is not None else link,
        html=f"<p>{with_code(one.text)}</p>{detail}",
        authors=(Person(name="Status"),),
        tags=(one.change.value,),
        published=one.at,
        updated=one.at,
    )


def _told(one: Recorded, source: SourceSettings | None) -> Told:
    name = name_of(one.address, one.title or "", source) if one.address else ""
    address = quoted(shown_address(one.address, source)) if one.address else ""
    title, text = _TITLES[one.change].format(name=name), _text(one, address)
    return Told(
        uuid=uuid5(NAMESPACE_URL, f"{one.address or 'network'} {one.change.value} {one.changed_at.isoformat()}"),
        at=one.changed_at,
        change=one.change,
        source=one.source_id,
        title=title,
        text=text,
        detail=redacted(one.detail, source) if one.detail else None,
    )


_TITLES = {
    Change.DOWN: "{name} is down",
    Change.UP: "{name} is well again",
    Change.GONE: "{name} has ended",
    Change.QUIET: "{name} has gone quiet",
    Change.MOVED: "{name} has moved",
    Change.FLOOD: "{name} brought a flood, which is held",
    Change.OFFLINE: "Nothing can be reached from here",
    Change.ONLINE: "The network is back",
}


def _text(one: Recorded, address: str) -> str:
    since = f"since {minute(one.since)}" if one.since else "since it was added"
    lasted = f"after {span(one.changed_at - one.since)}" if one.since else "by now"
    match one.change:
        case Change.DOWN:
            advice = one.reason.advised(address=address) if one.reason else ""
            return f"Nothing could be had from it {since}. {advice}".strip()
        case Change.UP:
            return f"It works, {lasted}. There is nothing to do."
        case Change.GONE:
            return f"Its publisher says that nothing more will come. `aggregator remove {address}`; its stories stay."
        case Change.QUIET:
            return (
                f"It answers, but has published nothing {since}, which is three times as long as it ever paused. See "
                "whether its site goes on elsewhere."
            )
        case Change.MOVED:
            return "Its publisher redirects it for good; we ask there by now. Put the new address into config.yaml."
        case Change.FLOOD:
            return "It suddenly brought many items that look old or known. Its page says what to do."
        case Change.OFFLINE:
            return (
                f"Every host is out of reach {since}, so it is probably our own network. No source is blamed; "
                "all are tried again soon."
            )
        case Change.ONLINE:
            return f"Sources answer again, {lasted}. What was missed is fetched now."
