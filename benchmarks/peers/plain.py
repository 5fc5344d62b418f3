"""The plain script that one writes in an afternoon: requests, feedparser, sqlite3; conditional, one feed after another.

python plain.py DATABASE ADDRESSES
"""

import sqlite3
import sys
from pathlib import Path

import feedparser
import requests

SCHEMA = """
CREATE TABLE IF NOT EXISTS feeds (address TEXT PRIMARY KEY, etag TEXT, modified TEXT);
CREATE TABLE IF NOT EXISTS items (
    address TEXT, guid TEXT, title TEXT, link TEXT, published TEXT, html TEXT, PRIMARY KEY (address, guid)
);
"""


def poll(session: requests.Session, database: sqlite3.Connection, address: str) -> None:
    """One feed, in one transaction."""
    known = database.execute("SELECT etag, modified FROM feeds WHERE address = ?", (address,)).fetchone()
    etag, modified = known or (None, None)
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    answer = session.get(address, headers={name: value for name, value in headers.items() if value}, timeout=30)
    if answer.status_code == 304:
        return
    answer.raise_for_status()
    parsed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
    with database:
        database.executemany(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)",
            [
                (address, one.id, one.title, one.link, one.get("published", one.get("updated")), html_of(one))
                for one in parsed.entries
            ],
        )
        validators = answer.headers.get("etag"), answer.headers.get("last-modified")
        database.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", (address, *validators))


def html_of(entry: feedparser.FeedParserDict) -> str:
    """The content, or what RSS has in its place."""
    return entry.content[0].value if "content" in entry else entry.summary


def main() -> None:
    """Poll all."""
    file, addresses = sys.argv[1:]
    database = sqlite3.connect(file)
    database.executescript(SCHEMA)
    with requests.Session() as session:
        for address in Path(addresses).read_text().split():
            poll(session, database, address)


main()
