"""`aggregator plan`: what the file would change."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli

TEXT = "categories:\n  Tech:\n    - file:a.xml\n    - file:b.xml\n    - file:c.xml\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(TEXT)
    return file


def call(config: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["--config", str(config), *arguments])
    assert result.exit_code == code, result.output
    return result


def planned(config: Path, code: int) -> dict[str, Any]:
    return json.loads(call(config, "plan", "--json", code=code).stdout)  # type: ignore[no-any-return]


def test_before_the_first_run_everything_is_added_and_nothing_is_written(config: Path) -> None:
    assert [one["line"] for one in planned(config, 1)["added"]] == [3, 4, 5]
    assert not (config.parent / "var").exists()


def test_file_and_database_agree_after_a_run(config: Path) -> None:
    call(config, "ingest", "--once")
    assert "agree" in call(config, "plan").output


def test_it_says_what_is_added_changed_and_orphaned(config: Path) -> None:
    call(config, "ingest", "--once")
    config.write_text(
        TEXT.replace("file:a.xml", "file:d.xml").replace("- file:b.xml", "- file: b.xml\n      drop: [title = x]")
        + "  Other:\n    - file:c.xml\n"
    )
    said = call(config, "plan", code=1).output
    assert "+ file:d.xml  (line 3)" in said
    assert "~ file:b.xml  (line 4): is read in another way" in said
    assert "~ file:c.xml  (line 6): joins other" in said
    assert "- file:a.xml\n" in said
    assert "1 added, 2 changed, 1 orphaned" in said


def test_c02_no_command_that_only_looks_takes_most_sources_away(config: Path) -> None:
    call(config, "ingest", "--once")
    config.write_text(TEXT.replace("    - file:b.xml\n    - file:c.xml\n", ""))
    call(config, "status", code=1)
    assert planned(config, 1)["held"] is True
    assert "waits" in call(config, "plan", code=1).output


def test_c02_accepted_removals_are_in_force(config: Path) -> None:
    call(config, "ingest", "--once")
    config.write_text(TEXT.replace("    - file:b.xml\n    - file:c.xml\n", ""))
    assert "2 orphaned" in call(config, "plan", "--accept-removals").output
    assert "agree" in call(config, "plan").output


def test_it_says_which_sources_are_asked_for_otherwise(config: Path) -> None:
    call(config, "ingest", "--once")
    config.write_text(TEXT.replace("- file:b.xml", "- file: b.xml\n      allow_private: true"))
    assert (
        "~ file:b.xml  (line 4): is asked for in another way: at once, if it fails"
        in call(config, "plan", code=1).output
    )
