"""The whole program as processes: it starts, serves, ends when it is told to, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FEED = """<rss version="2.0"><channel><title>A blog</title>
<item><guid>1</guid><title>The first entry</title></item></channel></rss>"""


@pytest.fixture
def config(tmp_path: Path, free_port: int) -> Path:
    (tmp_path / "a.xml").write_text(FEED)
    file = tmp_path / "config.yaml"
    file.write_text(f"listen: 127.0.0.1:{free_port}\ncategories:\n  Tech:\n    - file:a.xml\n")
    return file


@contextmanager
def running(config: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program in a process of its own; ended at the end of the block if it still runs."""
    command = [sys.executable, "-m", "aggregator", "--config", str(config), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=15)


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait for something to become true; whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def shows(port: int, path: str, text: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return text in answer.read().decode()
    except OSError:
        return False


def test_run_ingests_and_serves_and_ends_cleanly(config: Path, free_port: int) -> None:
    with running(config, "run") as program:
        assert until(lambda: shows(free_port, "/feeds/tech.atom", "The first entry"))
        program.send_signal(signal.SIGTERM)
        assert program.wait(15) == 0
    assert until(lambda: not shows(free_port, "/healthz", "ok"), 5)


@pytest.mark.parametrize("command", ["run", "serve"])
def test_the_server_does_not_outlive_a_program_that_was_killed(config: Path, free_port: int, command: str) -> None:
    with running(config, command) as program:
        assert until(lambda: shows(free_port, "/healthz", "ok"))
        program.kill()
        program.wait()
    assert until(lambda: not shows(free_port, "/healthz", "ok"), 10)


def test_serve_alone_ends_on_sigterm(config: Path, free_port: int) -> None:
    with running(config, "serve") as program:
        assert until(lambda: shows(free_port, "/healthz", "ok"))
        program.send_signal(signal.SIGTERM)
        assert program.wait(15) == 0


def test_ingest_alone_ends_on_sigterm(config: Path) -> None:
    with running(config, "ingest") as program:
        assert until((config.parent / "var/aggregator.db.workers").exists)
        time.sleep(0.5)
        program.send_signal(signal.SIGTERM)
        assert program.wait(15) == 0


@pytest.mark.parametrize("command", ["run", "serve"])
def test_o30_from_sigterm_on_it_is_not_ready_and_serves_until_it_ends(
    config: Path, free_port: int, command: str
) -> None:
    with running(config, command) as program:
        assert until(lambda: shows(free_port, "/readyz", "ready"))
        program.send_signal(signal.SIGTERM)
        assert until(lambda: refuses(free_port, "/readyz"), 5)
        assert shows(free_port, "/healthz", "ok")
        assert program.wait(15) == 0


def refuses(port: int, path: str) -> bool:
    """Whether the answer is 503."""
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code == 503
    return False


@pytest.mark.parametrize("command", ["run", "serve"])
def test_an_address_that_is_taken_is_said_and_not_shared(config: Path, free_port: int, command: str) -> None:
    with running(config, "serve"):
        assert until(lambda: shows(free_port, "/healthz", "ok"))
        with running(config, command) as second:
            _, said = second.communicate(timeout=30)
    assert second.returncode == 2
    assert "address already in use" in said.lower()


def test_an_edited_file_is_put_in_force_and_a_broken_one_is_not(config: Path, free_port: int) -> None:
    """C01, through all processes: new sources are fetched and shown; what is wrong is on the status page."""
    (config.parent / "b.xml").write_text(FEED.replace("The first entry", "The second entry"))
    with running(config, "run") as program:
        assert until(lambda: shows(free_port, "/feeds/tech.atom", "The first entry"))
        config.write_text(config.read_text() + "  New:\n    - file:b.xml\n")
        assert until(lambda: shows(free_port, "/feeds/new.atom", "The second entry"))
        good = config.read_text()
        config.write_text(good + "bad: [")
        program.send_signal(signal.SIGHUP)
        assert until(lambda: shows(free_port, "/status", "config.yaml is not in force"))
        assert shows(free_port, "/feeds/new.atom", "The second entry")
        config.write_text(good)
        assert until(lambda: not shows(free_port, "/status", "config.yaml is not in force"))


def test_c02_most_sources_go_only_when_somebody_says_so_and_their_stories_stay(config: Path, free_port: int) -> None:
    (config.parent / "b.xml").write_text(FEED.replace("The first entry", "The second entry"))
    (config.parent / "c.xml").write_text(FEED.replace("The first entry", "The third entry"))
    config.write_text(config.read_text() + "    - file:b.xml\n    - file:c.xml\n")
    with running(config, "run"):
        assert until(lambda: shows(free_port, "/feeds/tech.atom", "The third entry"))
        config.write_text(config.read_text().replace("    - file:b.xml\n    - file:c.xml\n", ""))
        assert until(lambda: shows(free_port, "/status", "2 of 3 sources"))
        with running(config, "plan", "--accept-removals") as plan:
            assert plan.wait(30) == 0
        assert until(lambda: not shows(free_port, "/status", "2 of 3 sources"))
        assert shows(free_port, "/feeds/all.atom", "The third entry")


def test_a_file_that_cannot_be_used_is_said_once(config: Path) -> None:
    config.write_text(config.read_text() + "bad: 1\n")
    with running(config, "run") as program:
        _, said = program.communicate(timeout=30)
    assert program.returncode == 2
    assert said.count("bad") == 1
    assert ours(config) == []


def test_a_program_that_is_ended_before_it_was_ready_leaves_no_server(config: Path, free_port: int) -> None:
    with running(config, "run") as program:
        assert until(lambda: len(ours(config)) > 1)
        program.send_signal(signal.SIGTERM)
        program.wait(15)
    assert until(lambda: ours(config) == [], 5)


def test_nothing_of_ours_is_left_running(config: Path, free_port: int) -> None:
    with running(config, "run") as program:
        assert until(lambda: shows(free_port, "/feeds/tech.atom", "The first entry"))
        program.send_signal(signal.SIGTERM)
        program.wait(15)
    assert ours(config) == []


def ours(config: Path) -> list[str]:
    """The processes that have this file on their command line."""
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and str(config) in _command_line(pid)]


def _command_line(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
