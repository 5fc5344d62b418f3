"""Sources that are files."""

import os
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.files import read
from aggregator.outcome import Reason, Validators


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.xml"
    file.write_bytes(b"<rss/>")
    return file


def reason(path: Path, max_body: int = 100) -> Reason:
    with pytest.raises(FetchError) as caught:
        read(path, Validators(), max_body)
    return caught.value.reason


def test_a_file_is_read_once_and_then_unchanged(file: Path) -> None:
    first = read(file, Validators(), 100)
    assert (first.status, first.body, first.moved_to) == (200, b"<rss/>", None)
    second = read(file, first.validators, 100)
    assert (second.status, second.body, second.validators) == (304, b"", first.validators)


def test_a_file_that_was_touched_is_read_again(file: Path) -> None:
    known = read(file, Validators(), 100).validators
    os.utime(file, ns=(1, 1))
    assert read(file, known, 100).status == 200


def test_another_file_does_not_share_the_validators(file: Path, tmp_path: Path) -> None:
    known = read(file, Validators(), 100).validators
    other = tmp_path / "b.xml"
    other.write_bytes(b"<rdf/>")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    assert read(other, known, 100).body == b"<rdf/>"


def test_a_file_may_not_be_larger_than_a_body(file: Path) -> None:
    assert read(file, Validators(), 6).body == b"<rss/>"
    assert reason(file, 5) is Reason.TOO_LARGE


def test_what_is_no_file_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert reason(tmp_path / "pipe") is Reason.FILE
    assert reason(tmp_path) is Reason.FILE
    assert reason(tmp_path / "nowhere") is Reason.FILE
    assert reason(Path("/dev/zero")) is Reason.FILE
    assert reason(Path("a\0b")) is Reason.FILE


def test_n26_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert reason(tmp_path / "empty") is Reason.EMPTY
