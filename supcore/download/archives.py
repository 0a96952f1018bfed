"""Taking files out of zip and tar archives that nobody has vouched for.

Members are copied as plain bytes, so neither links, devices, owners nor permissions ever reach the disk.
"""

import re
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, NoReturn, Self

from supcore.errors import SupError, shown
from supcore.files import publish, require_regular

GIBIBYTE = 1 << 30
LISTED = 4  # names in a message
DEEPEST = 100  # folders within each other; Python cannot make a thousand
_WORD = re.compile(r"[A-Za-z0-9]+")
_BLOCK = 1 << 20
_LONGEST_EXTENSION = 1 << 14  # bytes of a tar member's long name or further properties, which tarfile reads at once
_HEADER = 512  # bytes that every member of a tar counts with, the empty ones too
# How a compressed tar begins. Not xz: a file of a few bytes may ask for a dictionary of four gigabytes.
_TAR_MODES: dict[bytes, Any] = {b"\x1f\x8b": "r:gz", b"BZ": "r:bz2"}
_NEVER_IN_A_NAME = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, bytes that are no UTF-8
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    kind: str  # "file", "folder", or what else it is
    open: Callable[[], IO[bytes]]


def extract_member(archive: Path, member: str, target: Path, *, limit: int = 4 * GIBIBYTE) -> None:
    """Copy one file out of ``archive`` straight to ``target`` (give a temporary name, rename afterwards).

    Args:
        archive: zip or tar, the latter plain or compressed by gzip or bzip2.
        member: its name, or the end of it after a ``/`` where that is unique.
        target: the file to write.
        limit: most bytes that the whole archive may declare.

    Raises:
        SupError: no such member, not a plain file, an unsafe name, too large, or the archive is damaged.
    """
    with _opened(archive, limit) as members:
        found = _find(archive, members, member)
        _check(archive, found)
        _copy(archive, found, target)


def unpack(archive: Path, folder: Path, pattern: str = "*", *, limit: int = 8 * GIBIBYTE) -> list[Path]:
    """Unpack the files whose names match ``pattern``; ``folder`` appears only when all of them are there.

    Args:
        archive: the same.
        folder: a folder that does not exist yet, or is empty.
        pattern: shell pattern over the whole member name; ``*`` crosses ``/``.
        limit: most bytes that the whole archive may declare.

    Returns:
        The files' paths, sorted.

    Raises:
        SupError: as `extract_member`, or ``folder`` has content already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SupError(f"{folder}: exists already; delete it to unpack {archive.name} again")
    with _folder_beside(folder) as temporary:
        room = temporary / "content"
        room.mkdir()
        with _opened(archive, limit) as members:
            names = _unpack_into(room, archive, members, pattern)
        publish(room, folder)
    return sorted(folder / name for name in names)


@contextmanager
def _folder_beside(folder: Path) -> Iterator[Path]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent)
    except OSError as error:
        raise SupError(f"{folder}: cannot be made ({error.strerror}); choose another folder") from error
    with temporary as name:
        yield Path(name)


def _unpack_into(room: Path, archive: Path, members: list[_Member], pattern: str) -> list[str]:
    names: set[str] = set()
    for member in members:
        if not fnmatchcase(member.name, pattern):
            continue
        _check(archive, member)
        if member.kind == "folder":
            continue
        name = str(PurePosixPath(member.name))  # a for ./a
        if name in names:
            raise SupError(f"{archive}: holds {name!r} more than once; do not use this archive")
        _copy(archive, member, room / name)
        names.add(name)
    if not names:
        raise SupError(
            f"{archive}: holds no file that matches {pattern!r}, but {_listing(members, pattern)}; is it the "
            "right archive?"
        )
    return sorted(names)


@contextmanager
def _opened(archive: Path, limit: int) -> Iterator[list[_Member]]:
    """List the members of a zip or tar archive."""
    with ExitStack() as stack:
        with _reading(archive):
            require_regular(archive)
            begin = _begin(archive)
            if begin == b"\xfd7":
                raise SupError(f"{archive}: compressed by xz, which is not read here; pack it as tar.gz")
            if begin == b"PK":
                zipped = stack.enter_context(zipfile.ZipFile(archive))
                members = _within(archive, (_from_zip(zipped, info) for info in zipped.infolist()), limit)
            else:
                tarred = stack.enter_context(tarfile.open(archive, _TAR_MODES.get(begin, "r:"), tarinfo=_TarInfo))
                members = _within(archive, (_from_tar(tarred, info) for info in tarred), limit)
        yield members


class _TarInfo(tarfile.TarInfo):
    """A tar header that announces no gigabytes of properties, which a compressed archive holds in a few kilobytes.

    Nor a negative size, with which Python before 3.13.6 reads the same header for ever (CVE-2025-8194).
    Sparse files are refused: their maps are of any length, and no archive of tensors or pictures needs them.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if not (header.isreg() or header.isdir()) and header.size > _LONGEST_EXTENSION:
            raise tarfile.ReadError(f"a header of {header.size} bytes")
        if header.type == tarfile.GNUTYPE_SPARSE:
            _refuse_sparse()
        return header

    def _block(self, count: int) -> int:
        if count < 0:
            raise tarfile.ReadError("a negative size")
        return super()._block(count)  # type: ignore[misc]

    def _refuse(self, *_: Any) -> NoReturn:
        _refuse_sparse()

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse


def _refuse_sparse() -> NoReturn:
    raise tarfile.ReadError("a sparse file")


def _begin(archive: Path) -> bytes:
    # zipfile.is_zipfile looks at the end: a tar whose last member is a zip (a torch file) deceives it.
    with archive.open("rb") as stream:
        return stream.read(2)


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Turn whatever goes wrong in reading the archive into a SupError."""
    try:
        yield
    except FileNotFoundError as error:
        raise SupError(f"{archive}: there is no such file; correct the path") from error
    except _DAMAGE as error:
        text = str(error).splitlines()[0].rstrip(":") if str(error) else type(error).__name__
        raise SupError(f"{archive}: cannot be unpacked ({text}); delete it to download it again") from error


def _within(archive: Path, members: Iterator[_Member], limit: int) -> list[_Member]:
    """List the members, stopping at the first that takes the declared total over the limit."""
    listed, total = [], 0
    for member in members:
        total += member.size + _HEADER
        if total > limit:
            raise SupError(f"{archive}: unpacks to more than the allowed {limit} bytes; is it the right archive?")
        listed.append(member)
    return listed


def _from_zip(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # LZMA has the dictionaries of xz
        raise NotImplementedError(f"{info.filename[:100]!r} is compressed in an unusual way")
    mode = stat.S_IFMT(info.external_attr >> 16)  # 0 where the archive was not made on Unix
    kind = "folder" if info.filename.endswith("/") else "file" if mode in (0, stat.S_IFREG) else "link or device"
    return _Member(info.filename, info.file_size, kind, lambda: opened.open(info))


def _from_tar(opened: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    kind = "folder" if info.isdir() else "file" if info.isreg() else "link or device"
    return _Member(info.name, info.size, kind, lambda: _content(opened, info))


def _content(opened: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = opened.extractfile(info)
    if content is None:
        raise tarfile.ExtractError(f"{info.name} has no content")
    return content


def _find(archive: Path, members: list[_Member], name: str) -> _Member:
    found = [m for m in members if m.name == name] or [m for m in members if m.name.endswith(f"/{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        raise SupError(f"{archive}: holds {name} {len(found)} times; name the member in full")
    raise SupError(
        f"{archive}: holds no {name}, but {_listing(members, name)}; ask for one of them or correct 'member'"
    )


def _listing(members: list[_Member], wanted: str) -> str:
    """A few names of files, those first that have the most words of what is wanted, and how many more there are."""
    words = set(_WORD.findall(wanted))
    names = [m.name for m in members if m.kind == "file"]
    names.sort(key=lambda name: len(words.intersection(_WORD.findall(name))), reverse=True)
    listed = ", ".join(repr(shown(name)) for name in names[:LISTED]) or "nothing"
    return f"{listed} and {len(names) - LISTED} more" if len(names) > LISTED else listed


def _check(archive: Path, member: _Member) -> None:
    """Refuse what is no plain file or could leave the folder, on this system or on Windows."""
    parts = PurePosixPath(member.name).parts
    windows = PureWindowsPath(member.name)
    if not parts or ".." in parts or parts[0] == "/" or windows.anchor or "\\" in member.name:
        raise SupError(
            f"{archive}: member {member.name!r} points outside the archive's folder; do not use this archive"
        )
    if len(parts) > DEEPEST or _NEVER_IN_A_NAME.search(member.name):
        raise SupError(f"{archive}: member {member.name[:100]!r} is no usable file name; do not use this archive")
    if member.kind not in ("file", "folder"):
        raise SupError(
            f"{archive}: member {member.name!r} is a {member.kind}, not a plain file; do not use this archive"
        )


def _copy(archive: Path, member: _Member, target: Path) -> None:
    if member.kind != "file":
        raise SupError(f"{archive}: member {member.name!r} is a {member.kind}, not a file; correct 'member'")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as stream:
            for block in _blocks(archive, member):
                stream.write(block)
    except OSError as error:
        raise SupError(
            f"{archive}: {member.name[:100]!r} cannot be written to {target.parent} ({error.strerror}); free space or "
            "choose another folder"
        ) from error


def _blocks(archive: Path, member: _Member) -> Iterator[bytes]:
    """Read the content in pieces; the size that passed the limit is only a claim, so bytes are counted."""
    done = 0
    with _reading(archive), member.open() as source:
        while block := source.read(_BLOCK):
            done += len(block)
            if done > member.size:
                raise SupError(f"{archive}: member {member.name!r} is larger than it says; do not use this archive")
            yield block
    if done != member.size:
        raise SupError(f"{archive}: member {member.name!r} is cut short; delete the archive to download it again")
