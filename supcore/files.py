"""Writing files so that a reader never meets half of one, and hashing them."""

import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from shutil import rmtree
from typing import Any

from supcore.errors import SupError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on failure.

    The temporary name keeps the suffix, because writers choose the format by it. The data are forced to disk before the
    rename, and the rename before this returns, so that a power failure leaves either the old file or the complete new
    one, and the new one if something that it replaces, such as a checkpoint, is deleted afterwards.

    Raises:
        SupError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise SupError(f"{path}: cannot write here ({error.strerror}); free space or choose another folder") from error
    temporary = Path(name)
    try:
        yield temporary
        _open_to_others(temporary)
        for check in _checks:
            check()
        publish(temporary, path)
    except OSError as error:
        if error.filename is not None and Path(error.filename) != temporary:
            raise  # about another file that the block reads
        raise SupError(
            f"{path}: writing failed ({error.strerror or error}); free space or choose another folder"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """As :func:`atomic_path`, a folder to write files into with :func:`atomic_path`; it replaces an older one.

    Raises:
        SupError: the older one cannot be deleted.
        OSError: the folder around it cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield temporary
        _open_to_others(temporary, 0o777)
        for check in _checks:
            check()
        _delete_folder(path)
        temporary.replace(path)
        _force_to_disk(path.parent)
    finally:
        rmtree(temporary, ignore_errors=True)


def _delete_folder(path: Path) -> None:
    try:
        rmtree(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SupError(f"{path}: cannot be replaced ({error.strerror}); delete it or mend its rights") from error


_checks: list[Callable[[], None]] = []


@contextmanager
def checked_writes(check: Callable[[], None]) -> Iterator[None]:
    """Within it, :func:`atomic_path` calls ``check`` before it publishes a file; an error keeps the file back."""
    _checks.append(check)
    try:
        yield
    finally:
        _checks.remove(check)


def checks_of_writes() -> tuple[Callable[[], None], ...]:
    """The checks that hold now, for processes that write in place of this one."""
    return tuple(_checks)


def remove_leftovers(path: str | Path) -> None:
    """Delete files and folders that killed processes left of ``path``; nobody else may be writing it."""
    path = Path(path)
    with suppress(OSError):
        for left in path.parent.glob(f".{escape(path.stem)}.{'[a-z0-9_]' * 8}{escape(path.suffix)}"):
            if left.is_dir() and not left.is_symlink():
                rmtree(left)
            else:
                left.unlink(missing_ok=True)


def publish(finished: Path, path: Path) -> None:
    """Give a finished file, or a folder of them, its name; a power failure leaves it complete or without the name."""
    for part in [*finished.rglob("*"), finished]:
        _force_to_disk(part)
    finished.replace(path)
    _force_to_disk(path.parent)


def _force_to_disk(path: Path) -> None:
    """Some file systems cannot do that with a folder; their renames are as safe as they can be."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


def _open_to_others(path: Path, rights: int = 0o666) -> None:
    """The usual permissions in place of a temporary file's; some file systems have none to give."""
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):
        path.chmod(rights & ~mask)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, content: Any) -> None:
    """Write ``content`` as indented JSON with sorted keys, atomically."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, default=str) + "\n")


def require_regular(path: str | Path) -> None:
    """Raise an OSError for a pipe or a device, from which reading may never end; folders and nothing have their own."""
    path = Path(path)
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "not a regular file", str(path))


def read_json(path: str | Path) -> Any:
    """The content of a JSON file.

    Raises:
        OSError: it cannot be read.
        ValueError: not UTF-8, no JSON, or nested too deep.
    """
    require_regular(path)
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("nests too deep") from error


def sha256(path: str | Path) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_sha256(value: Any) -> bool:
    """Whether something is what :func:`sha256` returns."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None
