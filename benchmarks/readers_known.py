"""Readers as `benchmarks.readers` asks them: each reloads an address, and says what it has of it.

What each keeps is in a folder: a cache, a database, letters. Whatever is not installed is said and left out.
"""

import json
import mailbox
import shutil
import sqlite3
import subprocess
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

import feedparser

Held = list[tuple[str, "Item"]]  # title, and what else there is


@dataclass(frozen=True, slots=True)
class Item:
    """What a reader has of an entry; None where it does not tell."""

    published: int | None
    author: str | None
    enclosures: tuple[str, ...] | None


def known_readers(folder: Path, python: str) -> dict[str, Callable[[str], Held]]:
    """Those that are here: each reloads an address and says what it has of it."""
    readers: dict[str, Callable[[str], Held]] = {"feedparser": WithFeedparser().reload}
    if shutil.which("newsboat"):
        readers["newsboat"] = partial(with_newsboat, folder)
    else:
        print("newsboat is not installed")
    if shutil.which(python) and subprocess.run([python, "-c", NEEDED], capture_output=True).returncode == 0:
        readers["reader"] = partial(with_reader, folder, python)
    else:
        print(f"`reader` or sgmllib3k, which it needs and does not ask for, is not in {python}: `make bench-readers`")
    if shutil.which("r2e"):
        readers["rss2email"] = partial(with_rss2email, folder)
    else:
        print("rss2email is not installed")
    return readers


def published(address: str) -> Held:
    """What the feed says."""
    return held(feedparser.parse(address))


def held(parsed: feedparser.FeedParserDict) -> Held:
    return [
        (entry.title, Item(timegm(entry.published_parsed), entry.author, tuple(e.href for e in entry.enclosures)))
        for entry in parsed.entries
    ]


class WithFeedparser:
    """A script as people write them: keeps the validators and the last entries."""

    def __init__(self) -> None:
        self._known: dict[str, feedparser.FeedParserDict] = {}

    def reload(self, address: str) -> Held:
        known = self._known.get(address, {})
        got = feedparser.parse(address, etag=known.get("etag"), modified=known.get("modified"))
        if got.status != 304:
            self._known[address] = got
        return held(self._known[address])


def with_newsboat(folder: Path, address: str) -> Held:
    """Its cache; each address has one of its own, for it keeps an article once, whichever feed it came from last."""
    cache, urls = folder / f"newsboat-{address[-4:]}.db", folder / "urls"
    urls.write_text(address)
    reload = ["newsboat", "-u", str(urls), "-c", str(cache), "-x", "reload"]
    subprocess.run(reload, check=True, capture_output=True, timeout=60)
    with sqlite3.connect(cache) as connection:
        rows = connection.execute("SELECT title, pubDate, author, enclosure_url FROM rss_item").fetchall()
    return [(title, Item(date, author, (file,) if file else ())) for title, date, author, file in rows]


NEEDED = "import reader, sgmllib"  # its own copy of feedparser imports sgmllib, at the first feed (reader 3.26)
READER = """
import json, sys
from reader import make_reader
reader = make_reader(sys.argv[1])
reader.add_feed(sys.argv[2], exist_ok=True)
reader.update_feed(sys.argv[2])
assert not reader.get_feed(sys.argv[2]).last_exception
print(json.dumps([[e.title, e.published.timestamp(), e.authors_str, [f.href for f in e.enclosures]]
                  for e in reader.get_entries(feed=sys.argv[2])]))
"""


def with_reader(folder: Path, python: str, address: str) -> Held:
    """Its database."""
    ask = [python, "-c", READER, str(folder / f"reader-{address[-4:]}.db"), address]
    said = json.loads(subprocess.run(ask, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout)
    return [(title, Item(int(date), author, tuple(files))) for title, date, author, files in said]


def with_rss2email(folder: Path, address: str) -> Held:
    """The letters that it has written. A letter is not edited: of a story whose title changed it keeps the old one."""
    name = address.rpartition(".")[2]
    config, data, letters = folder / f"r2e-{name}.cfg", folder / f"r2e-{name}.json", folder / f"mail-{name}"
    r2e = ["r2e", "-c", str(config), "-d", str(data)]
    if not config.exists():
        subprocess.run([*r2e, "new", "you@example.org"], check=True, capture_output=True, timeout=60)
        written = config.read_text().replace("email-protocol = sendmail", "email-protocol = maildir")
        written = written.replace("date-header = False", "date-header = True")
        config.write_text(written.replace("maildir-path = ~/Maildir", f"maildir-path = {letters}"))
        for part in ("cur", "new", "tmp"):
            (letters / "INBOX" / part).mkdir(parents=True)
        subprocess.run([*r2e, "add", name, address], check=True, capture_output=True, timeout=60)
    subprocess.run([*r2e, "run"], check=True, capture_output=True, timeout=60)
    found = []
    for letter in mailbox.Maildir(letters / "INBOX"):
        title = str(make_header(decode_header(letter["Subject"]))).replace("\n", "")
        found.append((title, Item(int(parsedate_to_datetime(letter["Date"]).timestamp()), None, None)))
    return found
