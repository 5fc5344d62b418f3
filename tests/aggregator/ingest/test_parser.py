"""The processes that read documents: what they give back, and how they die without harm."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from aggregator.errors import ParserDied
from aggregator.ingest import parser as parser_module
from aggregator.ingest.child import Document
from aggregator.ingest.parser import Parser
from feeds.clean.rules import Rules
from feeds.errors import EmptyDocument, FeedError, NotAFeed, Truncated
from feeds.parse.claims import MAX_ENTRIES
from tests.origin import Origin

RSS = b"""<rss version="2.0"><channel><title>A blog</title><link>https://a.example/</link>
<item><title>One</title><guid>1</guid><link>/1</link>
<description>&lt;p onclick="x()"&gt;Text&lt;/p&gt;</description></item>
</channel></rss>"""


def document(body: bytes, *, keep: tuple[str, ...] = ()) -> Document:
    rules = Rules(keep=keep, drop=())
    return Document(body=body, content_type="application/rss+xml", url="https://a.example/feed", rules=rules)


def dying(tmp_path: Path, what: str) -> tuple[str, ...]:
    """A command that stands in for the reading process and does something bad when it is given a document."""
    script = tmp_path / "dying.py"
    script.write_text(f"import os, sys, time\nsys.stdin.buffer.read(8)\n{what}\n")
    return (sys.executable, str(script))


async def test_a_document_comes_back_read_and_cleaned() -> None:
    async with Parser(1) as parser:
        feed = (await parser.read(document(RSS))).feed
    (entry,) = feed.entries
    assert (feed.title, entry.title, entry.url, entry.html) == ("A blog", "One", "https://a.example/1", "<p>Text</p>")


async def test_rules_travel_with_the_document() -> None:
    async with Parser(1) as parser:
        assert (await parser.read(document(RSS, keep=("title ~ Two",)))).feed.entries == ()


@pytest.mark.parametrize(
    ("body", "error"),
    [(b" \n", EmptyDocument), (b"<!DOCTYPE html><html><body>Log in</body></html>", NotAFeed), (RSS[:-20], Truncated)],
)
async def test_what_is_no_feed_is_said_by_its_error(body: bytes, error: type[Exception]) -> None:
    async with Parser(1) as parser:
        with pytest.raises(error, match=r"\w"):
            await parser.read(document(body))


async def test_one_process_reads_many_documents() -> None:
    async with Parser(1) as parser:
        answers = await asyncio.gather(*(parser.read(document(RSS)) for _ in range(20)))
        assert len(parser._all) == 1
    assert {answer.feed.title for answer in answers} == {"A blog"}


async def test_n12_a_process_that_dies_fails_its_document_alone(tmp_path: Path) -> None:
    async with Parser(1, command=dying(tmp_path, "os.kill(os.getpid(), 9)")) as parser:
        with pytest.raises(ParserDied, match="died"):
            await parser.read(document(RSS))
        parser._command = parser_module.COMMAND
        assert (await parser.read(document(RSS))).feed.title == "A blog"


async def test_a_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser_module, "WALL_SECONDS", 0.5)
    async with Parser(1, command=dying(tmp_path, "time.sleep(60)")) as parser:
        with pytest.raises(ParserDied, match="more than"):
            await parser.read(document(RSS))


async def test_the_process_has_no_secrets_to_give_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    seen = tmp_path / "environment"
    command = dying(tmp_path, f"open({str(seen)!r}, 'w').write(' '.join(os.environ))")
    async with Parser(1, command=command) as parser:
        with pytest.raises(ParserDied):
            await parser.read(document(RSS))
    assert set(seen.read_text().split()) <= {"PATH", "PYTHONPATH", "PYTHONUTF8", "LC_CTYPE"}


async def test_no_process_outlives_the_pool() -> None:
    async with Parser(2) as parser:
        await parser.read(document(RSS))
        (process,) = parser._all
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.mark.parametrize(
    "content",
    [
        b"<item><guid>1</guid><description>" + b"a &amp; b " * 1_000_000 + b"</description></item>",
        b"<item><guid>1</guid></item>" * 100_000,
        b"<item>" + b"<b>" * 100_000 + b"</b>" * 100_000 + b"</item>",
    ],
)
async def test_n13_a_monstrous_document_ends_within_its_limits_and_others_go_on(content: bytes) -> None:
    monster = b"<rss version='2.0'><channel><title>Monster</title>" + content + b"</channel></rss>"
    async with Parser(1) as parser:
        with suppress(ParserDied, FeedError):  # out of CPU or memory, or refused: that is its own failure
            assert len((await parser.read(document(monster))).feed.entries) <= MAX_ENTRIES
        assert (await parser.read(document(RSS))).feed.title == "A blog"


async def test_s11_nothing_that_a_document_points_to_is_fetched_or_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with Origin() as origin:
        declarations = (
            f'<!DOCTYPE rss SYSTEM "{origin.url("/dtd")}" [<!ENTITY file SYSTEM "file://{secret}">'
            f'<!ENTITY web SYSTEM "{origin.url("/web")}"><!ENTITY % more SYSTEM "{origin.url("/more")}"> %more;]>'
        )
        body = RSS.replace(b"<rss", f'<?xml-stylesheet href="{origin.url("/xsl")}"?>{declarations}<rss'.encode())
        hostile = body.replace(b"Text", b"Text &file; &web;")
        async with Parser(1) as parser:
            feed = (await parser.read(document(hostile))).feed
        assert origin.requests == []
    assert [entry.guid for entry in feed.entries] == ["1"]
    assert "hunter2" not in repr(feed)
