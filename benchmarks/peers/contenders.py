"""Who is compared: how each is set up, run and counted. What is not installed says so, and is never guessed.

A run is one command, started afresh: as cron would start it. Setting up (folders, files, subscribing) is not measured.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv/peers/bin/python"  # an environment of their own: `make bench-peers`
HERE = Path(__file__).parent

CONFIG = "defaults: {allow_private: true}  # the publishers are on loopback\ncategories:\n"
CATEGORIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One of those who are compared.

    version  what is installed; None if it is not
    prepare  make ready in an empty folder, subscribed to addresses
    command  what polls all feeds, and ends
    count    how the items that it has stored are counted: a file in the folder, and SQL
    """

    name: str
    version: Callable[[], str | None]
    prepare: Callable[[Path, Sequence[str]], None]
    command: Callable[[Path], list[str]]
    count: tuple[str, str]

    def items(self, folder: Path) -> int:
        """How many items it has stored."""
        file, question = self.count
        with sqlite3.connect(f"file:{folder / file}?mode=ro", uri=True) as connection:
            (found,) = connection.execute(question).fetchone()
        return int(found)


def _configure(folder: Path, addresses: Sequence[str]) -> None:
    lines = [CONFIG]
    for number in range(CATEGORIES):
        listed = "".join(f"    - {address}\n" for address in addresses[number::CATEGORIES])
        lines.append(f"  Category {number}:\n{listed}" if listed else "")
    (folder / "config.yaml").write_text("".join(lines))


def _ours(folder: Path) -> list[str]:
    return [sys.executable, "-m", "aggregator", "--config", str(folder / "config.yaml"), "ingest", "--once", "--force"]


def _of_peers(package: str) -> str | None:
    if not PEERS.exists():
        return None
    asked = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    found = subprocess.run([PEERS, "-c", asked, package], capture_output=True, text=True)
    return found.stdout.strip() or None


def _write(folder: Path, addresses: Sequence[str]) -> None:
    (folder / "addresses").write_text("\n".join(addresses) + "\n")


def _reader(folder: Path, addresses: str = "") -> list[str]:
    return [str(PEERS), str(HERE / "with_reader.py"), str(folder / "reader.db"), addresses]


def _subscribe(folder: Path, addresses: Sequence[str]) -> None:
    _write(folder, addresses)
    subprocess.run(_reader(folder, str(folder / "addresses")), check=True)


def _plain(folder: Path) -> list[str]:
    return [str(PEERS), str(HERE / "plain.py"), str(folder / "plain.db"), str(folder / "addresses")]


def _plain_version() -> str | None:
    requests, feedparser = _of_peers("requests"), _of_peers("feedparser")
    return f"requests {requests}, feedparser {feedparser}" if requests and feedparser else None


def _newsboat_version() -> str | None:
    if not shutil.which("newsboat"):
        return None
    said = subprocess.run(["newsboat", "--version"], capture_output=True, text=True).stdout.split()
    return said[1] if len(said) > 1 else None


def _configure_newsboat(folder: Path, addresses: Sequence[str]) -> None:
    _write(folder, addresses)
    (folder / "newsboat.config").write_text("reload-threads 4\nuse-proxy no\n")


def _newsboat(folder: Path) -> list[str]:
    files = ("-u", folder / "addresses", "-c", folder / "newsboat.db", "-C", folder / "newsboat.config")
    return ["newsboat", *map(str, files), "-x", "reload"]


OURS = Contender(
    name="ours",
    version=lambda: version("feed-aggregator"),
    prepare=_configure,
    command=_ours,
    count=("var/aggregator.db", "SELECT count(*) FROM sightings"),
)
CONTENDERS = (
    OURS,
    Contender(
        name="reader",
        version=lambda: _of_peers("reader"),
        prepare=_subscribe,
        command=_reader,
        count=("reader.db", "SELECT count(*) FROM entries"),
    ),
    Contender(
        name="newsboat",
        version=_newsboat_version,
        prepare=_configure_newsboat,
        command=_newsboat,
        count=("newsboat.db", "SELECT count(*) FROM rss_item"),
    ),
    Contender(
        name="plain script",
        version=_plain_version,
        prepare=_write,
        command=_plain,
        count=("plain.db", "SELECT count(*) FROM items"),
    ),
)
