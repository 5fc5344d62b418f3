"""Documents that are hostile, or merely strange."""

import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import document
from aggregator.config.load import load
from aggregator.errors import ConfigError

from .conftest import Problems, Read

GOOD = "categories:\n  A:\n    - https://a.example/f\n"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 20)
)


both_parsers = pytest.mark.parametrize("parser", [yaml.CSafeLoader, yaml.SafeLoader], ids=["libyaml", "python"])


@both_parsers
@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (BOMB, 6, "aliases"),
        ("categories: &a [*a]\n", 1, "inside of what it refers to"),
        ("categories: *a\n", 1, "there is no `&a`"),
        ("categories: " + "[" * 5000 + "]" * 5000, 1, "levels deep"),
        ("categories: " + "{a: " * 5000, 1, "levels deep"),
        ("categories:\n " + "- " * 5000, 2, "levels deep"),
        ("".join(f"{' ' * depth}k:\n" for depth in range(5000)), 17, "levels deep"),
        (GOOD + f"fetch: {{concurrency: {'9' * 5000}}}\n", 4, "a whole number"),
        (GOOD + "".join(f"  k{number}: v\n" for number in range(60_000)), 5003, "keys in one mapping"),
        (GOOD + "k: v\n" * 60_000, 5003, "keys in one mapping"),
        (GOOD + "? [a]\n: b\n", 4, "a key must be text"),
    ],
    ids=["bomb", "recursion", "nothing", "brackets", "braces", "dashes", "blocks", "digits", "keys", "same", "complex"],
)
def test_c04_what_costs_too_much_is_refused_with_its_line(
    problems: Problems, monkeypatch: pytest.MonkeyPatch, parser: object, text: str, line: int, message: str
) -> None:
    monkeypatch.setattr(document, "PARSER", parser)
    (found,) = problems(text)
    assert found.line == line
    assert message in found.message


@pytest.mark.parametrize(
    "value",
    ["!!python/object/apply:os.system [id]", "!!python/name:os.system ''", "!!binary aGk=", "!local x", "!!int 1"],
)
def test_c05_tags_are_refused(problems: Problems, value: str) -> None:
    (found,) = problems(GOOD + f"site: {{title: {value}}}\n")
    assert found.line == 4
    assert "tag" in found.message


def test_a_value_may_be_tagged_as_text(read: Read) -> None:
    assert read(GOOD + "site: {title: !!str 012}\n").site.title == "012"


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.encode("utf-16"),
        ("\ufeff" + GOOD).encode("utf-16-be"),
        b"---\n" + GOOD.encode(),
        b"%YAML 1.1\n---\n" + GOOD.encode() + b"...\n",
    ],
    ids=["BOM", "CRLF", "CR", "UTF-16", "UTF-16 BE", "dashes", "directive"],
)
def test_c12_what_editors_write_is_read(read: Read, body: bytes) -> None:
    assert [source.address for source in read(body).sources] == ["https://a.example/f"]


@both_parsers
@pytest.mark.parametrize(
    ("body", "line", "column", "message"),
    [
        (GOOD.encode("utf-16-le"), 1, 2, "UTF-16"),
        (GOOD.encode() + b"x: \xe9\n", 4, 4, "not UTF-8"),
        (GOOD.encode() + b"x: a\0b\n", 4, 5, "U+0000"),
        (GOOD.encode() + b"---\n" + GOOD.encode(), 4, 1, "a second document"),
        (b"categories:\n\tA: []\n", 2, 1, "a tab"),
        (b"categories:\n  A: [1, 2\nb: c\n", 3, 2, "not YAML"),
        (b"categories:\n  A: x: y\n", 2, 7, "not YAML"),
        (GOOD.encode() + b'site: {title: "\\ud800"}\n', 4, None, "half a character"),
    ],
    ids=["UTF-16", "Latin-1", "NUL", "two", "tab", "flow", "colon", "surrogate"],
)
def test_c12_what_cannot_be_read_is_said_exactly(
    problems: Problems,
    monkeypatch: pytest.MonkeyPatch,
    parser: object,
    body: bytes,
    line: int,
    column: int | None,
    message: str,
) -> None:
    monkeypatch.setattr(document, "PARSER", parser)
    (found,) = problems(body)
    assert (found.line, found.column) == (line, column or found.column)
    assert message in found.message


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any") / "config.yaml"


PIECES = st.sampled_from(
    [
        *(
            *"[]{}:,-#&*!|>'\"%@`?~ \n",
            "\n  ",
            "\n    - ",
            "categories:",
            "A: ",
            "url: ",
            "https://a.example/f",
            "every: ",
        ),
        *(
            "2h",
            "&a ",
            "*a",
            "<<: ",
            "${X}",
            "site: ",
            "fetch: {",
            "floor: ",
            "1m",
            "keep: [",
            "012",
            "!!str ",
            "\ufeff",
        ),
    ]
)


@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=40))
def test_any_text_is_settings_or_a_config_error(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", errors="replace")
    with contextlib.suppress(ConfigError):
        assert load(file, {"X": "x"}).sources
