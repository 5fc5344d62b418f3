"""`aggregator check --online`: what is to be done about each source."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from aggregator.outcome import Reason
from aggregator.service.checking import Finding, duplicates, judge
from aggregator.store.soundness import Newest, Soundness
from tests.builders import source_settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
A = "https://a.example/feed"
WELL = Soundness(
    address=A,
    reason=None,
    detail=None,
    failing_since_at=None,
    last_fetch_at=NOW,
    last_success_at=NOW,
    leads_to=None,
    digest=None,
    newest=NOW - DAY,
    held=False,
    entries=Newest(total=10),
)
FAILING = replace(WELL, reason=Reason.DNS, detail="no such host", failing_since_at=NOW - 2 * DAY)


def judged(known: Soundness, grace: timedelta = timedelta(0)) -> list[tuple[str, bool]]:
    return [(one.what, one.problem) for one in judge(known, source_settings(A, line=7), NOW, grace)]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (WELL, []),
        (FAILING, [("failing", True)]),
        (replace(FAILING, reason=Reason.GONE), [("gone", True)]),
        (replace(WELL, leads_to="https://b.example/feed"), [("moved", True)]),
        (replace(WELL, entries=Newest(), newest=None), [("empty", True)]),
        (replace(WELL, newest=NOW - 400 * DAY), [("stale", False)]),
        (replace(WELL, entries=Newest(total=10, undated=6)), [("undated", False)]),
        (replace(WELL, entries=Newest(total=10, undated=5)), []),
        (replace(WELL, entries=Newest(total=10, unidentified=2)), [("guids", False)]),
        (replace(WELL, last_fetch_at=None, held=True), [("unchecked", False)]),
    ],
    ids=lambda value: None,
)
def test_each_thing_that_can_be_said_of_a_source(known: Soundness, expected: list[tuple[str, bool]]) -> None:
    assert judged(known) == expected


@pytest.mark.parametrize(("days", "problem"), [(3, False), (2, True), (1, True)])
def test_what_fails_for_less_long_than_the_grace_is_told_and_is_no_problem(days: int, problem: bool) -> None:
    assert judged(FAILING, grace=days * DAY) == [("failing", problem)]


def told(*known: Soundness) -> list[Finding]:
    listed = {one.address: source_settings(one.address, line=line) for line, one in enumerate(known, 3)}
    return list(duplicates(known, listed))


def with_keys(address: str, *keys: int) -> Soundness:
    return replace(WELL, address=address, entries=Newest(total=len(keys), keys=frozenset(keys)))


def test_a_feed_under_two_addresses_is_told_once_at_the_later_line() -> None:
    (found,) = told(with_keys(A, 1, 2, 3, 4, 5), with_keys("https://b.example/feed", 1, 2, 3, 4, 5))
    assert (found.what, found.line) == ("duplicate", 4)
    assert f"{A} in line 3" in found.message


def test_the_same_bytes_are_the_same_feed() -> None:
    assert told(replace(WELL, digest=b"x"), replace(WELL, address="https://b.example/", digest=b"x"))


def test_a_planet_is_no_duplicate_of_the_blogs_in_it() -> None:
    assert told(with_keys(A, 1, 2, 3), with_keys("https://planet.example/", *range(1, 20))) == []


def test_two_entries_are_too_few_to_tell() -> None:
    assert told(with_keys(A, 1, 2), with_keys("https://b.example/feed", 1, 2)) == []


def rss(*items: str) -> str:
    listed = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>T</title>{listed}</channel></rss>'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    dated = "<pubDate>Sun, 01 Nov 2026 00:00:00 GMT</pubDate>"
    good = rss(
        *(f"<guid>{n}</guid><title>Entry {n}</title><link>https://a.example/{n}</link>{dated}" for n in range(5))
    )
    (tmp_path / "a.xml").write_text(good)
    (tmp_path / "copy.xml").write_text(good)
    (tmp_path / "empty.xml").write_text(rss())
    (tmp_path / "odd.xml").write_text(rss("<guid>1</guid><title>x</title>", "<guid>1</guid><title>y</title>"))
    file = tmp_path / "config.yaml"
    names = ("a", "copy", "missing", "empty", "odd")
    file.write_text("categories:\n  Tech:\n" + "".join(f"    - file:{name}.xml\n" for name in names))
    return file


def call(config: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["--config", str(config), "check", "--online", *arguments])
    assert result.exit_code == code, result.output
    return result


def found(config: Path, *arguments: str, code: int) -> dict[tuple[int, str], dict[str, Any]]:
    said = json.loads(call(config, "--json", *arguments, code=code).stdout)
    return {(one["line"], one["what"]): one for one in said["findings"]}


def test_every_source_is_asked_and_told_with_its_line(config: Path) -> None:
    assert {key: one["problem"] for key, one in found(config, code=1).items()} == {
        (4, "duplicate"): True,
        (5, "failing"): True,
        (6, "empty"): True,
        (7, "guids"): False,
        (7, "undated"): False,
    }


def test_nothing_is_asked_again_within_the_floor(config: Path) -> None:
    assert "5 asked now" in call(config, code=1).output
    assert "0 asked now" in call(config, code=1).output


def test_a_new_failure_is_within_the_grace(config: Path) -> None:
    assert found(config, "--grace", "3d", code=1)[5, "failing"]["problem"] is False


def test_a_file_without_problems_ends_with_zero(config: Path) -> None:
    config.write_text("categories:\n  Tech:\n    - file:a.xml\n")
    assert "0 problems, 0 notes" in call(config).output


def test_a_source_that_moved_is_told_with_its_new_address(config: Path) -> None:
    config.write_text("categories:\n  Tech:\n    - file:a.xml\n")
    call(config)
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        connection.execute("UPDATE sources SET moved_to = 'https://new.example/'")
    connection.close()
    assert "https://new.example/; edit this line" in found(config, code=1)[3, "moved"]["message"]


def test_a_source_that_is_gone_is_not_asked_again(config: Path) -> None:
    config.write_text("categories:\n  Tech:\n    - file:a.xml\n")
    call(config)
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        long_ago = "2020-01-01 00:00:00.000000"
        connection.execute(
            "UPDATE sources SET reason = 'gone', last_fetch_at = ?, failing_since_at = ?", (long_ago, long_ago)
        )
    connection.close()
    said = call(config, code=1).output
    assert "0 asked now" in said
    assert "gone" in said


def test_a_grace_without_a_unit_is_refused(config: Path) -> None:
    assert "--grace" in call(config, "--grace", "3", code=2).output
