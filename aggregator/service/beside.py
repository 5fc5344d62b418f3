"""The server that `run` has beside itself, in a process of its own. Imports next to nothing, so that it starts first.

What it needs to start, to import and to read config.yaml twice, is as much as we need: with 10,000 sources `run` serves
its first page after 1.8 s so, and after 2.7 if the server is started when all else is ready.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.config.values import Listen

GRACE_SECONDS = 5.0


class AddressTaken(AggregatorError):
    """The address to listen at is in use, or not of this machine."""


@contextmanager
def server(config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`aggregator serve` on the same file, ended with the block if it has not ended by itself.

    It says nothing of a file that cannot be used, for we do, and answers nobody before the database is up to date.
    """
    command = (sys.executable, "-m", "aggregator", "--config", str(config), "serve", "--attached")
    process = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # until somebody minds it better
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, and if it does not, end it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def require_free(listen: "Listen") -> None:
    """Make sure that nobody listens at an address: the server would share it silently (SO_REUSEPORT).

    raises  AddressTaken
    """
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, listen.host, listen.port)
    except OSError as error:
        raise AddressTaken(
            f"cannot listen at {listen}: {os.strerror(error.errno or 0)}; see `listen:` in config.yaml"
        ) from error
    server.close()
    await server.wait_closed()
