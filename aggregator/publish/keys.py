"""The file with the keys that image addresses are signed with: one a line, in hexadecimal, the newest first.

The first key signs; all of them verify. So a key is rotated by writing a new line above it, and ends when its line is
taken out (docs/images.md). Whoever knows a key can make us fetch any public address: the file is for us alone, and its
content is never logged or shown.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError

KEY_BYTES = 32  # as long as the hash of HMAC-SHA256, which is what RFC 2104 §3 asks for
KEY_FILE = "image-proxy.key"  # in var/ beside config.yaml
KEY_MODE = 0o600

_KEY = re.compile(rb"[0-9a-fA-F]{%d}" % (2 * KEY_BYTES))


class KeyFileError(AggregatorError):
    """The keys cannot be read or made; the message says what to do, and nothing of what is in the file."""


def load_keys(settings: Settings) -> tuple[bytes, ...]:
    """The keys, newest first, never none; the first one is made where there is no file yet.

    Several servers that start at once end with one and the same key: whoever has the lock on the folder makes it,
    whole, under another name first.

    raises  KeyFileError
    """
    path = settings.file.parent / "var" / KEY_FILE
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path.parent):
                if not path.exists():
                    _write(path, (secrets.token_bytes(KEY_BYTES),))
        return _read(path)
    except OSError as error:
        raise KeyFileError(f"the keys of the image proxy cannot be had from {path}: {error.strerror}") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; the kernel lets go of the lock however a process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, keys: tuple[bytes, ...]) -> None:
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)  # of one that was killed on the way
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(key.hex().encode() + b"\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _read(path: Path) -> tuple[bytes, ...]:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise KeyFileError(f"{path} may be read or written by others ({mode:04o}): chmod 600 it")
    lines = [line.strip() for line in path.read_bytes().splitlines()]
    wrong = next((number for number, line in enumerate(lines, 1) if line and not _KEY.fullmatch(line)), None)
    if wrong is not None or not any(lines):
        where = f"line {wrong} is" if wrong is not None else "there is"
        raise KeyFileError(
            f"{path}: {where} no key of {2 * KEY_BYTES} hexadecimal digits; without the file, one is made"
        )
    return tuple(bytes.fromhex(line.decode()) for line in lines if line)
