"""The key file: made once whoever comes first, ours alone, rotated by a line on top, and never shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from aggregator.config.settings import Settings
from aggregator.publish.images import Signer
from aggregator.publish.keys import KEY_BYTES, KeyFileError, load_keys
from tests.builders import settings

URL = "https://i.example/1.jpg"


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return settings(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var/image-proxy.key"


def test_c15_the_key_is_made_once_and_only_we_can_read_it(site: Settings, file: Path) -> None:
    (key,) = load_keys(site)
    assert load_keys(site) == (key,)
    assert len(key) == KEY_BYTES
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_many_servers_that_start_at_once_end_with_one_key(site: Settings, file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from aggregator.publish.keys import load_keys; "
        "from tests.builders import settings; sys.stdin.readline(); print(load_keys(settings(Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", code, str(site.file.parent)]
    starts = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
        )
        for _ in range(4)
    ]
    for one in starts:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    seen = {one.communicate(timeout=60)[0] for one in starts}
    assert seen == {f"{load_keys(site)}\n"}


def test_a_start_that_was_killed_on_the_way_leaves_nothing_that_hurts(site: Settings, file: Path) -> None:
    file.parent.mkdir()
    file.with_suffix(".new").write_bytes(b"half a k")
    (key,) = load_keys(site)
    assert load_keys(site) == (key,)


def test_p11_a_new_line_on_top_signs_and_the_old_one_still_verifies(site: Settings, file: Path) -> None:
    before = Signer(load_keys(site)).path(URL)
    file.write_text("ab" * KEY_BYTES + "\n" + file.read_text())
    rotated = Signer(load_keys(site))
    assert rotated.path(URL) != before
    assert [rotated.url(*path.split("/")) for path in (before, rotated.path(URL))] == [URL, URL]


def test_p11_a_key_ends_with_its_line(site: Settings, file: Path) -> None:
    before = Signer(load_keys(site)).path(URL)
    file.write_text("ab" * KEY_BYTES)
    assert Signer(load_keys(site)).url(*before.split("/")) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "there is no key"),
        (b"\n \n", "there is no key"),
        (b"ab" * 31, "line 1 is no key"),
        (b"ab" * 32 + b"\n" + b"zz" * 32, "line 2 is no key"),
        (bytes(range(32)), "is no key"),
    ],
)
def test_a_file_without_a_usable_key_is_named_and_not_shown(
    site: Settings, file: Path, content: bytes, said: str
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(KeyFileError) as caught:
        load_keys(site)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "zz" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_c15_a_file_that_others_may_read_is_refused(site: Settings, file: Path, mode: int) -> None:
    load_keys(site)
    file.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_keys(site)


def test_a_place_where_no_file_can_be_is_named(site: Settings, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the way")
    with pytest.raises(KeyFileError, match="cannot be had from"):
        load_keys(site)
