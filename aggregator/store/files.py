"""Where a SQLite database is; what else it needs lies beside it under longer names. PostgreSQL has no file of ours."""

from pathlib import Path

from sqlalchemy import URL


def file_of(url: URL) -> Path | None:
    """The file of the database at `url`; None where it is in memory, or PostgreSQL's."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def beside(url: URL, ending: str) -> Path | None:
    """The file beside it whose name is longer by `ending`; None where there is none for it to be beside."""
    file = file_of(url)
    return None if file is None else file.with_name(file.name + ending)
