"""Files that cannot be used: what is said, about which line, in which words."""

from pathlib import Path

import pytest

from aggregator.config.load import MOST_PROBLEMS, load
from aggregator.errors import ConfigError

from .conftest import Problems

GOOD = "categories:\n  A:\n    - https://a.example/f\n"  # three lines; a table's text begins in line 4


def source(option: str) -> str:
    return f"    - url: https://b.example/f\n      {option}\n"


# text after GOOD, the line, the path, a part of the message
MISTAKES: list[tuple[str, int, str, str]] = [
    # C07: keys that nobody knows
    (source("evry: 2h"), 5, "categories.A[1].evry", "unknown key"),
    ("sit: {title: x}\n", 4, "sit", "unknown key"),
    ("fetch: {flor: 15m}\n", 4, "fetch.flor", "unknown key"),
    ("  B: {titel: Bee}\n", 4, "categories.B.titel", "unknown key"),
    ("colour: red\n", 4, "colour", "known here: site, database"),
    ("defaults: {headers: {A: b}}\n", 4, "defaults.headers", "belongs to a source"),
    # C03: keys written twice
    ("categories: {}\n", 4, "categories", "a second time; the first is in line 1"),
    ("  A: []\n", 4, "categories.A", "a second time; the first is in line 2"),
    (source("url: https://c.example/f"), 5, "categories.A[1].url", "a second time; the first is in line 4"),
    # C06: YAML's surprises where text is meant
    (source("name: no"), 5, "categories.A[1].name", 'write it in quotes: "no"'),
    (source("name: 1:30"), 5, "categories.A[1].name", "a number in base 60"),
    (source("name: 012"), 5, "categories.A[1].name", "an octal number"),
    (source("name: 2026-11-23"), 5, "categories.A[1].name", "a date"),
    (source("name: 1e3"), 5, "categories.A[1].name", 'write it in quotes: "1e3"'),
    (source("name: 2026"), 5, "categories.A[1].name", 'write it in quotes: "2026"'),
    (source("name: true"), 5, "categories.A[1].name", 'write it in quotes: "true"'),
    (source("name:"), 5, "categories.A[1].name", "has no value"),
    (source("name: [a]"), 5, "categories.A[1].name", "must be text, not a list"),
    (source("headers: {X-Build: 0x1F}"), 5, "categories.A[1].headers.X-Build", 'write it in quotes: "0x1F"'),
    ("  no: [https://b.example/f]\n", 4, "categories.no", 'write it in quotes: "no"'),
    ("  2026: [https://b.example/f]\n", 4, "categories.2026", 'write it in quotes: "2026"'),
    ("    - 2026\n", 4, "categories.A[1]", 'write it in quotes: "2026"'),
    ("    -\n", 4, "categories.A[1]", "has no value"),
    (source("allow_private: yes"), 5, "categories.A[1].allow_private", "write `true` or `false`"),
    (source('allow_private: "true"'), 5, "categories.A[1].allow_private", "true or false, without quotes"),
    (source('priority: "1"'), 5, "categories.A[1].priority", "a whole number, without quotes"),
    # C09: addresses
    ("    - ftp://b.example/f\n", 4, "categories.A[1]", "begins with https://"),
    ("    - javascript:alert(1)\n", 4, "categories.A[1]", "`javascript:` is not read"),
    ("    - b.example/f\n", 4, "categories.A[1]", "write `https://b.example/f`"),
    ("    - //b.example/f\n", 4, "categories.A[1]", "write `https://b.example/f`"),
    ("    - examples/a.xml\n", 4, "categories.A[1]", "write `file:examples/a.xml`"),
    ("    - Example blog\n", 4, "categories.A[1]", "this is no address"),
    ("    - url: file:a.xml\n", 4, "categories.A[1].url", "write `file: a.xml`"),
    ("    - url: rsshub:/zaker/source/12\n", 4, "categories.A[1].url", "write `rsshub: /zaker/source/12`"),
    ("    - file: https://b.example/f\n", 4, "categories.A[1].file", "write `url: https://b.example/f`"),
    ('    - "https://b.example/f\\r\\nX: y"\n', 4, "categories.A[1]", "line end"),
    ("    - {name: Nowhere}\n", 4, "categories.A[1]", "has no address"),
    ("    - {url: https://b.example/f, file: b.xml}\n", 4, "categories.A[1]", "`url` and `file`"),
    # kinds and their options
    ("    - page: https://b.example/\n", 4, "categories.A[1]", "a `page` needs `item`"),
    ("    - {page: https://b.example/, item: ''}\n", 4, "categories.A[1].item", "must not be empty"),
    ("    - page:https://b.example/\n", 4, "categories.A[1]", "a `page` needs `item`"),
    ("    - page: https://b.example/\n      item: 'a['\n", 5, "categories.A[1].item", "no CSS selector"),
    ("    - json: https://b.example/\n      items: 'a['\n", 5, "categories.A[1].items", "no JMESPath expression"),
    ("    - sitemap: https://b.example/\n      match: '('\n", 5, "categories.A[1].match", "no pattern that RE2 knows"),
    ("    - json: https://b.example/\n      item: a\n", 5, "categories.A[1].item", "an option of a `page`, not of a"),
    ("    - page: b.example/a\n      item: a\n", 4, "categories.A[1].page", "write `https://b.example/a`"),
    ("    - page: json:https://b.example/\n      item: a\n", 4, "categories.A[1].page", "instead of `page: …`"),
    (source("title: B"), 5, "categories.A[1].title", "what to call the source is its `name`"),
    (source("itm: a"), 5, "categories.A[1].itm", "unknown key"),
    # C11 and E14: intervals
    (source("every: 30"), 5, "categories.A[1].every", "did you mean `30m`"),
    (source("every: 0"), 5, "categories.A[1].every", "a number and its unit"),
    (source("every: -1"), 5, "categories.A[1].every", "a number and its unit"),
    (source("every: 1e9"), 5, "categories.A[1].every", "a number and its unit"),
    (source("every: 1:30"), 5, "categories.A[1].every", "a number and its unit"),
    (source("every: 0m"), 5, "categories.A[1].every", "longer than nothing"),
    (source("every: 99999999w"), 5, "categories.A[1].every", "at most 3650d"),
    (source("every: 5m"), 5, "categories.A[1].every", "no source is fetched more often than every 15m"),
    (source("every: 5 minutes"), 5, "categories.A[1].every", "below `fetch.floor`"),
    (source("every:"), 5, "categories.A[1].every", "has no value"),
    ("defaults: {every: 1m}\n", 4, "defaults.every", "more often than every 15m"),
    ("fetch: {floor: 1m}\n", 4, "fetch.floor", "the one in line 3 is not"),
    ("fetch: {floor: 2h}\n", 4, "fetch", "`default` is below `floor`"),
    ("fetch: {ceiling: 2h}\n", 4, "fetch", "`unconditional` is above `ceiling`"),
    ("fetch: {max_body: 15}\n", 4, "fetch.max_body", "did you mean `15 MiB`"),
    ("fetch: {concurrency: 0}\n", 4, "fetch.concurrency", "at least 1"),
    ("fetch: {per_host: 1000}\n", 4, "fetch.per_host", "at most 16"),
    # C08: slugs
    ("  ../../etc/passwd: []\n", 4, "categories", "needs a letter or a digit"),
    ("  .: []\n", 4, "categories", "needs a letter or a digit"),
    ('  "": []\n', 4, "categories", "needs a letter or a digit"),
    ("  a//b: []\n", 4, "categories.a//b", "needs a letter or a digit"),
    ('  "%2e%2e": []\n', 4, "categories", "not their codes"),
    (f"  {'x' * 300}: []\n", 4, "categories", "300 bytes; at most 200"),
    ("  a: []\n", 4, "categories.a", "`A` in line 2 has the same slug, `a`"),
    ("  B-B: []\n  B B: []\n", 5, "categories.B B", "`B-B` in line 4 has the same slug"),
    ("  x/Y: []\n  X/z: []\n", 5, "categories.X/z", "`x` in line 4 has the same slug"),
    ("  All: []\n", 4, "categories.All", "an address of our own"),
    ("  top/x: []\n", 4, "categories.top/x", "an address of our own"),
    ("  Search: []\n", 4, "categories.Search", "choose another name"),
    # the rest
    ("  B: https://b.example/f\n", 4, "categories.B", "must be a list of sources"),
    ("  B: {sources: https://b.example/f}\n", 4, "categories.B.sources", "must be a list"),
    ("  B: {limit: 501}\n", 4, "categories.B.limit", "at most 500"),
    (source("publish: ful"), 5, "categories.A[1].publish", "must be full, excerpt or link"),
    (source("dedup: false"), 5, "categories.A[1].dedup", "must be near, exact or off"),
    (source("images: orignal"), 5, "categories.A[1].images", "must be `original`, `proxy`"),
    (source('images: "https://i.example/"'), 5, "categories.A[1].images", "{url}"),
    (source('images: "https://i.example/{url}{url}"'), 5, "categories.A[1].images", "once"),
    (source('images: "ftp://i.example/{url}"'), 5, "categories.A[1].images", "https://"),
    (source("keep: title ~ x"), 5, "categories.A[1].keep", "must be a list"),
    (source('keep: ["title ~ ("]'), 5, "categories.A[1].keep[0]", ""),
    (source('keep: ["age > 30d"]'), 5, "categories.A[1].keep[0]", "an age can only be `age < …`"),
    (source('drop: ["age > 1 month"]'), 5, "categories.A[1].drop[0]", "a number and h, d or w"),
    (source("headers: {Host: x}"), 5, "categories.A[1].headers", "`Host` is written by us"),
    (source('headers: {X: "a\\r\\nB: c"}'), 5, "categories.A[1].headers", "cannot carry"),
    (source('headers: {"a b": c}'), 5, "categories.A[1].headers", "not the name of an HTTP header"),
    ("listen: 8000\n", 4, "listen", "such as 127.0.0.1:8000"),
    ("listen: localhost:99999\n", 4, "listen", "such as 127.0.0.1:8000"),
    ("database: mysql://x/y\n", 4, "database", "must be `sqlite:///`"),
    ("database: postgres://x/y\n", 4, "database", "psycopg 3"),
    ("database: 'sqlite:///:memory:'\n", 4, "database", "must name a file"),
    ("site: {url: news.example.org}\n", 4, "site.url", "starts with https://"),
    ("site: {hub: hub.example}\n", 4, "site.hub", "starts with https://"),
    ("site: {hub: 'https://hub.example/'}\n", 4, "site.hub", "needs `site.url`"),
    (
        "site: {hub: 'https://hub.example/', url: 'https://a.example'}\naccess: {token: sixteen-characters}\n",
        4,
        "site.hub",
        "has no key",
    ),
    ("rsshub: {instances: []}\n", 4, "rsshub.instances", "must not be empty"),
    ("site: {<<: {title: x}}\n", 4, 'site."<<"', "merge keys are not read"),
    ("site: nothing\n", 4, "site", "must be a mapping"),
]


@pytest.mark.parametrize(("text", "line", "where", "message"), MISTAKES, ids=[repr(one[0]) for one in MISTAKES])
def test_a_mistake_is_shown_where_it_is(problems: Problems, text: str, line: int, where: str, message: str) -> None:
    found = problems(GOOD + text)
    assert [one.line for one in found] == [line]
    assert found[0].where.startswith(where)
    assert message in found[0].message
    assert found[0].column


def test_c03_a_key_that_is_there_twice_is_an_error_with_both_lines(problems: Problems) -> None:
    (found,) = problems("categories:\n  A:\n    sources:\n      - https://a.example/\n    sources: []\n")
    assert (found.line, found.where) == (5, "categories.A.sources")
    assert "the first is in line 3" in found.message


@pytest.mark.parametrize("written", ["0", "-1", "1e9", "30", "0m", "99999999w", "5 fortnights", "1.5h"])
def test_c11_an_interval_needs_its_unit_and_sense(problems: Problems, written: str) -> None:
    (found,) = problems(f"categories:\n  A:\n    - url: https://a.example/\n      every: {written}\n")
    assert (found.line, found.where) == (4, "categories.A[0].every")


@pytest.mark.parametrize(
    ("key", "meant"),
    [("evry", "every"), ("Name", "name"), ("prioriy", "priority"), ("allow-private", "allow_private"), ("URL", "url")],
)
def test_c07_a_misspelt_key_gets_a_suggestion(problems: Problems, key: str, meant: str) -> None:
    suggestions = [one.suggestion for one in problems(GOOD + source(f"{key}: x")) if one.where.endswith(key)]
    assert suggestions == [meant]


def test_all_problems_come_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    found = problems(
        "site: {titel: x}\n"
        "fetch: {deadline: 30}\n"
        "categories:\n"
        "  A:\n"
        "    - 2026\n"
        "    - {url: https://a.example/f, every: 2h, evry: 1h}\n"
        "    - ftp://a.example/f\n"
        "    - {url: https://b.example/f, name: '${UNSET}'}\n"
        "  a: []\n"
        "  B: [{url: https://a.example/f, every: 3h}]\n"
        "colour: red\n"
    )
    assert [(one.line, one.where) for one in found] == [
        (1, "site.titel"),
        (2, "fetch.deadline"),
        (5, "categories.A[0]"),
        (6, "categories.A[1].evry"),
        (7, "categories.A[2]"),
        (8, "categories.A[3].name"),
        (9, "categories.a"),
        (10, "categories.B[0].every"),
        (11, "colour"),
    ]


def test_a_contradiction_names_both_lines(problems: Problems) -> None:
    text = source("every: 2h") + "  B:\n    - {url: https://b.example/f, every: 3h}\n"
    (found,) = problems(GOOD + text)
    assert (found.line, found.where) == (7, "categories.B[0].every")
    assert "differs from line 5" in found.message


NOTHING = [
    "",
    "# only a comment\n",
    "null\n",
    "~\n",
    "---\n",
    "- a\n- b\n",
    "word\n",
    "categories:\n",
    "categories: {}\n",
]


@pytest.mark.parametrize("text", [*NOTHING, "categories: []\n", "categories: {A: []}\n", "site: {title: x}\n"])
def test_c01_a_file_without_sources_is_refused(problems: Problems, text: str) -> None:
    (found,) = problems(text)
    assert found.line == 1


def test_c01_a_file_that_cannot_be_read_is_a_config_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        assert caught.value.file == path
        assert "cannot be read" in caught.value.problems[0].message


def test_thousands_of_mistakes_are_cut_short(problems: Problems) -> None:
    found = problems("categories:\n  A:\n" + "    - {ulr: x}\n" * 1000)
    assert len(found) == MOST_PROBLEMS + 1
    assert "there is more" in found[-1].message
