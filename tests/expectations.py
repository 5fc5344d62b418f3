"""What other parsers' test suites expect of their documents, as facts that a `Feed` of ours can be asked for.

Two suites are understood: feedparser's documents, whose first comment has an `Expect:` line in Python, and gofeed's,
which have their expectation beside them in JSON. `facts_of` gives every statement as a `Fact`; `disagreement` asks our
reading for it. `python -m tests.expectations [gofeed=FOLDER …]` prints how many facts there are and how many we share;
a folder, where one is given, is a checkout that has what the corpus lacks.

These differences are none in meaning, and are the only ones that are smoothed over:

* Runs of white space are one space, and white space round a text is none; an absent text is "".
* A title, a name and a tag are plain text with us. Where the suite has markup or references in them, either that very
  string or what a reader sees of it is right.
* HTML is compared as it is after our own sanitiser, on both sides: which elements may stay is for `feeds.clean` to say,
  not for a parser, and relative addresses are made absolute there. `rel`, `style` and the like therefore do not count.
* A `<div>` round the whole of a text is nothing: XHTML needs one, and Atom 1.0 does not count it (RFC 4287 §3.1.1.3).
* An entry's picture is asked of the cleaned entry, because what a text shows is looked for there.
* An entry has two texts with us, the fuller and the other one. What a suite calls content, description or summary may
  be either of them.
* Addresses are compared resolved, for that is what ours always are; dates as instants.
* Suites do not say whether a text is plain or HTML: shown as text, it may be either. Only 12 facts of both suites need
  that, all of texts that are plain by their documents (type `text`, `itunes:summary`, bytes).
* Of several authors, tags or enclosures it does not count in which order they stand.
"""

import ast
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.clean.sanitize import safe_html
from feeds.dates import parse_date
from feeds.errors import FeedError
from feeds.html import escape_text, text_of
from feeds.model import Feed, Person
from feeds.parse import read
from feeds.parse.encoding import decode
from feeds.urls import resolve
from tests.corpus import CORPUS

FEEDPARSER = Path("kurtmckee__feedparser")
GOFEED = Path("mmcdole__gofeed")
SUITES = ("feedparser", "gofeed")
TABLE = Path(__file__).parent / "data" / "expectations.tsv"
REASONS = Path(__file__).parents[1] / "docs" / "decisions" / "0008-where-we-read-otherwise-than-other-parsers.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One document with its expectation. `name` is its path inside the suite, `url` where it pretends to come from."""

    suite: str
    name: str
    body: bytes
    url: str
    content_type: str | None = None
    facts: tuple["Fact", ...]
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`field` is what a difference is listed under (`entries[0].title`), `value` what the suite expects."""

    field: str
    value: Any

    @property
    def kind(self) -> str:
        return self.field.rpartition(".")[2]


def cases(suite: str, root: Path | None = None) -> Iterator[Case]:
    """Every document of a suite that has an expectation, by name; `root` holds the suite where it is not the corpus."""
    files = CORPUS / "files"
    if suite == "feedparser":
        yield from _feedparser_cases(root or files / FEEDPARSER)
    else:
        yield from _gofeed_cases(root or files / GOFEED)


def disagreements(case: Case) -> list[tuple[Fact, str]]:
    """Every fact that our reading does not share, and in what we differ."""
    try:
        feed = read(case.body, content_type=case.content_type, url=case.url)
    except FeedError as error:
        return [(fact, f"refused: {type(error).__name__}: {error}") for fact in case.facts]
    found = ((fact, _found(feed, fact, case.url)) for fact in case.facts)
    return [
        (fact, f"expected {fact.value!r}, read {ours!r}") for fact, ours in found if not _agrees(fact, ours, case.url)
    ]


def listed() -> dict[tuple[str, str, str], str]:
    """(suite, document, field) → the reason for which we differ there; each reason is explained in `REASONS`' file."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    return {(row["suite"], row["document"], row["field"]): row["reason"] for row in rows}


# Our side


def _found(feed: Feed, fact: Fact, url: str) -> Any:
    """What we read, of the thing that the fact is about; "nothing" where there is no such entry."""
    if fact.field == "entries":
        return len(feed.entries)
    at = re.fullmatch(r"entries\[(\d+)\]\.\w+", fact.field)
    if at is None:
        return feed.rhythm if fact.kind in _RHYTHM else getattr(feed, fact.kind)
    if int(at[1]) >= len(feed.entries):
        return "nothing"
    entry = feed.entries[int(at[1])]
    if fact.kind == "image":
        return clean(feed, base=url, rules=Rules()).entries[int(at[1])].image
    return (entry.html, entry.summary) if fact.kind == "text" else getattr(entry, _ONE_OF.get(fact.kind, fact.kind))


_ONE_OF = {"author": "authors", "tag": "tags", "enclosure": "enclosures"}
_RHYTHM = ("interval", "skip_hours", "skip_days")


def _agrees(fact: Fact, ours: Any, url: str) -> bool:
    if ours == "nothing":
        return False
    judge = _JUDGES.get(fact.kind)
    return judge(fact.value, ours, url) if judge else bool(fact.value == ours)


def _same_line(expected: str, ours: str, url: str) -> bool:
    return _spaced(ours) in (_spaced(expected), _spaced(text_of(expected)))


def _same_text(expected: str, ours: tuple[str, str], url: str) -> bool:
    wanted = {_shown(expected, url), _shown(escape_text(expected), url)}
    return any(_shown(one, url) in wanted for one in ours)


def _same_address(expected: str, ours: str | None, url: str) -> bool:
    return ours == resolve(url, expected)


def _same_instant(expected: str, ours: Any, url: str) -> bool:
    return ours is not None and ours == parse_date(expected)


def _has_person(expected: Mapping[str, str], ours: tuple[Person, ...], url: str) -> bool:
    return any(
        all(
            _same_address(value, one.url, url) if name == "url" else _same_line(value, getattr(one, name) or "", url)
            for name, value in expected.items()
        )
        for one in ours
    )


def _has_tag(expected: str, ours: tuple[str, ...], url: str) -> bool:
    return any(_same_line(expected, one, url) for one in ours)


def _has_enclosure(expected: Mapping[str, str], ours: Iterable[Any], url: str) -> bool:
    return any(
        all(getattr(one, name) == (resolve(url, value) if name == "url" else value) for name, value in expected.items())
        for one in ours
    )


def _in_rhythm(name: str) -> Any:
    return lambda expected, ours, url: getattr(ours, name) == expected


_JUDGES = {
    "title": _same_line,
    "description": _same_line,
    "text": _same_text,
    "url": _same_address,
    "link": _same_address,
    "image": _same_address,
    "published": _same_instant,
    "updated": _same_instant,
    "author": _has_person,
    "tag": _has_tag,
    "enclosure": _has_enclosure,
    "interval": lambda expected, ours, url: (
        ours.interval is not None and ours.interval.total_seconds() == expected * 60
    ),
    "skip_hours": _in_rhythm("skip_hours"),
    "skip_days": _in_rhythm("skip_days"),
}


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _shown(html: str, url: str) -> str:
    shown = re.sub(r"\s*(<[^<>]*>)\s*", r"\1", _spaced(safe_html(html, url)))
    whole = re.fullmatch(r"<div>((?:(?!</?div\b).)*)</div>", shown)
    return whole[1] if whole else shown


# feedparser: <!-- Description: … Expect: not bozo and entries[0]['title'] == 'Example' -->

_EXPECT = re.compile(r"Expect:[ \t]*(.*?)\s*(?:\n[ \t]*Notes?:.*?)?-->", re.DOTALL)
_HEADER = re.compile(r"Header:\s*([\w-]+):\s*(.*?)\s*$", re.MULTILINE)
_PARSED_DATE = re.compile(r"(\w+)_parsed")
_FEED_FIELDS = {
    "title": "title",
    "link": "link",
    "subtitle_detail.value": "description",
    "tagline_detail.value": "description",
    "title_detail.value": "title",
    "subtitle": "description",
    "tagline": "description",
    "description": "description",
    "language": "language",
    "image.href": "image",
    "image.url": "image",
    "logo": "image",
    "icon": "image",
    "updated": "updated",
    "published": "updated",
    "ttl": "interval",
}
_ENTRY_FIELDS = {
    "title": "title",
    "link": "url",
    "id": "guid",
    "guid": "guid",
    "description": "text",
    "summary": "text",
    "content.0.value": "text",
    "title_detail.value": "title",
    "summary_detail.value": "text",
    "language": "language",
    "content.0.language": "language",
    "title_detail.language": "language",
    "summary_detail.language": "language",
    "author_detail.name": "author",
    "author_detail.email": "author",
    "author_detail.url": "author",
    "author_detail.href": "author",
    "authors.#.name": "author",
    "authors.#.email": "author",
    "authors.#.url": "author",
    "authors.#.href": "author",
    "tags.#.term": "tag",
    "tags.#.label": "tag",
    "category": "tag",
    "enclosures.#.length": "enclosure",
    "enclosures.#.type": "enclosure",
    "enclosures.#.url": "enclosure",
    "enclosures.#.href": "enclosure",
    "media_thumbnail.0.url": "image",
    "image.href": "image",
    "published": "published",
    "created": "published",
    "updated": "updated",
}


def _feedparser_cases(root: Path) -> Iterator[Case]:
    for path in sorted(root.rglob("*.xml")):
        body = path.read_bytes()
        text = decode(body, None)[0]
        expect = _EXPECT.search(text)
        if expect is None:
            continue
        facts, outside = [], []
        for statement in _statements(expect[1]):
            fact = _feedparser_fact(statement)
            if fact:
                facts.append(fact)
            else:
                outside.append(ast.unparse(statement))
        headers = {name.lower(): value for name, value in _HEADER.findall(text)}
        name = path.relative_to(root).as_posix()
        yield Case(
            suite="feedparser",
            name=name,
            body=body,
            url=resolve(f"http://127.0.0.1:8097/{name}", headers.get("content-location", ""))
            or f"http://127.0.0.1:8097/{name}",
            content_type=headers.get("content-type"),
            facts=tuple(facts),
            outside=tuple(outside),
        )


def _statements(expression: str) -> list[ast.expr]:
    tree = ast.parse(expression.strip(), mode="eval").body
    return tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]


def _feedparser_fact(statement: ast.expr) -> Fact | None:
    """The fact that a comparison states; None where it is about something that our model does not hold."""
    if not isinstance(statement, ast.Compare) or not isinstance(statement.ops[0], (ast.Eq, ast.Is)):
        return None
    try:
        left, value = statement.left, _constant(statement.comparators[0])
    except ValueError:  # two things that feedparser says are compared with each other
        return None
    if isinstance(left, ast.Call) and ast.unparse(left.func) == "ord":
        left, value = left.args[0], chr(value)
    path = _path(left)
    holder, rest = (
        ("feed", path[1:]) if path[:1] == ["feed"] else (f"entries[{path[1]}]", path[2:]) if path else ("", [])
    )
    name = ".".join(rest)
    if parsed := _PARSED_DATE.fullmatch(name):
        name, value = parsed[1], "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*value[:6])
    table = _FEED_FIELDS if holder == "feed" else _ENTRY_FIELDS
    field = table.get(name) or table.get(re.sub(r"\.\d+\.", ".#.", name))
    if field is None:
        return None
    if field in ("author", "enclosure"):
        last = name.rpartition(".")[2]
        value = {{"href": "url"}.get(last, last): int(value) if last == "length" else value}
    return Fact(field=f"{holder}.{field}", value=int(value) if field == "interval" else value)


def _constant(node: ast.expr) -> Any:
    """The value of a literal, or of literals added together (so are comments kept from ending early)."""
    if isinstance(node, ast.BinOp):
        return _constant(node.left) + _constant(node.right)
    return ast.literal_eval(node)


def _path(node: ast.expr) -> list[str]:
    """["entries", "0", "title"] for entries[0]['title'] and entries[0].title; [] for what does not begin there."""
    if isinstance(node, ast.Name):
        return [node.id] if node.id in ("feed", "entries") else []
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        before = _path(node.value)
        last = node.attr if isinstance(node, ast.Attribute) else str(ast.literal_eval(node.slice))
        return [*before, last] if before else []
    return []


# gofeed: name.xml and name.json, or name.json and name_expected.json; whole values, so that lists have their lengths


def _gofeed_cases(root: Path) -> Iterator[Case]:
    for path in sorted(root.rglob("*.*")):
        expected = path.with_name(f"{path.stem}_expected.json") if path.suffix == ".json" else path.with_suffix(".json")
        if path.suffix in (".xml", ".json") and expected.is_file():
            facts: list[Fact] = []
            outside: list[str] = []
            for field, value in _gofeed_statements(json.loads(expected.read_text(encoding="utf-8"))):
                if field.startswith("-"):
                    outside.append(field[1:])
                elif (fact := Fact(field=field, value=value)) not in facts:
                    facts.append(fact)
            yield Case(
                suite="gofeed",
                name=path.relative_to(root).as_posix(),
                body=path.read_bytes(),
                url="",
                facts=tuple(facts),
                outside=tuple(outside),
            )


_GOFEED_FEED = {
    "title": "title",
    "link": "link",
    "home_page_url": "link",
    "feedLink": "url",
    "feed_url": "url",
    "description": "description",
    "subtitle": "description",
    "language": "language",
    "updated": "updated",
    "updatedParsed": "updated",
    "lastBuildDate": "updated",
    "lastBuildDateParsed": "updated",
    "icon": "image",
    "logo": "image",
}
_GOFEED_ENTRY = {
    "title": "title",
    "link": "url",
    "url": "url",
    "guid": "guid",
    "id": "guid",
    "description": "text",
    "summary": "text",
    "content": "text",
    "content_html": "text",
    "content_text": "text",
    "published": "published",
    "publishedParsed": "published",
    "pubDate": "published",
    "pubDateParsed": "published",
    "date_published": "published",
    "updated": "updated",
    "updatedParsed": "updated",
    "date_modified": "updated",
}


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# What gofeed says twice, and once would do: as it was written and as it was understood, the first and all of them.
_REPEATED = {
    "author": "authors",
    "enclosure": "enclosures",
    "content_text": "content_html",
    "published": "publishedParsed",
    "updated": "updatedParsed",
    "pubDate": "pubDateParsed",
    "lastBuildDate": "lastBuildDateParsed",
}


def _gofeed_statements(expected: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(field, value) of every statement; a field that begins with "-" is outside our model."""
    items = expected.get("items", expected.get("entries"))
    if items is not None:
        yield "entries", len(items)
    for name, value in expected.items():
        if name == "icon" and "logo" in expected:  # of two pictures we hold one, the logo
            yield "-icon", value
        elif name not in ("items", "entries") and _REPEATED.get(name) not in expected:
            yield from _gofeed_feed(name, value)
    for number, item in enumerate(items or []):
        for name, value in item.items():
            if _REPEATED.get(name) in item:
                continue
            for field, one in _gofeed_entry(name, value):
                yield (f"-entries.{field[1:]}" if field.startswith("-") else f"entries[{number}].{field}"), one


def _gofeed_feed(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name in _GOFEED_FEED:
        yield f"feed.{_GOFEED_FEED[name]}", value
    elif name == "image" and value.get("url"):
        yield "feed.image", value["url"]
    elif name == "ttl":
        yield "feed.interval", int(value)
    elif name == "skipHours":
        yield "feed.skip_hours", tuple(sorted(map(int, value)))
    elif name == "skipDays":
        yield "feed.skip_days", tuple(sorted(_DAYS.index(day) for day in value))
    elif name == "links" and all(isinstance(one, dict) for one in value):
        for link in value:
            if link.get("rel", "alternate") in ("alternate", "self") and link.get("href"):
                yield ("feed.url" if link.get("rel") == "self" else "feed.link"), link["href"]
            else:
                yield "-links", link
    else:
        yield f"-{name}", value


def _gofeed_entry(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if name == "content" and isinstance(value, dict):
        yield ("text", value["value"]) if "value" in value else ("-content.src", value)
    elif name == "guid" and isinstance(value, dict):
        yield "guid", value["value"]
    elif name in _GOFEED_ENTRY:
        yield _GOFEED_ENTRY[name], value
    elif name in ("author", "authors"):
        for one in value if isinstance(value, list) else [value]:
            yield "author", _gofeed_person(one)
    elif name in ("categories", "tags"):
        for one in value:
            tag = (one.get("label") or one.get("term") or one.get("value")) if isinstance(one, dict) else one
            yield ("tag", tag) if tag else ("-categories.domain", one)
    elif name in ("enclosure", "enclosures", "attachments"):
        for one in value if isinstance(value, list) else [value]:
            yield "enclosure", _gofeed_enclosure(one)
    elif name == "image":
        yield ("image", value.get("url")) if isinstance(value, dict) else ("image", value)
    elif name == "links" and all(isinstance(one, dict) for one in value):
        for link in value:
            rel = link.get("rel", "alternate")
            if rel == "alternate" and link.get("href"):
                yield "url", link["href"]
            elif rel == "enclosure" and link.get("href"):
                yield "enclosure", _gofeed_enclosure({**link, "url": link["href"]})
            else:
                yield "-links", link
    else:
        yield f"-{name}", value


def _gofeed_person(one: Any) -> dict[str, str]:
    if isinstance(one, str):
        return {"name": one}
    names = {"name": "name", "email": "email", "uri": "url", "url": "url"}
    return {ours: one[theirs] for theirs, ours in names.items() if one.get(theirs)}


def _gofeed_enclosure(one: Mapping[str, Any]) -> dict[str, Any]:
    length = one.get("length", one.get("size_in_bytes"))
    said = {"url": one.get("url"), "type": one.get("type") or one.get("mime_type")}
    said["length"] = int(length) if length else None
    if "duration_in_seconds" in one:
        said["duration"] = one["duration_in_seconds"]
    return {name: value for name, value in said.items() if value is not None}


def main(arguments: list[str]) -> None:
    roots = {suite: Path(folder) for suite, _, folder in (argument.partition("=") for argument in arguments)}
    known = listed()
    for suite in SUITES:
        facts: Counter[str] = Counter()
        differing: Counter[str] = Counter()
        documents, outside = 0, 0
        for case in cases(suite, roots.get(suite)):
            documents += 1
            outside += len(case.outside)
            part = "sanitising" if "/sanitize/" in case.name else "reading"
            found = disagreements(case)
            facts[part] += len(case.facts)
            differing[part] += len(found)
            for fact, how in found:
                reason = known.get((suite, case.name, fact.field), "NOT LISTED")
                print(f"  {case.name}  {fact.field}: [{reason}] {how}"[:400])
        print(f"{suite}: {documents} documents; {outside} statements about what our model does not hold")
        for part, total in (*facts.items(), ("together", facts.total())):
            shared = total - (differing[part] if part in facts else differing.total())
            print(f"  {part}: {shared} of {total} facts shared, {shared / total * 100 if total else 100:.2f} %")


if __name__ == "__main__":
    main(sys.argv[1:])
