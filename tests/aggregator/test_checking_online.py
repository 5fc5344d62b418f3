"""`check --online` against a real server that redirects, is gone, fails, is empty, stale, undated, twice there."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aggregator.cli import cli
from tests.origin import Answer, Origin

RECENT, OLD = "Sun, 01 Nov 2026 00:00:00 GMT", "Sat, 01 Nov 2014 00:00:00 GMT"
PATHS = ("good", "old", "over", "broken", "gone-away", "empty", "stale", "undated", "copy", "guids")


def feed(name: str, date: str | None = RECENT, *, guid: str = "", count: int = 5) -> bytes:
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    items = "".join(
        f"<item><guid>{guid or f'{name}{n}'}</guid><title>{name} {n}</title>"
        f"<link>https://news.example/{name}/{n}</link>{dated}</item>"
        for n in range(count)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        origin.feed("/good", feed("good"), etag='"1"')
        origin.redirect("/old", "/between", 301)
        origin.redirect("/between", "/new", 308)
        origin.feed("/new", feed("new"))
        origin.answer("/over", Answer(410))
        origin.answer("/broken", Answer(500))
        origin.feed("/empty", feed("empty", count=0))
        origin.feed("/stale", feed("stale", OLD))
        origin.feed("/undated", feed("undated", None))
        origin.feed("/copy", feed("good"))
        origin.feed("/guids", feed("guids", guid="1"))
        yield origin


@pytest.fixture
def config(origin: Origin, tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    lines = (f"    - {{url: '{origin.url(f'/{path}')}', allow_private: true}}\n" for path in PATHS)
    file.write_text("fetch: {per_host: 4}\ncategories:\n  Tech:\n" + "".join(lines))
    return file


def check(config: Path, *arguments: str, code: int = 1) -> dict[str, Any]:
    result = CliRunner().invoke(cli, ["--config", str(config), "check", "--online", "--json", *arguments])
    assert result.exit_code == code, result.output
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def told(said: dict[str, Any]) -> dict[tuple[str, str], bool]:
    """(path of the address, what) → whether it is a problem."""
    return {(one["address"].rpartition("/")[2], one["what"]): one["problem"] for one in said["findings"]}


def test_everything_that_can_be_wrong_is_told_of_the_source_that_has_it(config: Path) -> None:
    said = check(config)
    assert (said["ok"], said["sources"], said["asked"]) == (False, len(PATHS), len(PATHS))
    assert told(said) == {
        ("old", "moved"): True,
        ("over", "gone"): True,
        ("broken", "failing"): True,
        ("gone-away", "failing"): True,
        ("empty", "empty"): True,
        ("stale", "stale"): False,
        ("undated", "undated"): False,
        ("copy", "duplicate"): True,
        ("guids", "guids"): False,
    }


def test_what_moved_is_told_with_the_end_of_the_chain_and_the_line_to_edit(config: Path, origin: Origin) -> None:
    (moved,) = [one for one in check(config)["findings"] if one["what"] == "moved"]
    assert (moved["line"], moved["message"]) == (5, f"for good to {origin.url('/new')}; edit this line")


def test_it_asks_each_once_and_politely(config: Path, origin: Origin) -> None:
    check(config)
    check(config)
    asked = [one.path for one in origin.requests]
    assert sorted(asked) == sorted([*(f"/{path}" for path in PATHS), "/between", "/new"])
    assert all("feed-aggregator" in str(one.header("User-Agent")) for one in origin.requests)


def test_a_failure_is_a_problem_once_the_grace_is_over(config: Path, origin: Origin) -> None:
    config.write_text(f"categories:\n  Tech:\n    - {{url: '{origin.url('/broken')}', allow_private: true}}\n")
    assert told(check(config, "--grace", "1d", code=0)) == {("broken", "failing"): False}
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        connection.execute("UPDATE sources SET failing_since_at = '2026-01-01 00:00:00.000000'")
    connection.close()
    assert told(check(config, "--grace", "1d")) == {("broken", "failing"): True}


def test_sources_that_are_well_end_with_zero(config: Path, origin: Origin) -> None:
    config.write_text(f"categories:\n  Tech:\n    - {{url: '{origin.url('/good')}', allow_private: true}}\n")
    said = check(config, code=0)
    assert (said["ok"], said["findings"]) == (True, [])
