"""One process at a time for one file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from supcore.errors import SupError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``.<name>.lock`` beside ``path``, waiting for other processes to release it.

    Raises:
        SupError: the folder cannot be written, or its file system has no locks.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        raise SupError(f"{lock.lock_file}: cannot be locked ({error}); choose another downloads folder") from error
    try:
        yield
    finally:
        lock.release()
