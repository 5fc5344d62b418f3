"""Stories as a page shows them: newest first, under the day they belong to, with a place to go on from.

Pure: from stored stories and config.yaml's names to values that a template only has to write down. A day is a UTC day,
so that a page is the same for everybody and can be cached.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from aggregator.config.redaction import public_url
from aggregator.publish.selection import Catalogue, excerpt
from aggregator.store.views import Story

EXCERPT_CHARACTERS = 200
BEGINNING = datetime.min.replace(tzinfo=UTC)
LARGEST_ID = 2**63 - 1

# A place: microseconds since the year 1 and a story's id, both in hexadecimal; 14 digits last until the year 2284.
_PLACE = re.compile(r"([0-9a-f]{1,14})-([0-9a-f]{1,16})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # RFC 5646, the shape alone

# Languages that are written from right to left, by their first subtag (CLDR 48, layout/orientation).
_FROM_RIGHT = frozenset(("ar", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A source that carried a story: what it is called, and where it has it."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A story in the river. Every text is plain; `language` is "" where nobody said it, which is what HTML wants.

    direction  `ltr`, `rtl`, or `auto` where nothing tells: which side the picture stands on
    here       what the link to our own page of it says
    """

    uuid: UUID
    title: str
    url: str | None
    language: str
    direction: str
    published: datetime
    excerpt: str
    image: str | None
    source: str
    here: str
    also_in: tuple[Named, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The stories of one day."""

    date: date
    items: tuple[Item, ...]


def days(catalogue: Catalogue, stories: Iterable[Story]) -> tuple[Day, ...]:
    """Stories, newest first, by their days."""
    return tuple(
        Day(date=day, items=tuple(item(catalogue, story) for story in of_day))
        for day, of_day in groupby(stories, key=lambda story: story.published.astimezone(UTC).date())
    )


def language(said: str | None) -> str:
    """A language as `lang` in HTML wants it: "" where nobody said it, or said no such thing."""
    return said if said and _LANGUAGE.fullmatch(said) else ""


def writes_from_right(said: str | None) -> bool:
    """Whether a language is written from right to left."""
    return (said or "").partition("-")[0].lower() in _FROM_RIGHT


def direction(text: str) -> str:
    """Which way a text runs, by its first letter that has a direction (UAX #9, P2); `auto` where none has."""
    sides = (unicodedata.bidirectional(character) for character in text)
    first = next((side for side in sides if side in ("L", "R", "AL")), None)
    return "auto" if first is None else "ltr" if first == "L" else "rtl"


def _here(story: Story, link_only: bool) -> str:
    """What there is to do on our page of a story."""
    kinds = {file.type.partition("/")[0] for file in story.enclosures if file.type}
    if link_only or not (kinds or story.html):
        return "Details"
    return "Watch here" if "video" in kinds else "Listen here" if "audio" in kinds else "Read here"


def item(catalogue: Catalogue, story: Story) -> Item:
    """One story."""
    link_only = _link_only(catalogue, story)
    return Item(
        uuid=story.uuid,
        title=story.title,
        url=public_url(story.url),
        language=language(story.language),
        direction=direction(story.title),
        published=story.published,
        excerpt=summary(catalogue, story),
        image=public_url(catalogue.thumbnail(story)),
        source=catalogue.source_name(story.lead),
        here=_here(story, link_only),
        also_in=tuple(Named(name=catalogue.source_name(other), url=public_url(other.url)) for other in story.others),
    )


def summary(catalogue: Catalogue, story: Story) -> str:
    """The beginning of the text, where its source lets us show any."""
    return "" if _link_only(catalogue, story) else _excerpt(story)


def _link_only(catalogue: Catalogue, story: Story) -> bool:
    source = catalogue.source(story.lead.address)
    return source is not None and source.publish == "link"


def _excerpt(story: Story) -> str:
    """The beginning of the text, without the title where the text begins with it, or is where the title was taken
    from."""
    text = excerpt(story, EXCERPT_CHARACTERS + len(story.title))
    beginning = story.title.removesuffix("…")
    if not beginning or not text.startswith(beginning):
        return excerpt(story, EXCERPT_CHARACTERS)
    rest = text.removeprefix(beginning).lstrip(" .:…")
    return f"…{rest}" if rest and beginning != story.title else rest


def place_after(stories: Sequence[Story]) -> str:
    """The place where what is older than these stories begins."""
    return write_place((stories[-1].published, stories[-1].id))


def write_place(place: tuple[datetime, int]) -> str:
    """An instant and an id as they stand in an address."""
    published, id_ = place
    microseconds = (published.astimezone(UTC) - BEGINNING) // timedelta(microseconds=1)
    return f"{microseconds:x}-{id_:x}"


def read_place(written: str) -> tuple[datetime, int]:
    """The instant and the id that a place stands for.

    raises  ValueError, where it is none of ours
    """
    found = _PLACE.fullmatch(written)
    if found is None or int(found[2], 16) > LARGEST_ID:
        raise ValueError("this is no place in the river")
    return BEGINNING + timedelta(microseconds=int(found[1], 16)), int(found[2], 16)
