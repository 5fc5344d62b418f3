"""The documentation is complete: what the program has, the pages name."""

import re
from pathlib import Path

import pytest

from aggregator.cli import cli
from aggregator.config import reference
from aggregator.outcome import Reason, Why
from feeds.clean import STEPS
from feeds.kinds import KINDS
from feeds.render import FORMATS, TREES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_in_operations_with_its_advice(reason: Reason) -> None:
    assert f"| `{reason.value}` | {reason.advice} |" in (ROOT / "docs/operations.md").read_text()


@pytest.mark.parametrize("why", Why)
def test_every_word_for_the_next_fetch_is_in_operations(why: Why) -> None:
    assert f"| `{why.value}` | {why.words} |" in (ROOT / "docs/operations.md").read_text()


@pytest.mark.parametrize("name", cli.commands)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"\| `{name}\b", README)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_in_the_readme(name: str) -> None:
    assert f".{name}" in README


@pytest.mark.parametrize(("column", "name"), [(1, "atom"), (2, "rss"), (3, "json")])
def test_what_docs_say_that_a_format_carries_is_in_the_golden_document(column: int, name: str) -> None:
    rows = re.findall(r"^\| (?!what|---)(.*) \|$", (ROOT / "docs/feeds.md").read_text(), re.MULTILINE)
    cells = [cells[column] for row in rows if len(cells := row.split(" | ")) == 4]
    said = [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]
    document = (ROOT / f"tests/data/render/full.{name}").read_text()
    assert len(said) > 15
    assert [word for word in said if not re.search(rf'[<" ]{re.escape(word)}', document)] == []


@pytest.mark.parametrize("name", TREES)
def test_every_generator_of_sites_is_described_with_its_folder(name: str) -> None:
    page = (ROOT / "docs/posts.md").read_text()
    assert f"## {name.title()}\n" in page
    assert re.search(rf"export {name} +\S*{TREES[name].folder}", page)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_in_the_configuration_reference(name: str) -> None:
    assert f"| `{KINDS[name].key}` |" in (ROOT / "docs/configuration.md").read_text()


def test_every_step_has_a_file_of_its_name() -> None:
    for step in STEPS:
        assert (ROOT / f"feeds/clean/{step.name}.py").exists()


def test_the_configuration_reference_is_what_the_models_say() -> None:
    assert (ROOT / "docs/configuration.md").read_text() == reference.page()
    assert (ROOT / "docs/configuration.schema.json").read_text() == reference.schema()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_case_of_loss_has_a_test_that_there_is() -> None:
    page = (ROOT / "docs/no-loss.md").read_text()
    tests = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_q[0-9]{2}\w+)`", page)
    assert [name for name in named if f"def {name}(" not in tests] == []
    assert {case for name in named for case in re.findall(r"q[0-9]{2}", name)} == {f"q{n:02}" for n in range(1, 32)}


def test_every_public_function_and_class_says_what_it_is_for() -> None:
    import ast

    silent = []
    for package in ("feeds", "aggregator"):
        for file in (ROOT / package).rglob("*.py"):
            tree = ast.parse(file.read_text())
            nodes = [
                tree,
                *(
                    node
                    for node in tree.body
                    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                ),
            ]
            for node in nodes:
                name = getattr(node, "name", "the file itself")
                if not name.startswith("_") and "migrations/versions" not in str(file) and not ast.get_docstring(node):
                    silent.append(f"{file.relative_to(ROOT)}: {name}")
    assert silent == []
