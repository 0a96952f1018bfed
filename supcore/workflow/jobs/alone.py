"""One process at a time for one job, of whatever run and on whatever machine."""

import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def alone(checkpoint: str | Path) -> Iterator[None]:
    """Hold a lock beside a job's checkpoint, waiting for the process that has it.

    Snakemake locks a working directory, but several of them may share data, weights and SUPs. The system, or the file
    server, drops the lock of a process that dies, and of a machine. Where nothing can be locked, a warning says so.

    Raises:
        OSError: the folder cannot be written.
    """
    path = Path(f"{checkpoint}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("ab+") as stream:
            _acquire(stream.fileno(), path)
            if not _is_at(path, stream.fileno()):  # its holder has deleted it
                continue
            with suppress(OSError):
                stream.truncate(0)
                os.write(stream.fileno(), f"process {os.getpid()} on {socket.gethostname()}".encode())
            try:
                yield
            finally:
                with suppress(OSError):
                    path.unlink()
            return


def _acquire(file: int, path: Path) -> None:
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 300, 0).decode(errors="replace") or "another process"
            logger.info("%s is at work on the same job; waiting for its end (%s)", holder, path)
            fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        logger.warning("warning: %s: cannot be locked (%s); let no other run do the same job", path, error.strerror)


def _is_at(path: Path, file: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False
