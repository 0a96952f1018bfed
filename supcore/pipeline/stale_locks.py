"""Locks that a killed Snakemake leaves behind: it cannot remove them, and they would stop the next run."""

import fcntl
import platform
from pathlib import Path
from typing import IO

# Kept open, and so locked, as long as the process lives.
_held: list[IO[str]] = []


def clear_stale_locks(folder: str | Path) -> None:
    """Remove Snakemake's locks from a working directory in which no process of the workflow is alive.

    Every process that reads the workflow, the jobs included, shares a lock of the operating system, which vanishes with
    it however it ends. Who gets that lock alone knows that Snakemake's own are nobody's, or another workflow's, which
    should have a folder of its own. Nothing is removed once a
    process of another machine was here, since many network file systems keep such locks to one machine; nor where the
    file system has no locks, or may not be written.

    Args:
        folder: Snakemake's folder ``.snakemake``; made if it is not there.
    """
    folder, machine = Path(folder), platform.node()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "alive.lock").open("a+", encoding="utf-8")
    except OSError:
        return
    _held.append(file)
    file.seek(0)
    machines = set(file.read().split())
    try:
        if machine not in machines:
            print(machine, file=file, flush=True)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if machines <= {machine}:
            for lock in (folder / "locks").glob("*.lock"):
                lock.unlink(missing_ok=True)
    except OSError:  # somebody is alive, or the file system knows no locks
        pass
    _share(file)


def _share(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_SH)
    except OSError:
        _held.remove(file)
        file.close()
