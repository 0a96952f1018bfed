"""Archives to unpack: whole ones, and ones whose names of members are mutated between intact checksums."""

import gzip
import io
import tarfile
import warnings
import zipfile
from pathlib import Path

from supcore.download.archives import unpack
from tests.fuzz.target import UNPACKED, Target

LIMIT = 1 << 20  # bytes

# A flipped bit away from folders above, absolute paths, and each other.
NAMES = [b"..oup", b"oabsolute", b"inner/..oup", b"inner/file.pth", b"Inner/file.pth", b"oup"]
CONTENT = b"as long as a tensor " * 50
_BLOCK = 512
_CHECKSUM = slice(148, 156)  # of a tar header


def tar() -> bytes:
    """One long name in a header of its own, as GNU writes it, and one among the properties of POSIX."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for archive.format, name in ((tarfile.GNU_FORMAT, "n" * 120), (tarfile.PAX_FORMAT, "ö" * 80)):
            _add(archive, f"inner/{name}")
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(CONTENT)
    archive.addfile(info, io.BytesIO(CONTENT))


def with_header_checksums(content: bytes) -> bytes:
    """A tar whose headers have the checksums of what they hold, as far as headers can be told."""
    blocks, at = bytearray(content), 0
    while at + _BLOCK <= len(blocks):
        header = blocks[at : at + _BLOCK]
        header[_CHECKSUM] = b" " * 8
        if any(header.strip(b"\0 ")):
            blocks[at + _CHECKSUM.start : at + _CHECKSUM.stop] = b"%06o\0 " % sum(header)
        try:
            size = max(0, int(bytes(header[124:136]).strip(b"\0 ") or b"0", 8))
        except ValueError:
            size = 0
        at += _BLOCK * (1 - -size // _BLOCK)
    return bytes(blocks)


def gzipped(content: bytes) -> bytes:
    """A tar.gz of a mutated tar."""
    return gzip.compress(with_header_checksums(content), 1, mtime=0)


def names() -> bytes:
    """Of the members of an archive, line by line."""
    return b"\n".join(NAMES)


def tar_of_names(mutated: bytes) -> bytes:
    """An intact tar whose members are called so."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in mutated.split(b"\n"):
            _add(archive, name.decode(errors="surrogateescape"))
    return buffer.getvalue()


def zip_of_names(mutated: bytes) -> bytes:
    """An intact zip whose members are called so."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for number, name in enumerate(mutated.split(b"\n")):
            method = zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name.decode("latin-1")), CONTENT, method)
    return buffer.getvalue()


def unpacked(path: Path) -> Path:
    """The folder that the archive is unpacked to."""
    folder = path.with_name(UNPACKED)
    unpack(path, folder, limit=LIMIT)
    return folder


def is_unpacked(folder: Path) -> bool:
    """Some plain files, together no longer than they may be."""
    inside = [path for path in folder.rglob("*") if not path.is_dir()]
    plain = all(path.is_file() and not path.is_symlink() for path in inside)
    return bool(inside) and plain and sum(path.stat().st_size for path in inside) <= LIMIT


TARGETS = {
    "tar": Target("a.tar", tar, unpacked, is_unpacked, with_header_checksums),
    "tar, names": Target("a.tar", names, unpacked, is_unpacked, tar_of_names),
    "tar.gz": Target("a.tar.gz", lambda: gzipped(tar()), unpacked, is_unpacked),
    "tar in a tar.gz": Target("a.tar.gz", tar, unpacked, is_unpacked, gzipped),
    "zip": Target("a.zip", lambda: zip_of_names(names()), unpacked, is_unpacked),
    "zip, names": Target("a.zip", names, unpacked, is_unpacked, zip_of_names),
}
