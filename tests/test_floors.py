"""The law of the house, read off the imports: who may use whom.

A file imports only from floors below its own (within its room from anything), `feeds` knows nothing of
`aggregator`, the writing and the reading wing never meet, and only `fetch` speaks to the network.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# room → floor. Rooms on one floor do not import each other, but for the ground: outcome stands on feeds and
# reason, errors on outcome.
FLOORS = {
    "feeds": 0.0,
    "aggregator": 0.0,
    "aggregator.reason": 0.9,
    "aggregator.outcome": 1.0,
    "aggregator.errors": 1.1,
    "aggregator.standing": 1.1,
    "aggregator.logs": 1.1,
    "aggregator.config": 2.0,
    "aggregator.store": 2.0,
    "aggregator.fetch": 3.0,
    "aggregator.dedup": 3.0,
    "aggregator.publish": 3.0,
    "aggregator.ingest": 4.0,
    "aggregator.websub": 4.0,
    "aggregator.jobs": 5.0,
    "aggregator.web": 5.0,
    "aggregator.curation": 6.0,
    "aggregator.service": 6.0,
    "aggregator.cli": 7.0,
    "aggregator.__main__": 8.0,
}
NETWORK = {
    "aiohttp",
    "socket",
    "ssl",
    "http.client",
    "urllib.request",
    "urllib3",
    "requests",
    "httpx",
    "ftplib",
    "smtplib",
}
DOCUMENTS = {"feedparser", "feedgen", "lxml", "xml"}
WORLD = {"sqlalchemy", "alembic", "flask", "aiohttp", "apscheduler", "asyncio", "sqlite3", "os", "pathlib", "tempfile"}


def modules() -> dict[str, Path]:
    files = [file for package in ("feeds", "aggregator") for file in sorted((ROOT / package).rglob("*.py"))]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


MODULES = modules()


def imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports in full"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else str(node.module)


def ours(module: str) -> set[str]:
    return {name for name in imports(module) if name.split(".")[0] in ("feeds", "aggregator")}


def room(module: str) -> str:
    return ".".join(module.split(".")[:2]) if module.startswith("aggregator.") else module.split(".")[0]


@pytest.mark.parametrize("module", MODULES)
def test_a_file_imports_only_from_floors_below_its_own(module: str) -> None:
    for other in ours(module) - {module}:
        if room(other) != room(module):
            assert FLOORS[room(other)] < FLOORS[room(module)], f"{module} must not import {other}"


def test_every_room_is_on_a_floor() -> None:
    assert {room(module) for module in MODULES} <= set(FLOORS)


def test_there_are_no_import_cycles() -> None:
    packages = {name for name, file in MODULES.items() if file.name == "__init__.py"}
    graph = {name: {other for other in ours(name) if other != name and other not in packages} for name in MODULES}
    assert len(tuple(TopologicalSorter(graph).static_order())) >= len(MODULES)


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) == "feeds"])
def test_feeds_knows_documents_and_nothing_of_the_world(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & (WORLD | NETWORK | {"aggregator"})


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "feeds"])
def test_no_xml_crosses_the_border(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & DOCUMENTS


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) != "aggregator.fetch"])
def test_s10_only_fetch_speaks_to_the_network(module: str) -> None:
    assert not set(imports(module)) & NETWORK


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in ("aggregator.web", "aggregator.publish")])
def test_the_reading_wing_has_no_coroutines(module: str) -> None:
    assert not any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(MODULES[module].read_text())))


def test_the_process_that_reads_documents_has_feeds_alone() -> None:
    code = "import sys, aggregator.ingest.child; print(*sorted({m for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert {name for name in loaded if name.startswith("aggregator")} == {
        "aggregator", "aggregator.ingest", "aggregator.ingest.child", "aggregator.ingest.sandbox",
    }  # fmt: skip
    assert not {"sqlalchemy", "aiohttp", "flask", "apscheduler", "pydantic"} & set(loaded)


def test_who_polls_once_waits_for_nothing_that_only_others_need() -> None:
    code = (
        "import sys, aggregator.ingest.lists, aggregator.service.setup, aggregator.service.polling; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    unneeded = {"alembic", "apscheduler", "feedparser", "numpy", "rich", "sqlalchemy.dialects.postgresql", "watchfiles"}
    assert not unneeded & set(loaded)
