"""Files of the user's: their content decides whether jobs run again, since an older file may take the place of one."""

from functools import cache
from pathlib import Path

from supcore.download.checks import Expected, find_problem
from supcore.download.registry import Checkpoint
from supcore.files import sha256


def own_copy(checkpoint: Checkpoint) -> str | list[str]:
    """The user's own copy of a released file; none where it is downloaded."""
    return [] if checkpoint.path is None else str(checkpoint.path)


def own_content(checkpoint: Checkpoint) -> list[str | bool | None] | None:
    """What the user's own copy holds, and whether that is what its entry states; None where it is downloaded."""
    if checkpoint.path is None:
        return None
    stated = find_problem(checkpoint.path, Expected(checkpoint.sha256, checkpoint.size)) is None
    return [file_content(str(checkpoint.path)), stated]


@cache
def file_content(path: str) -> str | None:
    """Hash of a file's content; None if it cannot be read, which the job that needs it will say."""
    try:
        return sha256(path) if Path(path).is_file() else None
    except OSError:
        return None
