"""What only one transaction may do at a time, in whichever process: a lock that ends with the transaction.

On SQLite whoever writes is alone anyway. On PostgreSQL an advisory lock says so; being the transaction's own, it goes
with it however its holder ends, and stands no matter how connections are pooled.
"""

from enum import IntEnum

from sqlalchemy import Connection, func, select


class Lock(IntEnum):
    """The names of the locks: numbers, because PostgreSQL wants them; any will do that nobody else uses."""

    MERGING = 0x6D65726765
    INDEXING = 0x696E646578
    CLAIMING = 0x636C61696D
    SETTING_UP = 0x7365747570


def wait_for(connection: Connection, lock: Lock) -> None:
    """Go on when nobody else has the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(int(lock))))


def got(connection: Connection, lock: Lock) -> bool:
    """Whether the lock is ours now; nobody waits."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(int(lock)))))
