"""A few warm processes that read documents (`child`), each one at a time, replaced when one dies or takes too long.

They are spawned with an empty environment, so that nothing secret is there to be stolen by a hostile document.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from aggregator.errors import ParserDied
from aggregator.ingest.child import LENGTH, Answer, Document, Originals, Question, Read, Recleaned, Refused
from feeds import errors
from feeds.model import Entry

WALL_SECONDS = 30.0  # the CPU limit of the child comes first, unless it sleeps or swaps
PIPE_BYTES = 1 << 20
COMMAND = (sys.executable, "-m", "aggregator.ingest.child")


class Parser:
    """A pool of reading processes. `async with Parser() as parser: answer = await parser.read(document)`."""

    def __init__(self, processes: int | None = None, *, command: Sequence[str] = COMMAND) -> None:
        self._size = processes or max(1, min(4, os.cpu_count() or 1))
        self._command = command
        self._idle: asyncio.Queue[asyncio.subprocess.Process | None] = asyncio.Queue()
        self._all: set[asyncio.subprocess.Process] = set()
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
        answer = await self._answer(document)
        assert isinstance(answer, Read)
        return answer

    async def reclean(self, originals: Originals) -> tuple[Entry | None, ...]:
        """The entries cleaned again, in order; None for one that could not be.

        raises  ParserDied
        """
        answer = await self._answer(originals)
        assert isinstance(answer, Recleaned)
        return answer.entries

    async def _answer(self, question: Question) -> Read | Recleaned:
        process = await self._idle.get()
        alive: asyncio.subprocess.Process | None = None
        try:
            if process is None or process.returncode is not None:
                process = await self._start()
            async with asyncio.timeout(WALL_SECONDS):
                answer = await self._ask(process, question)
            alive = process
        except TimeoutError as error:
            raise ParserDied(f"reading took more than {WALL_SECONDS:.0f} s") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            raise ParserDied("the reading process died: out of CPU time or memory") from error
        finally:
            if process is not None and alive is None:
                await self._end(process)
            self._idle.put_nowait(alive)
        if isinstance(answer, Refused):
            raise getattr(errors, answer.error, errors.Unreadable)(answer.detail)
        return answer

    async def _ask(self, process: asyncio.subprocess.Process, question: Question) -> Answer:
        assert process.stdin is not None
        assert process.stdout is not None
        packed = msgspec.msgpack.encode(question)
        process.stdin.write(LENGTH.pack(len(packed)))
        process.stdin.write(packed)
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
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
            limit=PIPE_BYTES,
            start_new_session=True,  # Ctrl-C is for us to handle
        )
        self._all.add(process)
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._all.discard(process)
        if process.returncode is None:
            process.kill()
        await process.wait()
