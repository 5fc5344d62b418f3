"""What the log looks like: one line an event, as logfmt or as JSON, whatever was in it.

Titles and addresses in an event are their sources' words: nothing in them may begin a new line, move a terminal's
cursor, or make a line endless. Who logs says `log.info("fetched", extra=fields(source=7, ms=130))`; a message without
fields is an event as well. What a traceback says is one more field: it is there for bugs of ours alone.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

LONGEST_FIELD = 500  # characters
LONGEST_TRACE = 8_000
FORMATS = ("logfmt", "json")
_PLAIN = re.compile(r"[^\s\"=\\]+")


def fields(**values: object) -> dict[str, object]:
    """The fields of an event, for `extra=`."""
    return {"fields": values}


def set_up(form: str, *, verbose: bool) -> None:
    """Log to standard error in one of FORMATS: what went wrong, or every event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(form))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])


class OneLine(logging.Formatter):
    """Makes one line of an event."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._write = _as_json if form == "json" else _as_logfmt

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        event: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _tamed(record.getMessage()),
        }
        event |= {name: _value(value) for name, value in getattr(record, "fields", {}).items()}
        if record.exc_info:
            event["trace"] = _tamed(self.formatException(record.exc_info), LONGEST_TRACE)
        return self._write(event)


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value if isinstance(value, bool | int | float) or value is None else _tamed(str(value))


def _tamed(text: str, longest: int = LONGEST_FIELD) -> str:
    """A text whose unprintable characters are written out, and that ends."""
    if len(text) > longest:
        text = f"{text[:longest]}… ({len(text)} characters)"
    return text if text.isprintable() else "".join(one if one.isprintable() else _escaped(one) for one in text)


def _escaped(letter: str) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter, f"\\u{ord(letter):04x}")


def _as_json(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _as_logfmt(event: dict[str, Any]) -> str:
    return " ".join(f"{name}={_word(value)}" for name, value in event.items())


def _word(value: object) -> str:
    if value is None:
        return "-"
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return said if _PLAIN.fullmatch(said) else json.dumps(said, ensure_ascii=False)
