"""What an RSS document says about when to come back: `ttl`, `skipHours`, `skipDays` and the syndication module.

It is advice of strangers: nonsense (a ttl of 0 or of a thousand years, all 24 hours skipped) is left out here, and how
far the rest is followed is the fetcher's business. feedparser keeps only the last `<hour>`, so those come from the
text.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from feeds.model import Rhythm
from feeds.regex import regex

_LONGEST = timedelta(days=366)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS_SKIPPED = regex(r"<skipHours\b[^<>]*>(.{0,2000}?)</skipHours", re.DOTALL | re.IGNORECASE)
_DAYS_SKIPPED = regex(r"<skipDays\b[^<>]*>(.{0,2000}?)</skipDays", re.DOTALL | re.IGNORECASE)
_HOUR = regex(r"<hour\b[^<>]*>\s*(\d{1,2})\s*<", re.IGNORECASE | re.ASCII)
_DAY = regex(r"<day\b[^<>]*>\s*([a-z]+)\s*<", re.IGNORECASE)
_NUMBER = regex(r"\s*[0-9]{1,7}\s*", re.ASCII)


def rhythm_of(channel: Mapping[str, Any], text: str) -> Rhythm:
    """The rhythm; `text` is the document, of which only what comes before the first item is read."""
    head = text[: max(text.find("<item"), 0) or 20_000]
    hours = {int(hour) % 24 for hour in _inside(_HOURS_SKIPPED, _HOUR, head) if int(hour) <= 24}  # RSS 0.91: 1 to 24
    days = {_DAYS.index(day.lower()) for day in _inside(_DAYS_SKIPPED, _DAY, head) if day.lower() in _DAYS}
    return Rhythm(
        interval=max(filter(None, (_ttl(channel), _period(channel))), default=None),
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
    )


def _inside(section: re.Pattern[str], value: re.Pattern[str], head: str) -> list[str]:
    found = section.search(head) if "<skip" in head else None
    return value.findall(found[1]) if found else []


def _ttl(channel: Mapping[str, Any]) -> timedelta | None:
    minutes = _number(channel.get("ttl"))
    return _sane(timedelta(minutes=minutes)) if minutes else None


def _period(channel: Mapping[str, Any]) -> timedelta | None:
    period = channel.get("sy_updateperiod")
    length = _PERIODS.get(period.strip().lower()) if isinstance(period, str) else None
    frequency = _number(channel.get("sy_updatefrequency", "1"))
    return _sane(length / frequency) if length and frequency else None


def _number(written: object) -> int | None:
    return int(written) if isinstance(written, str) and _NUMBER.fullmatch(written) else None


def _sane(interval: timedelta) -> timedelta | None:
    return interval if timedelta(minutes=1) <= interval <= _LONGEST else None
