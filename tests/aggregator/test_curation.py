"""Asking why, taking apart, matching again, letting floods go: the commands over a real database of either kind."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import OperationalError

from aggregator import curation
from aggregator.cli import cli
from aggregator.store.engine import open_engine, writing
from tests.postgres import on_both as on_both

TEXT = " ".join(f"word{number}" for number in range(80))
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>{0}</title><link>https://{0}.example/</link>
<description>d</description><item><title>The bridge is closed for repairs until May</title><guid>{0}-1</guid>
<link>https://{0}.example/bridge</link><description>{1}</description></item></channel></rss>"""


@pytest.fixture
def config(tmp_path: Path, database: str) -> Path:
    for name in "ab":
        (tmp_path / f"{name}.xml").write_text(RSS.format(name, TEXT))
    file = tmp_path / "config.yaml"
    file.write_text(f"database: {database}\n")
    write(file, "categories:\n  Tech/Python: [{file: a.xml}]\n  News: [{file: b.xml}]\n")
    call(file, "ingest", "--once")
    return file


def write(config: Path, sections: str) -> None:
    """Let config.yaml have these sections, and the database that it has."""
    database, *_ = config.read_text().splitlines()
    config.write_text(f"{database}\n{sections}")


def call(config: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["--config", str(config), *arguments])
    assert result.exit_code == code, result.output
    return result


def exported(config: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in call(config, "export", "jsonl").output.splitlines()]


def test_export_jsonl_gives_one_story_a_line_with_its_sightings(config: Path) -> None:
    (story,) = exported(config)
    assert list(story) == ["id", "title", "url", "published", "updated", "categories", "sightings"]
    assert story["categories"] == ["News", "Tech", "Tech/Python"]
    first, second = story["sightings"]  # type: ignore[misc]
    assert list(first) == ["source", "guid", "url", "title", "reason", "lead"]
    assert (first["reason"], first["lead"], second["reason"], second["lead"]) == ("founder", True, "title", False)


def test_export_jsonl_to_a_file(config: Path) -> None:
    call(config, "export", "jsonl", str(config.parent / "out.jsonl"))
    assert len((config.parent / "out.jsonl").read_text().splitlines()) == 1


def test_explain_tells_the_reason_of_every_merge(config: Path) -> None:
    (story,) = exported(config)
    said = call(config, "explain", str(story["id"])).output
    assert "was the first to carry it" in said
    assert "has the same title, at about the same time as 1" in said
    data = json.loads(call(config, "explain", str(story["id"]).rpartition(":")[2], "--json").output)
    assert [one["like"] for one in data["sightings"]] == [None, 1]


@pytest.mark.parametrize("story", ["nonsense", "urn:uuid:00000000-0000-0000-0000-000000000000"])
def test_explain_of_what_is_no_story(config: Path, story: str) -> None:
    assert "story" in call(config, "explain", story, code=2).output


def test_split_is_for_good(config: Path) -> None:
    (story,) = exported(config)
    assert "is now in urn:uuid:" in call(config, "split", str(story["id"]), "2").output
    assert "0 moved." in call(config, "dedup", "--since", "30d").output
    assert len(exported(config)) == 2
    assert "cannot be taken out" in call(config, "split", str(story["id"]), "2", code=2).output


def test_dedup_says_what_would_change_and_changes_it(config: Path) -> None:
    config.write_text(config.read_text().replace("{file: b.xml}", "{file: b.xml, dedup: off}"))
    assert call(config, "dedup", "--dry-run").output.endswith("1 would move.\n")  # whichever of the two came second
    (config.parent / "c.xml").write_text(RSS.format("c", TEXT))
    write(config, "dedup: {enabled: false}\ncategories:\n  News: [{file: b.xml}, {file: c.xml}]\n")
    call(config, "ingest", "--once")
    assert len(exported(config)) == 2
    write(config, "categories:\n  News: [{file: b.xml}, {file: c.xml}]\n")
    assert call(config, "dedup", "--dry-run").output.endswith("1 would move.\n")
    (move,) = json.loads(call(config, "dedup", "--json").output)
    assert (move["reason"], len(exported(config))) == ("title", 1)


def test_dedup_wants_a_duration(config: Path) -> None:
    assert "--since" in call(config, "dedup", "--since", "tomorrow", code=2).output


@pytest.mark.parametrize(("command", "stories"), [("release", 1), ("discard", 1)])
def test_a_flood_is_listed_and_ended(config: Path, database: str, command: str, stories: int) -> None:
    engine = open_engine(database)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO floods (source_id, held_at, items, old, undated, repeated, reason) "
            "VALUES (1, '2026-03-01 12:00:00.000000', 9, 9, 0, 0, 'why')"
        )
        connection.exec_driver_sql(
            "UPDATE sightings SET flood_id = 1, pending = 0, story_id = NULL WHERE reason = 'title'"
        )
    engine.dispose()
    assert "flood 1: 1 item of" in call(config, "status", code=1).output
    assert "1 items" in call(config, command, "1").output
    assert "no flood 1 is held" in call(config, command, "1", code=2).output
    call(config, "ingest", "--once")
    assert len(exported(config)) == stories


@pytest.mark.parametrize("command", [("split", "urn:uuid:00000000-0000-0000-0000-000000000000", "1"), ("release", "1")])
def test_a_database_that_is_away_is_said_in_a_sentence(
    config: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(curation, command[0], fail)
    assert "aggregator: the database failed: database is locked" in call(config, *command, code=2).output
