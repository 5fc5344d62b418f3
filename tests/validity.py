"""Whether a published document is what its format says: the grammars in `../shared/schemas`, and our own list of the
W3C Feed Validator's rules that we broke once.

The validator itself is not part of the tests: `python -m benchmarks.validity` runs it. Where the grammars are missing,
tests that need them say so: they are skipped with the reason on a developer's machine, and fail in CI.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from lxml import etree

SCHEMAS = Path(__file__).parents[2] / "shared" / "schemas"
ATOM, CONTENT = "{http://www.w3.org/2005/Atom}", "{http://purl.org/rss/1.0/modules/content/}encoded"
# Elements that sanitising may let through and the validator calls a risk (its HTMLValidator.acceptable_elements).
RISKS = re.compile(r"<(iframe|bdo|script|style|object|embed|form|link|meta)\b", re.IGNORECASE)
BAD = re.compile("[\x80-\x9f\ufffd]")
TWICE = re.compile("[\xc2\xc3][\x80-\xbf]")
HTTP_URL = re.compile(r"https?://(([0-9]{1,3}\.){3}|([A-Z0-9-]+\.)+)[A-Z0-9][A-Z0-9-]*(:\d+)?(/|$)", re.IGNORECASE)
EARLIEST = "1990"  # earlier dates are implausible to the validator


def require_schemas() -> Path:
    """Where the grammars are."""
    if SCHEMAS.is_dir():
        return SCHEMAS
    if os.environ.get("CI"):
        pytest.fail("../shared/schemas is missing, and CI must have it")
    pytest.skip("../shared/schemas is not beside this checkout")


def faults(format_: str, body: bytes) -> list[str]:
    """What is wrong with a document; nothing if it is valid."""
    if format_ == "json":
        return [error.message[:200] for error in _json_feed().iter_errors(json.loads(body))]
    root = etree.fromstring(body)
    if format_ == "opml":
        return _against(_opml(), root)
    return [*(_against(_atom(), root) if format_ == "atom" else ()), *_broken_once(root)]


def _against(grammar: Any, root: Any) -> list[str]:
    return [] if grammar.validate(root) else [f"line {one.line}: {one.message}" for one in grammar.error_log]


@cache
def _atom() -> Any:
    return etree.RelaxNG(etree.parse(require_schemas() / "atom-rfc4287.rng"))


@cache
def _opml() -> Any:
    return etree.XMLSchema(etree.parse(require_schemas() / "opml-2.0.xsd"))


@cache
def _json_feed() -> Any:
    return jsonschema.Draft202012Validator(json.loads((require_schemas() / "jsonfeed-1.1.schema.json").read_text()))


def _broken_once(root: Any) -> Iterator[str]:
    for element in root.iter():
        text = element.text or ""
        if BAD.search(text) or any(map(BAD.search, element.attrib.values())):
            yield f"BadCharacters in {element.tag}"
        if any(map(_read_twice, re.split("[\n<>&]", text))):
            yield f"BadCharacters, encoded twice, in {element.tag}: {text[:80]!r}"
        if element.tag in (CONTENT, f"{ATOM}content", f"{ATOM}summary", "description") and RISKS.search(text):
            yield f"SecurityRisk in {element.tag}: {RISKS.search(text)}"
    for item in root.iter("item"):
        if len(item.findall("enclosure")) > 1:
            yield "DuplicateEnclosure"
    yield from (
        f"InvalidURLAttribute {e.get('url')}" for e in root.iter("enclosure") if not HTTP_URL.match(e.get("url"))
    )
    updated = Counter(str(one) for one in root.xpath("*[local-name()='entry']/*[local-name()='updated']/text()"))
    yield from (f"DuplicateUpdated {one}" for one, times in updated.items() if times > 1)
    heads = root.xpath("/*/*[local-name()='updated']/text()")
    yield from (f"ImplausibleDate {one}" for one in heads if str(one) < EARLIEST)


def _read_twice(written: str) -> bool:
    """As the validator finds out, for what stands between two places where XML escapes something."""
    text = unescape(written)
    try:
        return TWICE.search(text) is not None and bool(text.encode("latin-1").decode())
    except UnicodeError:
        return False
