"""What a parser that has been taken over by a hostile document could do: next to nothing."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from aggregator.ingest.child import Document
from aggregator.ingest.parser import Parser
from feeds.clean.rules import Rules
from feeds.errors import Unreadable

# A real reading process, but for its answer: what it finds when it tries things, in the place of a parser.
TAKEN_OVER = """
import json, os, resource, signal, socket, sys
from aggregator.ingest import child

def tried(what):
    try:
        what()
    except (OSError, RuntimeError) as error:
        return type(error).__name__
    return "done"

def taken_over(document):
    path = document.url
    found = {
        "modules": sorted({name for name in sys.modules}),
        "environment": dict(os.environ),
        "files": sorted(int(name) for name in os.listdir("/proc/self/fd")),
        "folder": os.getcwd(),
        "connect": tried(lambda: socket.create_connection(("127.0.0.1", 9))),
        "listen": tried(lambda: socket.create_server(("127.0.0.1", 0))),
        "fork": tried(os.fork),
        "execute": tried(lambda: os.execv("/bin/true", ["true"])),
        "signal": tried(lambda: os.kill(os.getppid(), 0)),
        "write": tried(lambda: os.open(path, os.O_WRONLY)),
        "create": tried(lambda: os.open(path + ".new", os.O_CREAT)),
        "truncate": tried(lambda: os.open(path, os.O_TRUNC)),
        "delete": tried(lambda: os.unlink(path)),
        "rename": tried(lambda: os.rename(path, path + ".old")),
        "codec": tried(lambda: b"\\xd6\\xd0".decode("gb18030")),
        "limits": [resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0] for name in ("DATA", "FSIZE", "CORE")],
    }
    return child.Refused("Unreadable", json.dumps(found))

child.answer = taken_over
child.main()
"""


async def found_by_a_taken_over(path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    document = Document(body=b"<rss/>", content_type=None, url=str(path), rules=Rules())
    monkeypatch.setattr("aggregator.ingest.parser.MAX_DETAIL", 10**6)
    async with Parser(1, command=(sys.executable, "-c", TAKEN_OVER)) as parser:
        with pytest.raises(Unreadable) as caught:
            await parser.read(document)
    found: dict[str, Any] = json.loads(str(caught.value))
    return found


async def test_n12_a_reading_process_has_feeds_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    inheritable = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(inheritable, True)
    found = await found_by_a_taken_over(tmp_path / "x", monkeypatch)
    os.close(inheritable)
    ours = {name for name in found["modules"] if name.split(".")[0] == "aggregator"}
    assert ours == {"aggregator", "aggregator.ingest", "aggregator.ingest.child", "aggregator.ingest.sandbox"}
    assert not {"sqlalchemy", "aiohttp", "flask", "apscheduler", "pydantic"} & set(found["modules"])
    assert set(found["environment"]) <= {"PATH", "PYTHONPATH", "PYTHONUTF8", "LC_CTYPE"}
    assert (found["files"][:3], len(found["files"]), found["folder"]) == ([0, 1, 2], 4, "/")  # and the listing itself
    assert found["limits"] == [256 * 2**20, 0, 0]


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
async def test_n12_a_parser_that_was_taken_over_reaches_nobody_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "aggregator.db"
    mine.write_text("stories")
    found = await found_by_a_taken_over(mine, monkeypatch)
    refused = ("connect", "listen", "fork", "execute", "signal", "write", "create", "truncate", "delete", "rename")
    assert {name: found[name] for name in refused} == dict.fromkeys(refused, "PermissionError")
    assert found["codec"] == "done"
    assert (os.listdir(tmp_path), mine.read_text()) == (["aggregator.db"], "stories")
