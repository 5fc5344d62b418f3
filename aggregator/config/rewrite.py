"""config.yaml replaced as a whole by an edited text, or not at all.

What it is encoded in, a mark at its beginning, its mode and owner stay, and where it is a link, that which it leads to
is replaced.
"""

import codecs
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from aggregator.config.text import read_text
from aggregator.errors import AggregatorError

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class CannotWrite(AggregatorError):
    """The file was not replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file as it stands there, and as text."""

    body: bytes
    text: str
    mark: bytes
    encoding: str

    def encoded(self, text: str) -> bytes:
        """Another text, written as this one is."""
        return self.mark + text.encode(self.encoding)


def open_text(body: bytes) -> Written:
    """The bytes of the file as text.

    raises  Unusable
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if body.startswith(mark)), (b"", "utf-8"))
    return Written(body=body, text=read_text(body), mark=mark, encoding=encoding)


def replace_file(file: Path, before: bytes | None, after: bytes) -> None:
    """Put other bytes in the place of a file, so that nobody ever finds half of them.

    before  what it had when the edit was thought out, None for no file; where it has something else by now, it stays

    raises  CannotWrite
    """
    target = file.resolve()
    try:
        stat = target.stat() if before is not None else None
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as beside:
            try:
                beside.write(after)
                beside.flush()
                os.fsync(beside.fileno())
                if stat is not None:
                    os.fchmod(beside.fileno(), stat.st_mode & 0o7777)
                    with suppress(PermissionError):  # of somebody else, who lets our group write it
                        os.fchown(beside.fileno(), stat.st_uid, stat.st_gid)
                else:
                    os.fchmod(beside.fileno(), 0o644)
                if (target.read_bytes() if target.exists() else None) != before:
                    raise CannotWrite(f"{file} was changed by somebody else just now; nothing was written, try again")
                os.replace(beside.name, target)
            except BaseException:
                os.unlink(beside.name)
                raise
    except OSError as error:
        raise CannotWrite(f"cannot write {file}: {error.strerror}") from error
