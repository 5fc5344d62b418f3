"""Real feeds that nobody here wrote, where `../shared/corpus` stands beside this checkout (CI has it).

`captured()` gives the documents that real publishers served. Where the corpus is missing, tests over it say so:
they are skipped with the reason on a developer's machine, and fail in CI.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One document: where it is, what `Content-Type` its kind is served with, how many entries feedparser counts.

    well_formed  feedparser had nothing to repair; None for JSON, which it does not read
    """

    path: Path
    content_type: str
    entries: int
    well_formed: bool | None


def require_corpus() -> Path:
    if CORPUS.is_dir():
        return CORPUS
    if os.environ.get("CI"):
        pytest.fail("../shared/corpus is missing, and CI must have it")
    pytest.skip("../shared/corpus is not beside this checkout")


def captured() -> list[Captured]:
    """All captured feeds, OPML lists aside, in the order of the manifest."""
    with (require_corpus() / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["provenance"] == "captured"]
    return [_captured(row) for row in rows if row["kind"] != "opml"]


def _captured(row: dict[str, str]) -> Captured:
    json = row["kind"].startswith("jsonfeed")
    return Captured(
        path=CORPUS / "files" / row["local"],
        content_type="application/feed+json" if json else "application/xml",
        entries=int(row["entries"] or 0),
        well_formed=None if json else row["bozo"] == "0",
    )
