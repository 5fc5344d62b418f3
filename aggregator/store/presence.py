"""Whether another worker is alive on this database, so that the leases of one that was killed need not run out first.

Each worker holds a shared lock on a file beside the SQLite database for as long as it lives; the kernel lets go of it
however it dies. Who gets the lock for itself alone knows that every lease in the database belongs to the dead.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from aggregator.store.files import beside


@contextmanager
def present(engine: Engine) -> Iterator[bool]:
    """Be known as a worker until the end of the block; the value says whether we are the only one.

    On PostgreSQL it is always False: workers are on many machines there, and a lease that was left behind runs out.
    """
    file = beside(engine.url, ".workers")
    if file is None:
        yield False
        return
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        alone = _lock_alone(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield alone
    finally:
        os.close(descriptor)


def _lock_alone(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
