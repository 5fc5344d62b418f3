"""Reads a `file:` source: its modification time and size stand in for a validator, so an unchanged file is not read.

Only regular files, and no more of them than a body from the network may have: a pipe or a device would never end.
"""

import os
import stat
from pathlib import Path

from aggregator.errors import FetchError
from aggregator.fetch.client import Response
from aggregator.fetch.decode import too_large
from aggregator.outcome import Exchange, Hints, Reason, Validators


def read(path: Path, validators: Validators, max_body: int) -> Response:
    """The file as if it had come over the wire: status 304 and no body if it is what it was.

    raises  FetchError: FILE if it cannot be read, TOO_LARGE, EMPTY
    """
    url = path.as_uri() if path.is_absolute() else f"file:{path}"
    try:
        # Not blocking: opening a pipe that nobody writes into would wait for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise FetchError(Reason.FILE, f"{path} is not a regular file")
            known = Validators(url=url, etag=b'"%x-%x"' % (state.st_mtime_ns, state.st_size))
            body = b"" if known == validators else file.read(max_body + 1)
    except (OSError, ValueError) as error:
        raise FetchError(Reason.FILE, f"{path} cannot be read: {_cause(error)}") from error
    if known != validators:
        _check(path, body, max_body)
    return Response(
        status=304 if known == validators else 200,
        url=url,
        moved_to=None,
        body=body,
        content_type=None,
        validators=known,
        hints=Hints(),
        exchange=Exchange(wire_bytes=len(body)),
    )


def _check(path: Path, body: bytes, max_body: int) -> None:
    if len(body) > max_body:
        raise too_large(max_body)
    if not body:
        raise FetchError(Reason.EMPTY, f"{path} is empty")


def _cause(error: Exception) -> str:
    return error.strerror or "unknown" if isinstance(error, OSError) else str(error)
