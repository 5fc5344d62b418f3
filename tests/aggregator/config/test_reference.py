"""The documentation, the schema, the sample and the examples keep up with the models."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

from aggregator.config.load import load
from aggregator.config.reference import PAGE, SCHEMA, options, page, schema
from aggregator.config.shapes import CategoryOptions, ConfigFile, Defaults, IncludeOptions, SourceOptions
from aggregator.config.sources import KIND_OPTIONS
from feeds.kinds import KINDS
from feeds.model import Feed
from feeds.parse import read as read_feed

from .test_load import ALL_THE_SHAPES

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "config.yaml"
AGAIN = "run `python -m aggregator.config.reference docs`"


def test_the_documentation_is_current() -> None:
    assert (ROOT / "docs" / PAGE).read_text(encoding="utf-8") == page(), AGAIN


def test_the_schema_is_current() -> None:
    assert (ROOT / "docs" / SCHEMA).read_text(encoding="utf-8") == schema(), AGAIN


@pytest.mark.parametrize("text", [SAMPLE.read_text(encoding="utf-8"), ALL_THE_SHAPES], ids=["sample", "shapes"])
def test_the_schema_accepts_what_we_accept(text: str) -> None:
    jsonschema.validate(YAML(typ="safe", pure=True).load(text), json.loads(schema()))


@pytest.mark.parametrize(
    "text", ["categories: {A: 1}", "categories: {A: [{ulr: x}]}", "fetch: {}", "categories: {A: []}\nx: 1"]
)
def test_the_schema_refuses_what_we_refuse(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(YAML(typ="safe", pure=True).load(text), json.loads(schema()))


def test_the_sample_explains_every_option() -> None:
    sections = [one.annotation for one in ConfigFile.model_fields.values() if hasattr(one.annotation, "model_fields")]
    names = {
        name
        for model in (ConfigFile, CategoryOptions, IncludeOptions, SourceOptions, Defaults, *sections)
        for name in options(model)
    }
    text = SAMPLE.read_text(encoding="utf-8")
    names -= KIND_OPTIONS - {"item", "items", "match"}  # those of one kind are in the reference; the sample shows some
    assert sorted(name for name in names if not re.search(rf"\b{name}:", text)) == []


def test_every_option_has_a_description() -> None:
    sections = [one.annotation for one in ConfigFile.model_fields.values() if hasattr(one.annotation, "model_fields")]
    described = [
        field
        for model in (CategoryOptions, IncludeOptions, SourceOptions, *sections)
        for field in options(model).values()
    ]
    assert all(field.description and field.description.endswith(".") for field in described)


def test_the_commented_lines_of_the_sample_show_the_defaults(tmp_path: Path) -> None:
    """Uncommented, they change nothing: whoever starts from one of them starts from what is."""
    text = SAMPLE.read_text(encoding="utf-8")
    tail = text[text.index("# rsshub:") :]
    file = tmp_path / "config.yaml"
    file.write_text(text.replace(tail, re.sub(r"(?m)^# ", "", tail)), encoding="utf-8")
    uncommented, sample = load(file, {}), load(SAMPLE, {})
    for section in ("rsshub", "dedup", "fetch", "retention", "publish"):
        assert getattr(uncommented, section) == getattr(sample, section)
        assert f"\n# {section}:" in text


def test_the_sample_reads_three_files_and_a_dozen_public_feeds() -> None:
    settings = load(SAMPLE, {})
    assert settings.warnings == ()
    files = [source for source in settings.sources if source.kind == "file"]
    assert len(files) == 3
    public = [source for source in settings.sources if source.kind == "feed"]
    assert len(public) == 12
    assert all(source.address.startswith("https://") for source in public)
    assert {slug for source in public for slug in source.categories} == {
        "technology",
        "technology/python",
        "新媒体/zaker/科技",
        "أخبار",
    }


@pytest.mark.parametrize(("name", "entries"), [("aggregator-news", 5), ("planet-example", 4), ("zaker-tech", 4)])
def test_the_examples_are_read_without_a_problem(name: str, entries: int) -> None:
    feed = read_feed((ROOT / "examples" / f"{name}.xml").read_bytes())
    assert len(feed.entries) == entries
    assert feed.problems == ()
    assert all(entry.published and entry.title and entry.url and entry.html for entry in feed.entries)


def example(kind: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", KINDS[kind].more, re.DOTALL)
    assert found
    return found[1]


def documented(kind: str, tmp_path: Path, body: str) -> Feed:
    (tmp_path / "config.yaml").write_text(
        f"categories:\n  A:\n{indent(example(kind, 'yaml'), '    ')}", encoding="utf-8"
    )
    (source,) = load(tmp_path / "config.yaml", {}).sources
    reading = KINDS[kind].read(
        body.encode(), content_type=None, url="https://example.org/news", options=source.options, memory=b"", context=""
    )
    assert reading.feed.problems == ()
    return reading.feed


def test_the_example_of_a_page_reads_the_page_beside_it(tmp_path: Path) -> None:
    one, two = documented("page", tmp_path, example("page", "html")).entries
    assert (one.title, one.url) == ("A new library", "https://example.org/2026/library")
    assert (one.html, two.published) == ("<p>It opens today.</p>", datetime(2026, 11, 19, tzinfo=UTC))


def test_the_example_of_json_reads_the_data_beside_it(tmp_path: Path) -> None:
    found = re.search(r"So for `(\{.*?\})`:", KINDS["json"].more, re.DOTALL)
    assert found
    (one,) = documented("json", tmp_path, found[1]).entries
    assert (one.guid, one.title, one.url) == ("7", "A new library", "https://example.org/p/7")
    assert one.image == "https://example.org/7.jpg"
