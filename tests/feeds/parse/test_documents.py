"""Every document of `tests/data/feeds` is read as the file beside it says; adding a case is adding a pair of files.

`name.json` holds the expected fields; what it does not mention is not compared. A guid of our own making is given by
its first letters.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.parse import read

DATA = Path(__file__).parents[2] / "data" / "feeds"
DOCUMENTS = sorted(path for path in DATA.iterdir() if path.suffix != ".json")


def plain(value: object) -> Any:
    """A value as JSON would hold it."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def picked(found: Any, expected: Any) -> Any:
    """Of what was found, what the expectation speaks of."""
    if isinstance(expected, dict):
        return {key: picked(found[key], value) for key, value in expected.items()}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [picked(*pair) for pair in zip(found, expected, strict=True)]
    if isinstance(expected, str) and expected.startswith("sha256:"):
        return found[: len(expected)]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_is_read_as_expected(document: Path) -> None:
    expected = json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))
    base = (
        "https://json.example.org/feed.json"
        if document.suffix == ".jsonfeed"
        else "https://harbour.example.org/feed.xml"
    )
    found = plain(read(document.read_bytes(), url=base))
    assert picked(found, expected) == expected


def test_every_document_has_its_expectation() -> None:
    assert {path.stem for path in DOCUMENTS} == {path.stem for path in DATA.glob("*.json")}
