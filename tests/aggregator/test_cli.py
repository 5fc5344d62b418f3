"""The command line: exit codes, words for people, JSON for programs."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aggregator.cli import cli
from aggregator.cli.exports import GENERATORS
from aggregator.store.engine import newest_version
from feeds import opml
from feeds.render import TREES

FEED = """<rss version="2.0"><channel><title>A blog</title>
<item><guid>1</guid><title>The first entry</title></item></channel></rss>"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "a.xml").write_text(FEED)
    file = tmp_path / "config.yaml"
    file.write_text("categories:\n  Tech:\n    - file:a.xml\n    - file:missing.xml\n")
    return file


def call(config: Path, *arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["--config", str(config), *arguments])
    assert result.exit_code == code, result.output
    return result


def test_help_names_every_command() -> None:
    assert all(name in CliRunner().invoke(cli, ["--help"]).output for name in cli.commands)


def test_check_of_a_good_file(config: Path) -> None:
    assert "2 sources" in call(config, "check").output
    said = json.loads(call(config, "check", "--json").output)
    assert (said["file"], said["ok"], said["problems"]) == (str(config), True, [])


@pytest.mark.parametrize(("version", "old"), [("expat_2.5.0", True), ("expat_2.6.0", False), ("expat_2.10.1", False)])
def test_x03_l06_check_notes_an_old_expat_and_finds_no_fault_in_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch, version: str, old: bool
) -> None:
    monkeypatch.setattr("pyexpat.EXPAT_VERSION", version)
    said = call(config, "check", code=0).output
    assert ("no problems" in said, "Note: Python's XML parser is expat 2.5.0" in said) == (True, old)
    assert len(json.loads(call(config, "check", "--json", code=0).output)["notes"]) == old


def test_check_says_all_problems_with_lines_and_starts_nothing(config: Path) -> None:
    config.write_text("colour: x\ncategories:\n  Tech:\n    - ftp://a.example/\n")
    said = call(config, "check", code=2).output
    assert f"{config}:1:1" in said
    assert f"{config}:4:" in said
    problems = json.loads(call(config, "check", "--json", code=2).output)["problems"]
    assert [problem["line"] for problem in problems] == [1, 4]


def test_check_says_which_line_to_edit_where_a_feed_has_moved(config: Path) -> None:
    call(config, "ingest", "--once")
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        connection.execute(
            "UPDATE sources SET learnt_address = 'https://new.example/' WHERE address = 'file:missing.xml'"
        )
    connection.close()
    assert f"{config}:4  has moved for good to https://new.example/" in call(config, "check", code=1).output


def test_status_says_the_new_address_of_a_feed_that_has_moved(config: Path) -> None:
    call(config, "ingest", "--once")
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        connection.execute("UPDATE sources SET learnt_address = 'https://new.example/feed' WHERE id = 1")
    connection.close()
    assert "its new address: https://new.example/feed" in call(config, "status", "file:a.xml", code=1).output


def test_check_with_a_database_that_is_still_empty(config: Path) -> None:
    call(config, "db", "upgrade")
    assert "no problems" in call(config, "check").output


def test_check_shows_no_secret_of_an_address_that_has_moved(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    config.write_text("categories:\n  Tech:\n    - http://127.0.0.1:9/feed?token=${TOKEN}\n")
    call(config, "ingest", "--once")
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        connection.execute(
            "UPDATE sources SET learnt_address = 'https://new.example/feed?token=hunter2', reason = NULL, failures = 0"
        )
    connection.close()
    said = call(config, "check", code=1).output
    assert "has moved for good to https://new.example/feed?token=" in said
    assert "hunter2" not in said


def test_check_makes_no_database(config: Path) -> None:
    call(config, "check")
    assert not (config.parent / "var").exists()


def test_a_missing_file_is_a_message_not_a_traceback(tmp_path: Path) -> None:
    assert "nowhere.yaml" in call(tmp_path / "nowhere.yaml", "run", code=2).output


@pytest.mark.parametrize("command", [("run",), ("status",), ("remove", "x"), ("check",)])
def test_who_has_no_file_is_told_how_to_begin_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    said = call(tmp_path / "none.yaml", *command, code=2).output
    assert "none.yaml  cannot be read: No such file or directory" in said
    assert "`aggregator add ADDRESS --category NAME` begins one" in said


def test_status_before_and_after_the_first_fetch(config: Path) -> None:
    assert "waiting" in call(config, "status").output
    call(config, "ingest", "--once")
    said = call(config, "status", code=1).output
    assert "1 failing" in said
    assert "missing.xml" in said
    facts = json.loads(call(config, "status", "--json", code=1).output)
    assert [source["state"] for source in facts["sources"]] == ["failing", "ok"]


def test_status_of_one_source(config: Path) -> None:
    call(config, "ingest", "--once")
    assert "missing.xml" not in call(config, "status", "file:a.xml").output
    assert "not among the sources" in call(config, "status", "file:b.xml", code=2).output


def test_a_source_may_be_named_as_the_file_writes_it(config: Path) -> None:
    config.write_text(
        "categories:\n  Tech:\n    - https://github.com/owner/project\n    - {page: https://a.example/, item: li}\n"
    )
    for written in ("https://github.com/owner/project", "https://github.com/owner/project/releases.atom"):
        assert "releases.atom" in call(config, "status", written).output
    for written in ("https://a.example/", "page:https://a.example/"):
        assert "page:https://a.example/" in call(config, "status", written).output


def test_parse_of_what_needs_options_says_where_they_stand(config: Path) -> None:
    said = call(config, "parse", "json:https://a.example/", code=2).output
    assert "https://a.example/ is not listed in config.yaml as a `json`" in said


def test_one_source_can_be_ingested_alone(config: Path) -> None:
    assert "1 poll: 1 updated" in call(config, "ingest", "--once", "--source", "file:a.xml").output
    said = call(config, "ingest", "--once", "--source", "file:a.xml").output
    assert "Nothing is due before" in said
    assert "--force asks now" in said
    assert "1 poll: 0 updated, 1 unchanged" in call(config, "ingest", "--source", "file:a.xml", "--force").output


def test_a_run_reports_as_json(config: Path) -> None:
    said = call(config, "ingest", "--once", "--json").output.splitlines()[-1]
    assert json.loads(said) == {"polls": 2, "updated": 1, "unchanged": 0, "failed": 1, "added": 1, "stories": 1}


def test_a_database_that_fails_is_a_message_not_a_traceback(config: Path) -> None:
    call(config, "db", "upgrade")
    with sqlite3.connect(config.parent / "var/aggregator.db") as connection:
        connection.execute("CREATE TRIGGER full BEFORE UPDATE ON sources BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    connection.close()
    assert "the database failed: disk full" in call(config, "ingest", "--once", code=2).output


def test_a_source_is_found_as_the_file_writes_it_its_secret_by_name(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_KEY", "hunter2")
    written = "https://c.example/feed?key=${FEED_KEY}"
    config.write_text(config.read_text() + f"  Keyed:\n    - {written}\n")
    said = call(config, "status", written).output
    assert written in said
    assert "hunter2" not in said


def test_an_unknown_source_is_refused(config: Path) -> None:
    assert "not among the sources" in call(config, "ingest", "--once", "--source", "file:b.xml", code=2).output


def test_a_source_that_may_be_meant_is_named(config: Path) -> None:
    config.write_text("categories:\n  Tech:\n    - {file: a.xml, name: My notes}\n    - file:missing.xml\n")
    for command in (("status",), ("remove",), ("ingest", "--once", "--source")):
        assert "did you mean file:missing.xml?" in call(config, *command, "file:missin.xml", code=2).output
        assert "did you mean file:a.xml?" in call(config, *command, "My notes", code=2).output


def test_sources_that_are_well_take_a_line_each_and_one_alone_is_told_in_full(config: Path) -> None:
    call(config, "ingest", "--once")
    said = call(config, "status", code=1).output
    assert "2 sources: 1 failing, 1 ok; 1 story" in said
    assert "failed once, " in said
    assert "\nok       A blog  file:a.xml  (config.yaml, line 3): last good just now, next try in " in said
    alone = call(config, "status", "file:a.xml").output
    assert alone.startswith("\nok       A blog  file:a.xml  (config.yaml, line 3)\n")
    assert "1 of 1 poll good" in alone


def test_parse_of_an_address_that_nobody_fetches_says_which_ones_are(config: Path) -> None:
    assert "does not start with http:// or https://" in call(config, "parse", "gopher://a.example/", code=2).output


def test_parse_shows_what_we_read(config: Path) -> None:
    document = str(config.parent / "a.xml")
    feed = json.loads(call(config, "parse", document, "--json").output)
    assert (feed["title"], feed["entries"][0]["title"]) == ("A blog", "The first entry")
    said = call(config, "parse", document).output
    assert all(fact in said for fact in ("A blog", "1 entry", "The first entry", "guid 1", "no date"))
    (config.parent / "b.xml").write_text(FEED.replace("</item>", f"<description>{'word ' * 99}</description></item>"))
    assert "text word word" in call(config, "parse", str(config.parent / "b.xml")).output
    assert "… (494 characters)" in call(config, "parse", str(config.parent / "b.xml")).output


def test_parse_needs_no_config_file(config: Path, tmp_path: Path) -> None:
    assert "The first entry" in call(tmp_path / "none.yaml", "parse", str(config.parent / "a.xml")).output


def test_parse_of_what_is_no_feed_says_so(config: Path) -> None:
    page = config.parent / "page.html"
    page.write_text("<!DOCTYPE html><html><body>Hello</body></html>")
    assert "aggregator:" in call(config, "parse", str(page), code=2).output


def test_parse_of_a_page_names_its_feeds(config: Path) -> None:
    page = config.parent / "page.html"
    page.write_text('<html><link rel="alternate" type="application/rss+xml" href="https://a.example/feed"></html>')
    assert "its feeds are\n  https://a.example/feed" in call(config, "parse", str(page), code=2).output


def test_parse_of_a_source_reads_it_as_the_file_says(config: Path) -> None:
    config.write_text('categories:\n  Tech:\n    - file: a.xml\n      drop: ["title = the first entry"]\n')
    assert "0 entries" in call(config, "parse", "file:a.xml").output


def test_db_upgrade_says_what_it_did(config: Path) -> None:
    assert "was none" in call(config, "db", "upgrade").output
    assert f"was {newest_version()}" in call(config, "db", "upgrade").output


def test_a_secret_is_never_shown(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    config.write_text("categories:\n  Tech:\n    - http://127.0.0.1:9/feed?token=${TOKEN}\n")
    said = call(config, "check").output + call(config, "ingest", "--once").output
    said += call(config, "status", code=1).output + call(config, "status", "--json", code=1).output
    assert "hunter2" not in said


def test_reclean_applies_a_better_cleaner_to_the_past_and_says_nothing_is_news(config: Path) -> None:
    call(config, "ingest", "--once", code=0)
    database = config.parent / "var/aggregator.db"
    story = "SELECT html, revised, t.updated FROM sightings s JOIN stories t ON t.lead_id = s.id"
    revision = "SELECT revision FROM categories WHERE slug = 'tech'"
    with sqlite3.connect(database) as connection:
        before = connection.execute(revision).fetchone()[0]
        as_shown = connection.execute(story).fetchone()
        connection.execute("UPDATE sightings SET html = 'what an old cleaner made of it', digest = x'00'")
    connection.close()
    assert json.loads(call(config, "reclean", "--json").output) == {"entries": 1, "changed": 1}
    with sqlite3.connect(database) as connection:
        assert connection.execute(story).fetchone() == as_shown
        assert connection.execute(revision).fetchone()[0] > before
    connection.close()
    assert "1 entries cleaned again; 0 came out" in call(config, "reclean").output


def test_export_opml_writes_for_other_readers_and_says_what_it_leaves_out(config: Path, tmp_path: Path) -> None:
    config.write_text("categories:\n  新媒体/ZAKER:\n    - https://a.example/feed\n    - file:a.xml\n")
    printed = call(config, "export", "opml")
    assert 'xmlUrl="https://a.example/feed"' in printed.stdout
    assert "file:a.xml" in printed.stderr
    call(config, "export", "opml", str(tmp_path / "mine.opml"))
    (one,) = opml.read((tmp_path / "mine.opml").read_bytes()).subscriptions
    assert (one.url, one.path) == ("https://a.example/feed", ("新媒体", "ZAKER"))
    assert not list(tmp_path.glob(".*.new"))
    assert "cannot write" in call(config, "export", "opml", str(tmp_path / "no/mine.opml"), code=2).stderr


def test_export_names_every_generator_there_is() -> None:
    assert set(GENERATORS) == set(TREES)
    assert set(GENERATORS) < set(cli.commands["export"].commands)  # type: ignore[attr-defined]


def test_export_posts_says_what_it_did(config: Path) -> None:
    call(config, "ingest", "--once")
    posts = str(config.parent / "posts")
    assert call(config, "export", "hexo", posts).stdout == "1 posts: 1 new, 0 changed, 0 unchanged.\n"
    assert "0 new, 0 changed, 1 unchanged, 0 removed." in call(config, "export", "hexo", posts, "--prune").stdout
    said = json.loads(call(config, "export", "hexo", posts, "--json", "--limit", "1").stdout)
    assert said == {"new": 0, "changed": 0, "unchanged": 1, "removed": 0, "left": 0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hexo", "config.yaml/posts"), "cannot make or open"),
        (("hexo", "posts", "--category", "nowhere"), "no category 'nowhere'; there are tech"),
        (("jekyll", "hexo-posts"), "holds posts for hexo"),
    ],
)
def test_export_posts_that_cannot_run_ends_with_two(
    config: Path, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)
    call(config, "export", "hexo", "hexo-posts")
    assert message in call(config, "export", *arguments, code=2).output
