"""A folder of posts that is somebody else's too: which files in it are ours, and writing just those that changed.

A file of ours is known by the identity in its name, so it keeps the name that it was first given (and the address that
the site made of it) when its title changes, or when its owner renames it. All names stand in `LIST`, one a line; only
what is listed there is ever removed. A name is listed before its file is written, and every file is written beside and
then renamed, so a run that is killed leaves nothing that the next one does not put right. What is in the posts is for
the caller.
"""

import fcntl
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from aggregator.errors import AggregatorError
from feeds.render.posts import identity_in

LIST = ".aggregator-posts"  # generators pass over names that begin with a dot
_BESIDE = ".aggregator-posts.new"


class FolderError(AggregatorError):
    """The folder cannot be used: not to be written, full, somebody else's, or in use by another run."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was done to the files. `left` are posts whose stories are no longer among those exported; they stay."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    left: int = 0


def replace(path: Path, content: bytes, *, beside: Path) -> None:
    """Write a file so that nobody ever finds half of it; `beside` is where it grows, on the same disk.

    Not synced: the next run compares bytes, and mends what a power cut broke.
    """
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


class PostFolder:
    """The folder, made if it is not there, and ours alone until the `with` block ends.

    kind    of posts: what was begun for one generator is refused to another
    counts  what has been done so far
    raises  FolderError, from every method
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.counts = Counts()
        self._path = path
        self._kind = kind
        self._own: dict[str, str] = {}  # identity → name, of what is listed
        self._there: dict[str, str] = {}  # identity → name, of plain files that are there, listed or not

    def __enter__(self) -> "PostFolder":
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self._error("make or open", self._path, error) from error
        try:
            self._lock()
            self._read_list()
            self._look()
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write_list()
        finally:
            os.close(self._descriptor)

    def put(self, posts: Mapping[str, bytes]) -> None:
        """Write those posts whose bytes are not there already; `posts` are named as new ones would be."""
        named = {self._name(suggested): content for suggested, content in posts.items()}
        self._announce([name for name in named if self._own.get(_identity(name)) != name])
        for name, content in named.items():
            self._put(name, content)

    def settle(self, kept: Collection[str], *, prune: bool) -> None:
        """Count, or with `prune` remove, the listed posts whose identities are not among those kept."""
        gone = [identity for identity in self._own if identity not in kept]
        if not prune:
            self.counts.left += len(gone)
            return
        if gone and not kept:
            raise FolderError(
                f"there is not one story to export, so the {len(gone)} posts in {self._path} were left as they are; "
                "delete them yourself if that is meant"
            )
        for identity in gone:
            self._remove(self._own.pop(identity))
            self.counts.removed += 1

    def _name(self, suggested: str) -> str:
        identity = _identity(suggested)
        return self._there.get(identity) or self._own.get(identity) or suggested

    def _put(self, name: str, content: bytes) -> None:
        path = self._path / name
        known = _identity(name) in self._there
        try:
            if known and path.read_bytes() == content:
                self.counts.unchanged += 1
                return
            replace(path, content, beside=self._path / _BESIDE)
        except OSError as error:
            raise self._error("write", path, error) from error
        self._there[_identity(name)] = name
        if known:
            self.counts.changed += 1
        else:
            self.counts.new += 1

    def _remove(self, name: str) -> None:
        try:
            (self._path / name).unlink(missing_ok=True)
        except OSError as error:
            raise self._error("remove", self._path / name, error) from error

    # -- the list --------------------------------------------------------------------------------------------------

    def _read_list(self) -> None:
        try:
            head, *names = (self._path / LIST).read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        except FileNotFoundError:
            self._write_list()
            return
        except OSError as error:
            raise self._error("read", self._path / LIST, error) from error
        if head.startswith("# ") and head != self._head:
            raise FolderError(f"{self._path} holds posts for {head[2:]}; give {self._kind} a folder of its own")
        self._own = {identity: name for name in names if (identity := identity_in(name))}  # never a way out of here
        self._write_list()  # a line that was cut in two must not be continued

    def _write_list(self) -> None:
        path = self._path / LIST
        content = "".join(f"{line}\n" for line in (self._head, *sorted(self._own.values()))).encode()
        try:
            if not path.exists() or path.read_bytes() != content:
                replace(path, content, beside=self._path / _BESIDE)
        except OSError as error:
            raise self._error("write", path, error) from error

    def _announce(self, names: list[str]) -> None:
        if not names:
            return
        try:
            with (self._path / LIST).open("a", encoding="utf-8") as file:
                file.writelines(f"{name}\n" for name in names)
        except OSError as error:
            raise self._error("write", self._path / LIST, error) from error
        self._own |= {_identity(name): name for name in names}

    @property
    def _head(self) -> str:
        return f"# {self._kind}"

    # -- the folder ------------------------------------------------------------------------------------------------

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderError(f"another export is writing to {self._path}; wait until it is done") from error
        except OSError:  # some network file systems have no locks
            return

    def _look(self) -> None:
        try:
            with os.scandir(self._path) as found:
                names = [one.name for one in found if one.is_file(follow_symlinks=False)]
        except OSError as error:
            raise self._error("read", self._path, error) from error
        for name in names:
            identity = identity_in(name)
            if identity and (identity not in self._there or name == self._own.get(identity)):
                self._there[identity] = name

    def _error(self, what: str, path: Path, error: OSError) -> FolderError:
        return FolderError(f"cannot {what} {path}: {error.strerror or error}; what is written is whole, run it again")


def _identity(name: str) -> str:
    identity = identity_in(name)
    assert identity is not None, f"{name!r} is not the name of a post"
    return identity
