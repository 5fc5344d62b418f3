"""`add`, `remove`, `import`: config.yaml edited for people who do not want to."""

import json
import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from aggregator.fetch.client import Response
from aggregator.service import documents
from tests.fakes import answer, rss

TEXT = "# mine\ncategories:\n  Tech:\n    - file:a.xml   # the first\n\n# the end"
PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body>A page</body></html>'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / f"{name}.xml").write_bytes(rss("1", "2"))
    file = tmp_path / "config.yaml"
    file.write_text(TEXT)
    return file


def call(config: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["--config", str(config), *arguments])
    assert result.exit_code == code, result.output
    return result


def test_add_reads_the_source_and_writes_its_line(config: Path) -> None:
    said = call(config, "add", "file:b.xml", "--category", "Tech").output
    assert said == f"{config}:5  added file:b.xml to Tech (A blog, 2 entries).\n"
    assert config.read_text() == TEXT.replace("first\n", "first\n    - file:b.xml\n")


def test_add_and_remove_leave_every_byte(config: Path) -> None:
    call(config, "add", "file:b.xml", "--category", "Entirely/New")
    assert json.loads(call(config, "check", "--json").output)["ok"]
    assert "out of line 6; its stories stay" in call(config, "remove", "file:b.xml").output
    assert config.read_text() == TEXT


def test_add_makes_the_file_where_there_is_none(tmp_path: Path, config: Path) -> None:
    config.unlink()
    call(config, "add", "file:b.xml", "--category", "Tech")
    assert config.read_text() == "categories:\n  Tech:\n    - file:b.xml\n"


def test_add_finds_the_feed_of_a_page(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(source: object, settings: object) -> Response:
        url = str(source.address)  # type: ignore[attr-defined]
        return answer(rss("1"), url) if url.endswith("/feed") else answer(PAGE, url)

    monkeypatch.setattr(documents, "_fetch", fetch)
    said = call(config, "add", "https://blog.example/", "--category", "Tech").output
    assert "added https://blog.example/feed to Tech (A blog, 1 entry)" in said


@pytest.mark.parametrize("address", ["file:missing.xml", "file:config.yaml"])
def test_what_cannot_be_read_is_not_written(config: Path, address: str) -> None:
    said = call(config, "add", address, "--category", "Tech", code=2).output
    assert "nothing was written" in said
    assert config.read_text() == TEXT


@pytest.mark.parametrize(
    ("address", "said"), [("a.example", "write `https://a.example`"), ("ftp://a/", "`ftp:` is not")]
)
def test_what_is_no_address_is_refused_with_what_to_write(config: Path, address: str, said: str) -> None:
    assert said in call(config, "add", address, "--category", "Tech", code=2).output


def test_unchecked_writes_what_cannot_be_read_now(config: Path) -> None:
    call(config, "add", "https://down.example/feed", "--category", "Tech", "--unchecked")
    assert "    - https://down.example/feed\n" in config.read_text()


@pytest.mark.parametrize("category", ["all", "a//b", "..", ""])
def test_a_category_that_cannot_be_is_refused(config: Path, category: str) -> None:
    assert "cannot be a category" in call(config, "add", "file:b.xml", "--category", category, code=2).output


def test_a_source_is_not_listed_twice_in_one_category_but_may_be_in_two(config: Path) -> None:
    assert "listed in tech already" in call(config, "add", "file:a.xml", "--category", "tech", code=1).output
    call(config, "add", "file:a.xml", "--category", "Other")
    assert json.loads(call(config, "check", "--json").output)["problems"] == []


def test_remove_takes_a_source_out_of_all_its_categories(config: Path) -> None:
    call(config, "add", "file:b.xml", "--category", "Tech")
    call(config, "add", "file:b.xml", "--category", "Other")
    call(config, "remove", "file:b.xml")
    assert config.read_text() == TEXT


def test_remove_takes_a_source_out_of_one_category(config: Path) -> None:
    call(config, "add", "file:a.xml", "--category", "Other")
    call(config, "remove", "file:a.xml", "--category", "other")
    assert config.read_text() == TEXT
    assert "not listed in Other" in call(config, "remove", "file:a.xml", "--category", "Other", code=2).output


def test_the_stories_of_a_removed_source_stay_and_so_does_its_category(config: Path) -> None:
    call(config, "add", "file:b.xml", "--category", "Other")
    call(config, "ingest", "--once")
    call(config, "remove", "file:b.xml")
    assert "  Other:\n" in config.read_text()
    call(config, "ingest", "--once")
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        counted = "SELECT count(*) FROM sources JOIN sightings ON source_id = sources.id WHERE address = 'file:b.xml'"
        assert connection.execute(counted).fetchone() == (2,)
    connection.close()


def test_the_last_source_is_not_removed(config: Path) -> None:
    assert "is the only source" in call(config, "remove", "file:a.xml", code=2).output


def test_what_is_not_listed_cannot_be_removed(config: Path) -> None:
    assert "not among the sources" in call(config, "remove", "file:x.xml", code=2).output


def test_a_file_with_problems_is_not_edited(config: Path) -> None:
    config.write_text(TEXT + "\nbad: 1\n")
    assert "unknown key" in call(config, "add", "file:b.xml", "--category", "Tech", code=2).output


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_c12_marks_encodings_and_line_ends_stay(config: Path, mark: str) -> None:
    config.write_bytes(TEXT.replace("\n", "\r\n").encode(mark))
    call(config, "add", "file:b.xml", "--category", "Tech")
    assert config.read_bytes() == TEXT.replace("first\n", "first\n    - file:b.xml\n").replace("\n", "\r\n").encode(
        mark
    )


def test_mode_and_link_stay(config: Path) -> None:
    real = config.with_name("real.yaml")
    config.rename(real)
    real.chmod(0o640)
    config.symlink_to(real)
    call(config, "add", "file:b.xml", "--category", "Tech")
    assert config.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "file:b.xml" in real.read_text()
    assert not [name for name in os.listdir(config.parent) if name.startswith(".")]


def test_import_makes_categories_of_folders_and_leaves_out_what_is_there(config: Path) -> None:
    opml = config.with_name("list.opml")
    opml.write_text(
        '<opml><body><outline text="News/Daily"><outline text="Tech">'
        '<outline xmlUrl="https://a.example/f,x"/><outline xmlUrl="https://b.example/f"/></outline></outline>'
        '<outline text="all"><outline xmlUrl="https://c.example/f"/></outline>'
        '<outline xmlUrl="https://d.example/f"/><outline xmlUrl="https://b.example/f"/>'
        '<outline xmlUrl="ftp://e.example/f"/></body></opml>'
    )
    said = call(config, "import", str(opml)).output
    assert "https://c.example/f goes to Imported: `all` cannot be a category" in said
    assert "ftp://e.example/f is left out" in said
    assert said.endswith("4 sources added, 2 notes.\n")
    settings = json.loads(call(config, "plan", "--json", code=1).output)
    assert len(settings["added"]) == 5
    again = call(config, "import", str(opml)).output
    assert "0 sources added" in again
    assert "  News-Daily/Tech:\n    - https://a.example/f,x\n    - https://b.example/f\n" in config.read_text()


def test_what_is_exported_is_imported_as_it_was(config: Path) -> None:
    config.write_text(
        "categories:\n  A/B:\n    - https://a.example/f\n  C:\n    - https://a.example/f\n    - https://c.example/f\n"
    )
    opml = config.with_name("list.opml")
    call(config, "export", "opml", str(opml))
    before = config.read_text()
    config.write_text("")
    call(config, "import", str(opml))
    assert config.read_text() == before
