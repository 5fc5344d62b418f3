"""The address of the database: checked, and a SQLite file made absolute. Never quoted in a message: it may hold a
password."""

from pathlib import Path

_SQLITE = "sqlite:///"
_POSTGRES = "postgresql+psycopg://"


def locate(address: str, folder: Path) -> str:
    """What the engine is opened with. `folder` is where relative paths begin.

    raises  ValueError, which says what to write
    """
    address = address.strip()
    if address.startswith(_POSTGRES) and len(address) > len(_POSTGRES):
        return address
    if address.startswith(("postgres:", "postgresql:", "postgresql+")):
        raise ValueError(f"must begin with `{_POSTGRES}`: psycopg 3 is the driver that is used")
    path = address.removeprefix(_SQLITE)
    if path == address or "?" in path or "#" in path:
        raise ValueError(f"must be `{_SQLITE}` and a path, or `{_POSTGRES}user@host/name`")
    if not path or path.endswith("/") or ":memory:" in path:
        raise ValueError(f"must name a file, such as `{_SQLITE}var/aggregator.db`")
    return f"{_SQLITE}{(folder / path).resolve()}"
