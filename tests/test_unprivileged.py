"""Case L08: a user that is nobody, a file system that is read-only but for one folder, and the worst of umasks."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534
FEED = '<rss version="2.0"><channel><title>A</title><item><guid>1</guid><title>x</title></item></channel></rss>'
# Only what is below a folder may be written, by Landlock (landlock(7); a kernel without it leaves that out). The bits:
# to write, remove and make files of every kind.
CONFINED = """
import ctypes, os, struct, sys
folder, *command = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
rules = libc.syscall(444, struct.pack("Q", 0x1FF2), 8, 0)
for path, allowed in ((folder, 0x1FF2), ("/dev", 0x2)):
    libc.syscall(445, rules, 1, struct.pack("=Qi", allowed, os.open(path, os.O_PATH)), 0)
libc.prctl(38, 1, 0, 0, 0)
libc.syscall(446, rules, 0)
os.umask(0)
os.execvp(command[0], command)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a config.yaml in it, on a way that everybody may go."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.xml").write_text(FEED)
        (folder / "config.yaml").write_text("categories:\n  Tech:\n    - file:a.xml\n")
        yield folder


def run(folder: Path, *arguments: str, user: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    program = (sys.executable, "-m", "aggregator", "--config", str(folder / "config.yaml"), *arguments)
    command = (sys.executable, "-c", CONFINED, str(folder), *user, *program)
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, cwd=folder, check=False)


def files(folder: Path) -> list[Path]:
    found = [path for path in (folder / "var").rglob("*") if path.is_file()]
    assert folder / "var/aggregator.db" in found
    return found


def test_l08_on_a_read_only_file_system_it_needs_its_own_folder_and_its_files_are_not_for_all(folder: Path) -> None:
    done = run(folder, "ingest", "--once")
    assert done.returncode == 0, done.stderr
    assert "1 ok" in run(folder, "status").stdout
    assert [path.name for path in files(folder) if path.stat().st_mode & 0o7137] == []


def test_l08_a_user_that_is_not_root_can_run_it(folder: Path) -> None:
    """Who is root becomes nobody; else who runs the tests is no root."""
    user: tuple[str, ...] = ()
    if os.getuid() == 0:
        user = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        for path in (folder, *folder.iterdir()):
            os.chown(path, NOBODY, NOBODY)
    done = run(folder, "status", user=user)
    assert done.returncode == 0, done.stderr
    assert "1 waiting" in done.stdout
    assert {path.stat().st_uid for path in files(folder)} == {NOBODY if user else os.getuid()}


def test_l08_what_may_not_be_written_is_said_in_one_line(folder: Path) -> None:
    file = folder / "config.yaml"
    file.write_text("database: sqlite:////proc/nowhere/a.db\n" + file.read_text())
    done = run(folder, "status")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "cannot be opened" in done.stderr
