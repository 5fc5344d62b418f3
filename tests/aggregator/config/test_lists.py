"""`include:`: lists of subscriptions that belong to the file."""

from pathlib import Path

import pytest

from aggregator.config import lists, reload
from aggregator.config.load import load
from aggregator.config.reload import Refused, look
from aggregator.config.settings import Settings

from .conftest import Problems, Read

OWN = "categories:\n  Own:\n    - https://own.example/f\n"


def opml(*urls: str, folder: str = "") -> str:
    feeds = "".join(f'<outline type="rss" xmlUrl="{url}"/>' for url in urls)
    body = f'<outline text="{folder}">{feeds}</outline>' if folder else feeds
    return f'<opml version="2.0"><body>{body}</body></opml>'


def filed(settings: Settings) -> dict[str, tuple[str, ...]]:
    return {source.address: source.categories for source in settings.sources}


def test_a_list_brings_its_sources_and_its_folders_are_categories(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.opml").write_text(opml("https://a.example/f", folder="Tech"))
    (tmp_path / "b.opml").write_text(opml("https://b.example/f"))
    settings = read(OWN + "include: [a.opml, b.opml]\n")
    assert filed(settings) == {
        "https://own.example/f": ("own",),
        "https://a.example/f": ("tech",),
        "https://b.example/f": ("included",),
    }
    assert [category.slug for category in settings.categories] == ["own", "tech", "included"]


def test_a_list_may_stand_below_a_category(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.opml").write_text(opml("https://a.example/f", folder="Tech"))
    settings = read(OWN + "include:\n  - list: a.opml\n    category: Own/Friends\n")
    assert filed(settings)["https://a.example/f"] == ("own/friends/tech",)
    assert [category.slug for category in settings.categories] == ["own", "own/friends", "own/friends/tech"]


def test_what_the_file_says_of_a_source_counts(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.opml").write_text(opml("https://own.example/f", folder="Tech"))
    text = "categories:\n  Own:\n    - url: https://own.example/f\n      every: 2h\ninclude: [a.opml]\n"
    (source,) = read(text).sources
    assert (source.categories, source.line, source.every is None) == (("own", "tech"), 3, False)


def test_a_list_brings_addresses_on_the_web_and_nothing_else(read: Read, tmp_path: Path) -> None:
    urls = ("file:/etc/passwd", "rsshub:/x", "https://user:secret@a.example/", "https://${HOME}.example/f")
    (tmp_path / "a.opml").write_text(opml(*urls))
    assert {*filed(read(OWN + "include: [a.opml]\n", {"HOME": "x"}))} == {
        "https://own.example/f",
        "https://${home}.example/f",
    }


def test_a_list_that_is_not_there_takes_nothing_away_and_is_a_warning(read: Read) -> None:
    settings = read(OWN + "include:\n  - gone.opml\n  - https://a.example/list.opml\n")
    assert len(settings.sources) == 1
    assert [one.line for one in settings.warnings] == [5, 6]
    assert "cannot be read" in settings.warnings[0].message
    assert "not fetched yet" in settings.warnings[1].message


def test_what_is_no_list_is_a_warning(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.opml").write_text("<html>no</html>")
    assert "no OPML" in read(OWN + "include: [a.opml]\n").warnings[0].message


def test_the_copy_of_a_fetched_list_is_read(read: Read, tmp_path: Path) -> None:
    (one,) = read(OWN + "include: [https://a.example/list.opml]\n").lists
    one.copy.parent.mkdir(parents=True)
    one.copy.write_text(opml("https://b.example/f"))
    assert "https://b.example/f" in filed(read(OWN + "include: [https://a.example/list.opml]\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("include: [https://]\n", "names no host"),
        ("include: [{list: a.opml, category: all}]\n", "`all` is an address of our own"),
        ("include: [{list: a.opml, categry: x}]\n", "unknown key"),
        ("include: [{category: x}]\n", "`list` is missing"),
        ("include: a.opml\n", "must be a list"),
    ],
)
def test_a_mistake_in_an_include_is_said_with_its_line(problems: Problems, text: str, message: str) -> None:
    (found,) = problems(OWN + text)
    assert found.line == 4
    assert message in found.message


def test_a_list_that_changes_is_put_in_force_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "STILL_SECONDS", 0.0)
    file, friends = tmp_path / "config.yaml", tmp_path / "a.opml"
    file.write_text(OWN + "include: [a.opml]\n")
    friends.write_text(opml("https://a.example/f"))
    before = load(file, {})
    assert look(before, {}) is None
    friends.write_text(opml("https://a.example/f", "https://b.example/f"))
    after = look(before, {})
    assert isinstance(after, Settings)
    assert len(after.sources) == 3


def test_c02_a_list_that_vanishes_removes_nothing_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "STILL_SECONDS", 0.0)
    file, friends = tmp_path / "config.yaml", tmp_path / "a.opml"
    file.write_text(OWN + "include: [a.opml]\n")
    friends.write_text(opml(*(f"https://{number}.example/f" for number in range(9))))
    before = load(file, {})
    friends.unlink()
    assert isinstance(look(before, {}), Refused)


def test_when_a_list_was_tried_is_no_change_of_the_settings(read: Read) -> None:
    text = OWN + "include: [https://a.example/list.opml]\n"
    (one,) = read(text).lists
    digest = read(text).digest
    one.copy.parent.mkdir(parents=True)
    lists.note_of(one).write_text('{"tried_at": 5}')
    assert read(text).digest == digest
