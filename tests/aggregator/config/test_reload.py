"""A config.yaml that changes under a running program: taken, refused, or left until somebody says so."""

import threading
import time
from pathlib import Path

import pytest

from aggregator.config import reload
from aggregator.config.load import load
from aggregator.config.reload import Refused, look, without_restart
from aggregator.config.settings import Settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reload, "STILL_SECONDS", 0.0)
    file = tmp_path / "config.yaml"
    file.write_text(listing(4))
    return file


def listing(sources: int, more: str = "") -> str:
    lines = "".join(f"    - https://{number}.example/\n" for number in range(sources))
    return f"{more}categories:\n  A:\n{lines}"


def changed(file: Path, text: str, accepted: str | None = None) -> Settings | Refused | None:
    """What becomes of the file with this text in it."""
    before = load(file, {})
    file.write_text(text)
    return look(before, {}, accepted=accepted)


def test_a_good_file_is_taken(file: Path) -> None:
    found = changed(file, listing(5))
    assert isinstance(found, Settings)
    assert len(found.sources) == 5


def test_a_file_that_is_written_again_as_it_was_is_no_change(file: Path) -> None:
    assert changed(file, listing(4)) is None


@pytest.mark.parametrize(
    "text", ["categories: [", "", "null", "- https://a.example/", "categories: {}", "categories:\n", "#\n"]
)
def test_c01_a_broken_file_is_refused_with_its_problem(file: Path, text: str) -> None:
    found = changed(file, text)
    assert isinstance(found, Refused)
    assert found.lines[0].startswith("config.yaml")


def test_c01_a_file_that_is_gone_is_refused(file: Path) -> None:
    before = load(file, {})
    file.unlink()
    found = look(before, {})
    assert isinstance(found, Refused)
    assert "No such file" in found.lines[0]


def test_c01_a_folder_in_its_place_is_refused(file: Path) -> None:
    before = load(file, {})
    file.unlink()
    file.mkdir()
    assert isinstance(look(before, {}), Refused)


def test_c01_a_file_that_may_not_be_read_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(file, {})

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = look(before, {})
    assert isinstance(found, Refused)
    assert "Permission denied" in found.lines[0]


def test_c02_a_file_that_lost_more_than_half_of_its_sources_waits_for_a_word(file: Path) -> None:
    found = changed(file, listing(1))
    assert isinstance(found, Refused)
    assert found.missing == 3
    assert "--accept-removals" in found.lines[0]


def test_c02_half_of_the_sources_may_go(file: Path) -> None:
    assert isinstance(changed(file, listing(2)), Settings)


def test_c02_a_file_whose_losses_were_accepted_is_taken(file: Path) -> None:
    refused = changed(file, listing(1))
    assert isinstance(refused, Refused)
    file.write_text(listing(4))
    assert isinstance(changed(file, listing(1), accepted=refused.digest), Settings)


def test_c02_what_was_accepted_holds_for_that_very_file_alone(file: Path) -> None:
    refused = changed(file, listing(1))
    assert isinstance(refused, Refused)
    file.write_text(listing(4))
    assert isinstance(changed(file, listing(1, "# another\n"), accepted=refused.digest), Refused)


def test_c02_a_file_is_read_once_it_no_longer_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor is at it: what is there in between is good YAML, and is never taken."""
    before = load(file, {})
    parts = iter([listing(3), listing(4), listing(5), listing(5)])
    monkeypatch.setattr(reload.time, "sleep", lambda seconds: file.write_text(next(parts)))
    found = look(before, {})
    assert isinstance(found, Settings)
    assert len(found.sources) == 5


def test_c02_a_file_that_never_rests_is_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(file, {})
    count = iter(range(1000))
    monkeypatch.setattr(reload.time, "sleep", lambda seconds: file.write_text(listing(4) + f"# {next(count)}\n"))
    assert look(before, {}) is None


def test_the_address_and_the_database_change_with_a_restart_and_all_else_at_once(file: Path) -> None:
    before = load(file, {})
    file.write_text(listing(5, "listen: 127.0.0.1:9\ndatabase: sqlite:///other.db\n"))
    after = load(file, {})
    settings = without_restart(before, after)
    assert (settings.listen, settings.database, len(settings.sources)) == (before.listen, before.database, 5)
    assert "`listen` and `database`; restart" in settings.warnings[0].message


def test_secrets_and_folders_are_not_in_what_is_said(file: Path) -> None:
    found = changed(file, "categories:\n  A:\n    - ftp://a.example/\n")
    assert isinstance(found, Refused)
    assert str(file.parent) not in found.lines[0]


def test_the_folder_is_watched_so_that_a_file_put_in_its_place_is_noticed(file: Path) -> None:
    from aggregator.config import watch

    settings = load(file, {})
    was = watch.signature(settings)
    moments = watch.moments(file)
    beside = file.with_suffix(".new")

    def replace() -> None:
        time.sleep(0.3)
        beside.write_text(listing(5))
        beside.replace(file)

    threading.Thread(target=replace).start()
    for _ in moments:
        if watch.signature(settings) != was:
            break
    moments.close()  # type: ignore[attr-defined]
    assert watch.signature(settings) != was


def test_a_system_that_tells_nothing_is_looked_at_by_the_clock(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aggregator.config import watch

    def refuse(*folders: Path, **how: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watch, "watch", refuse)
    monkeypatch.setattr(watch, "LOOK_EVERY_MS", 1)
    moments = watch.moments(file)
    assert [next(moments), next(moments)] == [None, None]


async def test_the_same_without_blocking(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aggregator.config import watch

    def refuse(*folders: Path, **how: object) -> None:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watch, "awatch", refuse)
    monkeypatch.setattr(watch, "LOOK_EVERY_MS", 1)
    moments = watch.moments_async(file)
    assert [await anext(moments), await anext(moments)] == [None, None]
