"""A folder that a web server shows: which files in it are ours, and writing just those whose bytes changed.

A file of ours is listed before it is written, every file is written beside and then renamed, and only what is listed is
ever removed: so nobody finds half a file, a run that is killed leaves nothing that the next one does not put right, and
what others put into the folder stays. What is in the files is for the caller.
"""

import fcntl
import os
from pathlib import Path, PurePosixPath
from types import TracebackType

from aggregator.publish.folder import Counts, FolderError, replace

LIST = ".aggregator-site"
_HEAD = "# written by aggregator export static; only what is listed here is ever removed"
_BESIDE = ".aggregator-site.new"


class SiteFolder:
    """The folder, made if it is not there, and ours alone until the `with` block ends.

    counts  what has been done so far
    raises  FolderError, from every method
    """

    def __init__(self, path: Path) -> None:
        self.counts = Counts()
        self._path = path
        self._listed: set[str] = set()
        self._kept: set[str] = set()

    def __enter__(self) -> "SiteFolder":
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._error("make or open", self._path, error) from error
        try:
            self._lock()
            self._listed = self._read_list()
            self._write_list()  # a line that was cut in two must not be continued
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def put(self, name: str, content: bytes) -> None:
        """Write a file, `/` between the names of folders, unless its bytes are there already."""
        if not _is_safe(name):
            raise FolderError(f"{name!r} is no name of a file in a folder")
        self._kept.add(name)
        path = self._path / name
        try:
            known = path.is_file()
            if known and path.read_bytes() == content:
                self.counts.unchanged += 1
                self._announce(name)
                return
            self._announce(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, content, beside=self._path / _BESIDE)
        except OSError as error:
            raise self._error("write", path, error) from error
        if known:
            self.counts.changed += 1
        else:
            self.counts.new += 1

    def keep(self, name: str) -> None:
        """A file that this run does not write, but that must stay as it is."""
        self._kept.add(name)

    def settle(self) -> None:
        """Remove what was written by earlier runs and not by this one, and the folders that are empty then."""
        for name in sorted(self._listed - self._kept, reverse=True):
            path = self._path / name
            try:
                self.counts.removed += path.is_file()
                path.unlink(missing_ok=True)
                self._remove_empty(path.parent)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise self._error("remove", path, error) from error
        self._listed &= self._kept
        self._write_list()

    def _remove_empty(self, folder: Path) -> None:
        while folder != self._path and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def _read_list(self) -> set[str]:
        try:
            head, *names = (self._path / LIST).read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise self._error("read", self._path / LIST, error) from error
        if head and head != _HEAD:
            raise FolderError(f"{self._path / LIST} is not ours; give the site a folder of its own")
        return {name for name in names if _is_safe(name)}

    def _write_list(self) -> None:
        content = "".join(f"{line}\n" for line in (_HEAD, *sorted(self._listed))).encode()
        path = self._path / LIST
        try:
            if not path.exists() or path.read_bytes() != content:
                replace(path, content, beside=self._path / _BESIDE)
        except OSError as error:
            raise self._error("write", path, error) from error

    def _announce(self, name: str) -> None:
        if name not in self._listed:
            with (self._path / LIST).open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
            self._listed.add(name)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderError(f"another export is writing to {self._path}; wait until it is done") from error
        except OSError:  # some network file systems have no locks
            return

    def _error(self, what: str, path: Path, error: OSError) -> FolderError:
        return FolderError(f"cannot {what} {path}: {error.strerror or error}; what is written is whole, run it again")


def _is_safe(name: str) -> bool:
    """Whether a name stays within the folder, and stands on one line."""
    parts = PurePosixPath(name).parts
    return name.isprintable() and bool(parts) and str(PurePosixPath(name)) == name and not {"/", ".."} & set(parts)
