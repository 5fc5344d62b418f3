"""Instants and numbers as people say them. Pure: `now` is an argument, so that a page says the same throughout."""

import re
import shlex
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup

# The largest unit that fits, in seconds. A month and a year are their averages: this is talk, not a calendar.
_UNITS = (
    (31_556_952, "year"),
    (2_629_746, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
)


def relative(moment: datetime, now: datetime) -> str:
    """How far an instant is from now: `3 hours ago`, `in 5 minutes`, `just now`."""
    seconds = round((now - moment).total_seconds())
    if abs(seconds) < 45:
        return "just now" if seconds >= 0 else "any moment"
    said = span(timedelta(seconds=abs(seconds)))
    return f"{said} ago" if seconds > 0 else f"in {said}"


def span(length: timedelta) -> str:
    """A length of time in its largest unit, never less than a minute."""
    seconds = round(length.total_seconds())
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return counted(max(1, seconds // size), unit)


def duration(seconds: float) -> str:
    """How long a recording is: `31 min`, `1 h 5 min`."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(number: int, noun: str) -> str:
    """`1 story`, `1,200 stories`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def size(octets: int) -> str:
    """An amount of data: `0 B`, `48 KB`, `1.2 MB`, in thousands."""
    value, unit = float(octets), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit not in ("B", "KB") and value < 9.95 else f"{value:.0f} {unit}"


def stamp(moment: datetime) -> str:
    """An instant for machines, as `datetime` in HTML wants it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(moment: datetime) -> str:
    """An instant for people: `24 Nov 2025, 14:05 UTC`."""
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def clock(moment: datetime) -> str:
    """The time of day: `14:05`."""
    return f"{moment.astimezone(UTC):%H:%M}"


def full_date(day: date) -> str:
    """A day as a heading: `Monday, 24 November 2025`."""
    return f"{day:%A}, {day.day} {day:%B %Y}"


def with_breaks(address: str) -> Markup:
    """An address that may be broken after each `/` where it is too long for its line; copied, it is whole."""
    return Markup("/<wbr>").join(address.split("/"))


def quoted(address: str) -> str:
    """An address as a shell takes it for one word."""
    return shlex.quote(address)


def with_code(text: str) -> Markup:
    """A sentence of ours with what stands in backticks set as code; all else is escaped."""
    parts = re.split(r"`([^`]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )
