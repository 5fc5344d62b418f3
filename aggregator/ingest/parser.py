"""A few warm processes that read documents (`child`), each one at a time, replaced when one dies or takes too long.

They are spawned with an empty environment, in the root folder, and with no file but their pipes, so that nothing is
there to be stolen by a hostile document. What comes back is not trusted either: it is bounded and typed, and a process
that says anything else is ended.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import msgspec

from aggregator.errors import ParserDied
from aggregator.ingest.child import (
    LENGTH,
    Answer,
    Document,
    Indexed,
    Originals,
    Question,
    Read,
    Recleaned,
    Refused,
    Texts,
)
from feeds import errors
from feeds.model import Entry
from feeds.terms import Terms

WALL_SECONDS = 30.0  # the CPU limit of the child comes first, unless it sleeps or swaps
PIPE_BYTES = 1 << 20
# An answer holds every text twice, cleaned and packed: 20 MiB for 15 MiB of entries, and no process has more memory.
ANSWER_BYTES = 128 << 20
# A process is replaced after so much, in case it grows: 186 real feeds, eight times over, took it from 44 to 47 MiB.
# After a long document its memory is in pieces, which its limit counts. A start takes 0.2 s of CPU.
DOCUMENTS_READ = 1000
LONG_DOCUMENT = 2 << 20
MAX_DETAIL = 1000  # characters that are kept of what a refusal says
_ERRORS = {
    error.__name__: error for error in (errors.EmptyDocument, errors.NotAFeed, errors.Truncated, errors.Unreadable)
}
A = TypeVar("A", Read, Recleaned, Indexed)

COMMAND = (sys.executable, "-m", "aggregator.ingest.child")


class Nonsense(Exception):
    """An answer is longer than any can be, or one to another question."""


class Parser:
    """A pool of reading processes. `async with Parser() as parser: answer = await parser.read(document)`."""

    def __init__(self, processes: int | None = None, *, command: Sequence[str] = COMMAND) -> None:
        self._size = processes or max(1, min(4, os.cpu_count() or 1))
        self._command = command
        self._idle: asyncio.Queue[asyncio.subprocess.Process | None] = asyncio.Queue()
        self._all: set[asyncio.subprocess.Process] = set()
        self._read: Counter[asyncio.subprocess.Process] = Counter()
        self._decoder = msgspec.msgpack.Decoder(Answer)

    async def __aenter__(self) -> "Parser":
        for _ in range(self._size):
            self._idle.put_nowait(None)  # started when first needed: a poll that finds nothing new needs none
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in tuple(self._all):
            await self._end(process)

    async def read(self, document: Document) -> Read:
        """The feed in a document, cleaned, and what to remember of it.

        raises  FeedError, what the document is instead; ParserDied, when reading it cost too much
        """
        return await self._answer(document, Read)

    async def reclean(self, originals: Originals) -> tuple[Entry | None, ...]:
        """The entries cleaned again, in order; None for one that could not be.

        raises  ParserDied
        """
        return (await self._answer(originals, Recleaned)).entries

    async def index(self, texts: Texts) -> tuple[Terms, ...]:
        """What texts are found by, in order.

        raises  ParserDied
        """
        return (await self._answer(texts, Indexed)).terms

    async def _answer(self, question: Question, kind: type[A]) -> A:
        packed = msgspec.msgpack.encode(question)
        process = await self._idle.get()
        alive: asyncio.subprocess.Process | None = None
        try:
            process = await self._ready(process)
            async with asyncio.timeout(WALL_SECONDS):
                answer = await self._ask(process, packed)
            if not isinstance(answer, (kind, Refused)) or not _is_whole(question, answer):
                raise Nonsense
            alive = process if self._may_go_on(process, len(packed)) else None
        except TimeoutError as error:
            raise ParserDied(f"reading took more than {WALL_SECONDS:.0f} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ParserDied("the reading process died: out of CPU time or memory") from error
        except (msgspec.MsgspecError, Nonsense) as error:
            raise ParserDied("the reading process gave an answer that is none") from error
        finally:
            try:
                if process is not None and alive is None:
                    await self._end(process)
            finally:
                self._idle.put_nowait(alive)
        if isinstance(answer, Refused):
            raise _ERRORS.get(answer.error, errors.Unreadable)(answer.detail[:MAX_DETAIL])
        return answer

    async def _ready(self, process: asyncio.subprocess.Process | None) -> asyncio.subprocess.Process:
        """The process, or another one where it has not been started, or has died since its last answer."""
        if process is not None:
            assert process.stdout is not None
            if process.returncode is None and not process.stdout.at_eof():
                return process
            await self._end(process)
        return await self._start()

    def _may_go_on(self, process: asyncio.subprocess.Process, size: int) -> bool:
        self._read[process] += 1
        return size <= LONG_DOCUMENT and self._read[process] < DOCUMENTS_READ

    async def _ask(self, process: asyncio.subprocess.Process, packed: bytes) -> Answer:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(LENGTH.pack(len(packed)))
        process.stdin.write(packed)
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > ANSWER_BYTES:
            raise Nonsense
        answer: Answer = self._decoder.decode(await process.stdout.readexactly(length))
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
        root = str(Path(__file__).parents[2])
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # tracebacks of hostile documents are nobody's news
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": root, "PYTHONUTF8": "1"},
            cwd="/",
            limit=PIPE_BYTES,
            start_new_session=True,  # Ctrl-C is for us to handle
        )
        self._all.add(process)
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._all.discard(process)
        self._read.pop(process, None)
        if process.returncode is None:
            with suppress(ProcessLookupError):  # it has just died by itself
                process.kill()
        await process.wait()
        transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]
        transport.close()  # its pipes: a process that has left one to a child of its own would keep it open


def _is_whole(question: Question, answer: Answer) -> bool:
    """Whether an answer has one of everything for each that was asked for."""
    match question, answer:
        case Document(), Read():
            return len(answer.feed.entries) == len(answer.originals) == len(answer.findings)
        case Originals(), Recleaned():
            return len(answer.entries) == len(question.packed)
        case Texts(), Indexed():
            return len(answer.terms) == len(question.texts)
        case _:
            return True
