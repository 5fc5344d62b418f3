"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1).

What the format has no word for (our categories, the source, the other places of a story) is in the extension object
`_feed_aggregator`, as the specification asks. No feedgen here; what is absent is left out, never null.
"""

import json
from datetime import datetime
from typing import Any

from feeds.model import Enclosure, Entry, Feed, Person, Source
from feeds.render.fit import fit_feed, write_each
from feeds.render.markup import plain

_VERSION = "https://jsonfeed.org/version/1.1"


def render(feed: Feed) -> bytes:
    """The feed as a JSON Feed document, UTF-8."""
    feed = fit_feed(feed)
    document = {
        "version": _VERSION,
        "title": feed.title,
        "home_page_url": feed.link,
        "feed_url": feed.url,
        "next_url": feed.history.previous,
        "description": feed.description,
        "language": feed.language,
        "icon": feed.image,
        "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
    }
    items = write_each(feed, _item)
    return json.dumps({**_said(document), "items": items}, ensure_ascii=False).encode() + b"\n"


def _item(entry: Entry) -> dict[str, Any]:
    return _said(
        {
            "id": entry.guid,
            "url": entry.url,
            "title": entry.title,
            **_content(entry),
            "image": entry.image,
            "date_published": _instant(entry.published),
            "date_modified": _instant(entry.updated),
            "authors": [_author(person) for person in entry.authors],
            "tags": list(dict.fromkeys([*map("/".join, entry.categories), *entry.tags])),
            "language": entry.language,
            "attachments": [_attachment(enclosure) for enclosure in entry.enclosures],
            "_feed_aggregator": _said(
                {
                    "categories": entry.categories,
                    "source": entry.source and _source(entry.source),
                    "via": [_source(place) for place in entry.via],
                }
            ),
        }
    )


def _content(entry: Entry) -> dict[str, str]:
    """An item must have content: the text, else the summary, else the title. The format's summary is plain text."""
    if entry.html:
        return {"content_html": entry.html, "summary": plain(entry.summary) if entry.summary else ""}
    return {"content_html": entry.summary} if entry.summary else {"content_text": entry.title}


def _author(person: Person) -> dict[str, Any]:
    return _said({"name": person.name or person.email, "url": person.url})


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _said(
        {
            "url": enclosure.url,
            "mime_type": enclosure.type,
            "size_in_bytes": enclosure.length,
            "duration_in_seconds": enclosure.duration,
        }
    )


def _source(source: Source) -> dict[str, Any]:
    return _said({"title": source.title, "url": source.url, "link": source.link})


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _said(members: dict[str, Any]) -> dict[str, Any]:
    """The members that say something."""
    return {name: value for name, value in members.items() if value}
