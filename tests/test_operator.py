"""A new operator, given only the status page: what it says of each source that fails is done to the letter, and works.

The origin is a script, the page is read as HTML, its commands are run as they stand there, its lines are edited.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser

from aggregator.cli import cli
from aggregator.config.load import load
from aggregator.store.engine import open_engine
from aggregator.web import create_app
from tests.origin import Answer, Asked, Origin
from tests.test_journey import item, rss

FEED = rss("A blog", item("1"))
PAGE = b"<!doctype html><title>A blog</title><link rel=alternate type=application/rss+xml href=/good.xml>Hello"
KEY = "Bearer KEY"


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        for path in ("/good.xml", "/private.xml"):
            origin.feed(path, FEED)
        origin.answer("/gone.xml", Answer(410))
        origin.answer("/page.xml", Answer(200, PAGE, [("Content-Type", "text/html")]))
        origin.feed("/large.xml", rss("A large blog", *(item(str(number), "word " * 999) for number in range(300))))
        origin.script("/closed.xml", lambda asked: Answer(200, FEED) if _has_key(asked) else Answer(403))
        yield origin


def _has_key(asked: Asked) -> bool:
    return asked.header("Authorization") == KEY


class Operator:
    """Somebody with the page of one source, an editor and a terminal."""

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder, self.file, self.origin = folder, folder / "config.yaml", origin
        (folder / "good.xml").write_bytes(FEED)

    def lists(self, source: str) -> None:
        """The file has one source that is well and this one, in line 5."""
        self.file.write_text(f"fetch: {{max_body: 1 MiB}}\ncategories:\n  A:\n    - file: good.xml\n    - {source}\n")
        self.runs("aggregator ingest --once")

    def runs(self, command: str) -> str:
        """What a command says that stands on the page."""
        return CliRunner().invoke(cli, ["--config", str(self.file), *shlex.split(command)[1:]]).output

    def edits(self, was: str, becomes: str, line: int = 5) -> None:
        lines = self.file.read_text().splitlines()
        assert was in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(was, becomes)
        self.file.write_text("\n".join(lines) + "\n")

    def reads(self, path: str = "/status") -> LexborHTMLParser:
        settings = load(self.file, {})
        engine = open_engine(settings.database)
        page = create_app(settings, engine).test_client().get(path).text
        engine.dispose()
        return LexborHTMLParser(page)

    def told(self) -> tuple[str, list[str]]:
        """The advice on the page, and what of it is code."""
        (advice,) = self.reads().css(".source .advice")
        return " ".join(advice.text().split()), [code.text() for code in advice.css("code")]

    def is_well(self) -> bool:
        self.runs("aggregator ingest --once")
        return self.reads().css(".source .advice") == [] and len(self.reads().css(".source.ok")) == 2


@pytest.fixture
def operator(tmp_path: Path, origin: Origin) -> Operator:
    return Operator(tmp_path, origin)


def private(address: str) -> str:
    return f"{{url: {address}, allow_private: true}}"


def test_what_has_ended_goes_with_the_command_that_the_page_names(operator: Operator, origin: Origin) -> None:
    operator.lists(private(origin.url("/gone.xml")))
    _, (_, command) = operator.told()
    assert "Took" in operator.runs(command)
    operator.runs("aggregator ingest --once")
    assert [one.text() for one in operator.reads().css(".source h3")] == ["A blog"]


def test_what_is_in_the_own_network_is_written_as_the_page_writes_it(operator: Operator, origin: Origin) -> None:
    operator.lists(origin.url("/private.xml"))
    advice, (mapping,) = operator.told()
    assert "line 5 of config.yaml" in advice
    operator.edits(origin.url("/private.xml"), mapping)
    assert operator.is_well()


def test_a_key_is_given_where_and_how_the_page_says(operator: Operator, origin: Origin) -> None:
    operator.lists(private(origin.url("/closed.xml")))
    advice, (headers,) = operator.told()
    assert "line 5 of config.yaml" in advice
    operator.edits("allow_private: true", f"allow_private: true, {headers}")
    assert operator.is_well()


def test_a_page_is_replaced_by_the_feed_that_the_command_finds(operator: Operator, origin: Origin) -> None:
    operator.lists(private(origin.url("/page.xml")))
    advice, (command,) = operator.told()
    assert "line 5 of config.yaml" in advice
    (found,) = re.findall(r"http://\S+", operator.runs(command))
    operator.edits(origin.url("/page.xml"), found)
    assert operator.is_well()


def test_what_has_moved_away_is_found_again_and_its_line_mended(operator: Operator, origin: Origin) -> None:
    operator.lists(private(origin.url("/missing.xml")))
    advice, (command, _) = operator.told()
    assert command == "aggregator parse PAGE"
    assert "put it into line 5 of config.yaml" in advice
    operator.edits("/missing.xml", "/good.xml")
    assert operator.is_well()


def test_a_limit_is_raised_under_the_name_that_the_page_gives_it(operator: Operator, origin: Origin) -> None:
    operator.lists(private(origin.url("/large.xml")))
    _, codes = operator.told()
    assert "fetch.max_body" in codes
    operator.edits("max_body: 1 MiB", "max_body: 9 MiB", line=1)
    (command,) = (one.text() for one in operator.reads("/status/source/2").css("code") if "--force" in one.text())
    assert "1 updated" in operator.runs(command)
    assert operator.is_well()


def test_a_file_that_was_not_there_is_tried_with_the_command_of_its_page(operator: Operator, tmp_path: Path) -> None:
    operator.lists("file: late.xml")
    assert "line 5 of config.yaml" in operator.told()[0]
    (tmp_path / "late.xml").write_bytes(FEED)
    (command,) = (one.text() for one in operator.reads("/status/source/2").css("code") if "--force" in one.text())
    assert "1 updated" in operator.runs(command)
    assert operator.is_well()


def test_who_may_wait_is_told_until_when_and_where_a_slip_would_be(operator: Operator, origin: Origin) -> None:
    origin.answer("/down.xml", Answer(500), Answer(200, FEED))
    operator.lists(private(origin.url("/down.xml")))
    advice, _ = operator.told()
    assert "see first whether its address in line 5 of config.yaml is right" in advice
    assert "nothing to do before" in advice
    (command,) = (one.text() for one in operator.reads("/status/source/2").css("code") if "--force" in one.text())
    operator.runs(command)
    assert operator.is_well()
