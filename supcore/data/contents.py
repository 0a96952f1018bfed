"""What the files of stereo pairs contain, told by hashes that survive a copy to another place or time.

Hashing a large data set takes minutes, so a record beside each manifest keeps the hashes; a file whose size, time of
change and inode are still the recorded ones is not read again.
"""

import csv
import hashlib
import stat
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from multiprocessing.pool import ThreadPool
from pathlib import Path

from supcore.data.pairing import FILES
from supcore.errors import SupError
from supcore.files import is_sha256, read_json, sha256, write_json

# Of a path: size, time of change in ns and inode, and the hash of the file that had them.
Known = MutableMapping[str, tuple[list[int], str]]
MISSING = "missing"


def record_contents(manifest: str | Path) -> None:
    """Hash every file that a manifest lists and write the record beside it."""
    known: Known = {}
    digest = contents_digest(_listed(manifest), known)
    write_json(_record(manifest), {"digest": digest, "files": known})


def known_contents(manifest: str | Path) -> Known:
    """The hashes recorded beside a manifest; none without a record."""
    return _read(_record(manifest))[1]


def changed_contents(manifest: str | Path) -> str:
    """Whether the files that a manifest lists changed since its record was written.

    Returns:
        Nothing if they did not or there is no record, else a hash of what they are now, or of a damaged manifest.
    """
    record = _record(manifest)
    recorded, known = _read(record)
    if not recorded or not Path(manifest).is_file():
        return ""
    try:
        files = _listed(manifest)
    except (ValueError, csv.Error):  # it is made again because of that, so it need not be understood
        return sha256(manifest)
    before = dict(known)
    digest = contents_digest(files, known)
    if known != before:  # say after a copy: spare the next reader the hashing
        with suppress(SupError):  # somebody else's results may be read only
            write_json(record, {"digest": recorded, "files": known})
    return "" if digest == recorded else digest


def contents_digest(files: Iterable[str], known: Known | None = None) -> str:
    """One hash of the contents of ``files`` in their order, whatever they are called; a missing file counts as such.

    Args:
        files: paths.
        known: hashes that need no reading, from :func:`known_contents`; others are added.
    """
    known = {} if known is None else known
    # Hashing and waiting for the disk both release the interpreter. Not a future for each file: a kilobyte each.
    with ThreadPool(8) as pool:
        hashes = pool.imap(lambda file: _hash(file, known), files, chunksize=64)
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _hash(file: str, known: Known) -> str:
    if not file:  # a pair without ground truth, say
        return ""
    try:
        status = Path(file).stat()
    except (OSError, ValueError):  # the latter of what no file can be called
        return MISSING
    if not stat.S_ISREG(status.st_mode):  # reading a pipe may never end
        return MISSING
    state = [status.st_size, status.st_mtime_ns, status.st_ino]
    if file not in known or known[file][0] != state:
        known[file] = (state, sha256(file))
    return known[file][1]


def _listed(manifest: str | Path) -> list[str]:
    with Path(manifest).open(newline="", encoding="utf-8") as stream:
        return [file for row in csv.DictReader(stream) for column, file in row.items() if column in FILES]


def _record(manifest: str | Path) -> Path:
    return Path(manifest).with_suffix(".contents")


def _read(record: Path) -> tuple[str, Known]:
    """Digest and hashes; nothing of a damaged record."""
    try:
        stored = read_json(record)
        known = {file: (list(map(int, state)), value) for file, (state, value) in stored["files"].items()}
        hashes = [stored["digest"], *(value for _, value in known.values())]
        return (hashes[0], known) if all(map(is_sha256, hashes)) else ("", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return "", {}
