"""Durations and sizes as people write them: `15m`, `2h`, `14d`; `500 KB`, `5 MiB`. Read here, and written back here.

A number without a unit is refused: nobody can tell whether `every: 30` means seconds or minutes.
"""

import re
from datetime import timedelta

LONGEST = timedelta(days=3650)
LARGEST = 1 << 40  # bytes

_DURATION = re.compile(r"([0-9]{1,9}) ?([a-zA-Z]+)")
_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))? ?([a-zA-Z]+)")

_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
_BYTES = {"b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


def parse_duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `14d` or `1w`, also spelt out (`5 minutes`); over zero, at most ten years.

    raises  ValueError, which says what to write
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None or found[2].lower() not in _SECONDS:
        number = text.strip()
        hint = f"; did you mean `{number}m`, `{number}h`?" if number.isdecimal() and number != "0" else ""
        raise ValueError(f"must be a number and its unit, such as 90s, 15m, 2h, 14d or 1w{hint}")
    seconds = int(found[1]) * _SECONDS[found[2].lower()]
    if not 0 < seconds <= LONGEST.total_seconds():
        raise ValueError(f"must be longer than nothing, and at most {format_duration(LONGEST)}")
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """The shortest way to write it that `parse_duration` reads back: 15m, 36h, 14d; 60m rather than 1h."""
    seconds = int(duration.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % length == 0 and seconds > length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def parse_size(text: str) -> int:
    """Bytes: `500 KB` is 500,000 and `5 MiB` is 5 × 2^20; over zero, at most 1024 GiB.

    raises  ValueError, which says what to write
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[3].lower() not in _BYTES:
        number = text.strip()
        hint = f"; did you mean `{number} MiB`?" if number.isdecimal() and number != "0" else ""
        raise ValueError(f"must be a number and its unit, such as 500 KB or 15 MiB{hint}")
    unit = _BYTES[found[3].lower()]
    fraction = (found[2] or "").ljust(3, "0")
    size = int(found[1]) * unit + int(fraction) * unit // 1000
    if not 0 < size <= LARGEST:
        raise ValueError(f"must be more than nothing, and at most {format_size(LARGEST)}")
    return size


def format_size(size: int) -> str:
    """The shortest way to write it that `parse_size` reads back exactly."""
    for unit in ("GiB", "GB", "MiB", "MB", "KiB", "KB"):
        if size % _BYTES[unit.lower()] == 0:
            return f"{size // _BYTES[unit.lower()]} {unit}"
    return f"{size} B"
