"""The whole way, all real: a loopback origin, config.yaml, `ingest --once` in a process, and feeds read back by
feedparser."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from aggregator.config.load import load
from aggregator.store.engine import open_engine
from aggregator.web import create_app
from tests.origin import Origin

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>{title}</title><link>https://{host}/</link><description>d</description>
{items}
</channel></rss>"""
ITEM = """<item><title>{title}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>
<pubDate>Mon, 02 Mar 2026 10:00:00 +0000</pubDate><description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"""
SHARED = ITEM.format(
    title="一个足够长的、两家都刊登的标题", link="https://a.example/shared", guid="{guid}", text="{text}"
)


def rss(title: str, *items: str) -> bytes:
    return RSS.format(title=title, host="a.example", items="\n".join(items)).encode()


def item(guid: str, text: str = "Some text", link: str | None = None) -> str:
    return ITEM.format(title=f"Entry {guid}", link=link or f"https://a.example/{guid}", guid=guid, text=text)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        yield origin


@pytest.fixture
def config(tmp_path: Path, origin: Origin) -> Path:
    origin.feed("/a.xml", rss("Blog A", item("a1"), SHARED.format(guid="a2", text="short")), etag='"a"')
    origin.feed(
        "/b.xml", rss("Blog B", item("b1"), SHARED.format(guid="b2", text="the longer text of the two")), etag='"b"'
    )
    file = tmp_path / "config.yaml"
    file.write_text(f"""
site: {{title: Journey, url: "http://127.0.0.1:8000"}}
fetch: {{per_host: 4}}
defaults: {{allow_private: true}}
categories:
  Tech/Python:
    - {origin.url("/a.xml")}
  新闻:
    - {origin.url("/b.xml")}
    - {origin.url("/nowhere.xml")}
""")
    return file


def aggregator(config: Path, *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "aggregator", "--config", str(config), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def read(config: Path, address: str) -> feedparser.FeedParserDict:
    settings = load(config, {})
    engine = open_engine(settings.database)
    body = create_app(settings, engine).test_client().get(address).data
    engine.dispose()
    parsed = feedparser.parse(body)
    assert not parsed.bozo
    return parsed


def test_from_config_to_a_feed_in_a_reader(config: Path) -> None:
    summary = aggregator(config, "ingest", "--once")
    assert "3 polls: 2 updated, 0 unchanged, 1 failed; 4 new items, 3 new stories." in summary
    everything = read(config, "/feeds/all.atom")
    assert sorted(entry.title for entry in everything.entries) == [
        "Entry a1",
        "Entry b1",
        "一个足够长的、两家都刊登的标题",
    ]
    tech, python, news = (read(config, f"/feeds/{slug}.rss") for slug in ("tech", "tech/python", "新闻"))
    assert {entry.id for entry in tech.entries} == {entry.id for entry in python.entries}
    (shared,) = {entry.id for entry in tech.entries} & {entry.id for entry in news.entries}
    text = next(entry.content[0].value for entry in news.entries if entry.id == shared)
    assert "the longer text of the two" in text
    assert "Also in:" in text


def test_what_was_read_is_found_and_written_to_files(config: Path) -> None:
    aggregator(config, "ingest", "--once")
    shared = "一个足够长的、两家都刊登的标题"
    assert [entry.title for entry in read(config, "/feeds/search.atom?q=刊登").entries] == [shared]
    assert [entry.title for entry in read(config, "/feeds/新闻.rss?q=longer+text").entries] == [shared]
    assert read(config, "/feeds/top.atom").feed.title == "Top of the last 24 hours · Journey"
    assert aggregator(config, "export", "static", str(config.parent / "site")).endswith("0 removed.\n")
    assert shared in (config.parent / "site/index.html").read_text()


def test_a_second_run_asks_politely_and_stores_nothing_new(config: Path, origin: Origin) -> None:
    aggregator(config, "ingest", "--once")
    before = read(config, "/feeds/all.rss")
    summary = aggregator(config, "ingest", "--once", "--force")
    assert "2 unchanged, 1 failed; 0 new items, 0 new stories." in summary
    assert read(config, "/feeds/all.rss") == before
    asked = [request for request in origin.requests if request.path == "/a.xml"]
    assert [request.header("If-None-Match") for request in asked] == [None, '"a"']


def test_an_edit_changes_the_story_and_keeps_its_identity(config: Path, origin: Origin) -> None:
    aggregator(config, "ingest", "--once")
    (before,) = [entry for entry in read(config, "/feeds/all.atom").entries if entry.title == "Entry a1"]
    origin.feed("/a.xml", rss("Blog A", item("a1", text="Edited")), etag='"a2"')
    aggregator(config, "ingest", "--once", "--force")
    entries = read(config, "/feeds/all.atom").entries
    (after,) = [entry for entry in entries if entry.title == "Entry a1"]
    assert (after.id, after.published, len(entries)) == (before.id, before.published, 3)
    assert after.updated > before.updated
    assert "Edited" in after.content[0].value


def test_status_says_what_is_wrong_and_ends_with_one(config: Path) -> None:
    aggregator(config, "ingest", "--once")
    health = json.loads(aggregator(config, "status", "--json", code=1))
    (broken,) = [source for source in health["sources"] if source["state"] == "failing"]
    assert broken["address"].endswith("/nowhere.xml")
    assert broken["reason"] == "missing"


def test_a_broken_config_starts_nothing_and_says_all(config: Path, origin: Origin) -> None:
    config.write_text(config.read_text() + "colour: blue\ndatabse: x\n")
    aggregator(config, "ingest", "--once", code=2)
    assert origin.requests == []
    assert not (config.parent / "var").exists()


def test_every_way_of_failing_is_on_the_status_page_and_harms_nobody(tmp_path: Path, origin: Origin) -> None:
    good = rss("Good", *(item(str(number)) for number in range(49)), item("50", text="&#xD800; is no character"))
    origin.feed("/good.xml", good)
    origin.feed("/page.html", b"<!DOCTYPE html><html><body>Please log in</body></html>", content_type="text/html")
    origin.feed("/empty.xml", b"")
    origin.feed("/cut.xml", good[: len(good) // 2])
    origin.feed("/huge.xml", rss("Huge", item("1", text="x" * 200_000)))
    expected = {
        origin.url("/page.html"): "not_a_feed",
        origin.url("/empty.xml"): "empty",
        origin.url("/cut.xml"): "truncated",
        origin.url("/huge.xml"): "too_large",
        "http://127.0.0.1:1/": "blocked_address",
        origin.url("/good.xml"): None,
    }
    config = tmp_path / "config.yaml"
    sources = "".join(f"    - {address}\n" for address in expected)
    limits = "fetch: {max_body: 100 KB, per_host: 8}\ndefaults: {allow_private: true}\n"
    config.write_text(f"{limits}categories:\n  Tech:\n{sources}")
    assert "6 polls: 1 updated, 0 unchanged, 5 failed; 50 new items" in aggregator(config, "ingest", "--once")
    health = json.loads(aggregator(config, "status", "--json", code=1))
    assert {source["address"]: source["reason"] for source in health["sources"]} == expected
    assert len(read(config, "/feeds/tech.rss").entries) == 50
