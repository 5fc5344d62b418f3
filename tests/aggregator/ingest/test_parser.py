"""The processes that read documents: what they give back, and how they die without harm."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from aggregator.errors import ParserDied
from aggregator.ingest import parser as parser_module
from aggregator.ingest.child import (
    LENGTH,
    MAX_PROBLEMS,
    Document,
    Indexed,
    Originals,
    Question,
    Read,
    Recleaned,
    Refused,
    Texts,
)
from aggregator.ingest.parser import ANSWER_BYTES, Parser
from feeds.clean.rules import Rules
from feeds.errors import EmptyDocument, FeedError, NotAFeed, Truncated, Unreadable
from feeds.findings import find_out
from feeds.model import Entry, Feed
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


async def test_x10_an_encoding_can_be_guessed_within_the_limits_of_the_process() -> None:
    body = RSS.decode().replace("One", "Учёные обнаружили древний город").encode("koi8-r")
    async with Parser(1) as parser:
        feed = (await parser.read(document(body))).feed
    assert feed.entries[0].title == "Учёные обнаружили древний город"
    assert feed.problems == ("the document names no encoding that we know, but is koi8_r",)


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


async def test_of_many_problems_the_first_are_told() -> None:
    items = b'{"title":"no id"},' * 100
    async with Parser(1) as parser:
        problems = (await parser.read(document(b'{"items":[' + items + b'{"id":1}]}'))).feed.problems
    assert (len(problems), problems[-1]) == (MAX_PROBLEMS + 1, "and 80 more")


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


async def processes(parser: Parser) -> list[int]:
    """Those that the pool has, which are alive."""
    return [process.pid for process in parser._all if process.returncode is None]


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(
    "what",
    ["os._exit(0)", "os.abort()", "os.kill(os.getpid(), 11)", "x = bytearray(1 << 60)", "while True: pass"],
    ids=["exit", "abort", "segfault", "memory", "cpu"],
)
async def test_n12_others_in_flight_go_on_and_nothing_is_left_of_the_dead(tmp_path: Path, what: str) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1)); "
    before = children()
    async with Parser(2) as parser:
        await parser.read(document(RSS))  # starts the one process that is warm; the next one to start dies
        files, pids = open_files(), await processes(parser)
        parser._command = dying(tmp_path, f"{limit}{what}")
        answers = await asyncio.gather(parser.read(document(RSS)), parser.read(document(RSS)), return_exceptions=True)
        assert sorted(type(answer).__name__ for answer in answers) == ["ParserDied", "Read"]
        assert (open_files(), await processes(parser)) == (files, pids)
        parser._command = parser_module.COMMAND
        again = await asyncio.gather(*(parser.read(document(RSS)) for _ in range(4)))
        assert {answer.feed.title for answer in again} == {"A blog"}
    assert children() == before  # no zombie either


async def test_n12_a_process_that_is_killed_between_two_documents_is_replaced_silently() -> None:
    async with Parser(1) as parser:
        await parser.read(document(RSS))
        (process,) = parser._all
        process.kill()
        await process.wait()
        assert (await parser.read(document(RSS))).feed.title == "A blog"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (b"\xff" * 8, "none"),  # an answer of 2^64 - 1 bytes
        (LENGTH.pack(ANSWER_BYTES + 1), "none"),
        (LENGTH.pack(3) + b"\xc1\xc1\xc1", "none"),
        (LENGTH.pack(1) + b"\x80", "none"),
        (LENGTH.pack(100) + b"short", "died"),
        (b"", "died"),
    ],
)
async def test_a_process_that_answers_nonsense_is_ended(tmp_path: Path, said: bytes, message: str) -> None:
    say = f"sys.stdout.buffer.write({said!r}); sys.stdout.flush(); sys.stdout.close(); os.close(1); time.sleep(60)"
    async with Parser(1, command=dying(tmp_path, say)) as parser:
        with pytest.raises(ParserDied, match=message):
            await parser.read(document(RSS))
        assert await processes(parser) == []


async def test_an_answer_to_another_question_is_nonsense_too(tmp_path: Path) -> None:
    packed = msgspec.msgpack.encode(Recleaned(()))
    say = f"sys.stdout.buffer.write({LENGTH.pack(len(packed)) + packed!r}); sys.stdout.flush(); time.sleep(60)"
    async with Parser(1, command=dying(tmp_path, say)) as parser:
        with pytest.raises(ParserDied, match="none"):
            await parser.read(document(RSS))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (document(RSS), Read(Feed(entries=(Entry(guid="1"),)), (b"original",), (), 1)),
        (document(RSS), Read(Feed(entries=(Entry(guid="1"),)), (), (find_out(Entry(guid="1")),), 1)),
        (Originals((b"1", b"2")), Recleaned((None,))),
        (Texts((("a", "b"),)), Indexed(())),
    ],
)
async def test_an_answer_that_is_not_whole_is_nonsense_too(
    tmp_path: Path, question: Question, answer: Read | Recleaned | Indexed
) -> None:
    packed = msgspec.msgpack.encode(answer)
    say = f"sys.stdout.buffer.write({LENGTH.pack(len(packed)) + packed!r}); sys.stdout.flush(); time.sleep(60)"
    async with Parser(1, command=dying(tmp_path, say)) as parser:
        with pytest.raises(ParserDied, match="none"):
            await parser._answer(question, type(answer))
        assert await processes(parser) == []


@pytest.mark.parametrize("error", ["FeedError", "__builtins__", "dataclass", "Unreadable"])
async def test_a_refusal_is_one_of_those_that_we_know_and_not_endless(tmp_path: Path, error: str) -> None:
    packed = msgspec.msgpack.encode(Refused(error, "x" * 5000))
    say = f"sys.stdout.buffer.write({LENGTH.pack(len(packed)) + packed!r}); sys.stdout.flush(); time.sleep(60)"
    async with Parser(1, command=dying(tmp_path, say)) as parser:
        with pytest.raises(Unreadable, match=r"^x{1000}$"):
            await parser.read(document(RSS))


async def test_a_process_is_replaced_after_many_documents_and_after_a_long_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parser_module, "DOCUMENTS_READ", 3)
    monkeypatch.setattr(parser_module, "LONG_DOCUMENT", 10_000)
    seen = []
    async with Parser(1) as parser:
        for body in (RSS, RSS, RSS, RSS, RSS + b" " * 10_000, RSS):
            assert (await parser.read(document(body))).feed.title == "A blog"
            seen.append(await processes(parser))
    assert [len(alive) for alive in seen] == [1, 1, 0, 1, 0, 1]


HEAD, TAIL = b"<rss version='2.0'><channel><title>Monster</title>", b"</channel></rss>"
ATTRIBUTES = b" ".join(b"a%d='%d'" % (number, number) for number in range(50_000))
LAUGHS = b"".join(b"<!ENTITY b%d '%s'>" % (n, b"&b%d;" % (n - 1) * 10) for n in range(12))
MONSTERS = {
    "n13_x06 100,000 items": (b"<item><guid>1</guid></item>" * 100_000, 2000),
    "x06 a million items": (b"<item></item>" * 1_000_000, 2000),
    "n13 a description of 10 MB": (b"<item><description>" + b"a &amp; b " * 1_000_000 + b"</description></item>", 1),
    "n13 10 MB in lines": (b"<item><description>" + b"a\n" * 5_000_000 + b"</description></item>", 1),
    "x05 9,000 deep": (b"<item>" + b"<b>" * 9_000 + b"</b>" * 9_000 + b"</item>", 1),
    "x05 100,000 deep": (b"<item>" + b"<b>" * 100_000 + b"</b>" * 100_000 + b"</item>", 0),
    "x07 50,000 attributes": (b"<item><enclosure " + ATTRIBUTES + b"/></item>", 1),
    "x07 an attribute of 5 MB": (b"<item><enclosure url='" + b"a" * 5_000_000 + b"'/></item>", 1),
    "x03 a tag of 10 MB": (b"<item><" + b"a" * 10_000_000 + b"/></item>", 1),
    "n13 15 MB of entries": (b"<item><description>" + b"word " * 1400 + b"</description></item>", 2000),
}


@pytest.mark.parametrize("name", MONSTERS)
async def test_n13_x03_x05_x06_x07_a_monstrous_document_is_read_within_the_limits(name: str) -> None:
    content, entries = MONSTERS[name]
    body = HEAD + content * (2000 if "15 MB" in name else 1) + TAIL
    async with Parser(1) as parser:
        assert len((await parser.read(document(body))).feed.entries) == entries


@pytest.mark.parametrize("subset", [LAUGHS, b"<!ENTITY b11 '%s'>" % (b"a" * 20_000), b"<!ENTITY b11 '&b11;'>"])
async def test_x02_x03_entities_cost_nothing_in_the_real_process(subset: bytes) -> None:
    content = b"<item><guid>1</guid><description>" + b"&b11;" * 20_000 + b"</description></item>"
    body = b"<?xml version='1.0'?><!DOCTYPE rss [" + subset + b"]>" + HEAD + content + TAIL
    async with Parser(1) as parser:
        (entry,) = (await parser.read(document(body))).feed.entries
    assert len(entry.html) < 300_000


@pytest.mark.parametrize(
    "content", [b"<item>" * 600_000, b"<ITEM/>" * 1_500_000, b"& " + b"<a b='" * 1_500_000, b"&" * 5_000_000]
)
async def test_n13_whatever_comes_of_a_hostile_document_the_next_one_is_read(content: bytes) -> None:
    async with Parser(1) as parser:
        with suppress(ParserDied, FeedError):  # out of CPU or memory, or refused: that is its own failure
            assert len((await parser.read(document(HEAD + content + TAIL))).feed.entries) <= MAX_ENTRIES
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
        included = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{origin.url("/xi")}" parse="text"/>'
        hostile = body.replace(b"Text", b"Text &file; &web;").replace(b"<guid>", included.encode() + b"<guid>")
        async with Parser(1) as parser:
            feed = (await parser.read(document(hostile))).feed
        assert origin.requests == []
    assert [entry.guid for entry in feed.entries] == ["1"]
    assert "hunter2" not in repr(feed)
