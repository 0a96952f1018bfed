"""Archives that would write elsewhere, fill the memory, or are damaged."""

import gzip
import io
import tarfile
import warnings
import zipfile

import pytest

from supcore.download import extract_member, unpack
from tests.bad_input.refusal import check_refusal

AVOID = "do not use this archive"
AGAIN = "delete it to download it again"
OUTSIDE = "points outside the archive's folder"


def in_zip(*members):
    def make(path):
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
            warnings.simplefilter("ignore")  # of names that are there twice
            for name in members:
                archive.writestr(name, b"content")

    return make


def link_in_zip(path):
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")


def in_tar(name, kind=tarfile.REGTYPE, target=""):
    def make(path):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(info, io.BytesIO())

    return make


def long_header(kind):
    """A tar whose first member announces properties of a third of a gigabyte."""

    def make(path):
        info = tarfile.TarInfo("properties")
        info.type, info.size = kind, 320 << 20
        with gzip.open(path, "wb", compresslevel=1) as stream:
            stream.write(info.tobuf())
            for _ in range(320):
                stream.write(bytes(1 << 20))

    return make


def sparse(version, **headers):
    """A tar with a sparse file in one of GNU's ways, whose map is of any length."""

    def make(path):
        info = tarfile.TarInfo("weights.tar")
        info.pax_headers = {f"GNU.sparse.{key}": value for key, value in headers.items()}
        if version == "old":
            info.type = tarfile.GNUTYPE_SPARSE
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
            content = b"garbage without an end"
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))

    return make


def false_size(path):
    """A zip that calls a megabyte ten bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(1 << 20))
    path.write_bytes(path.read_bytes().replace((1 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")))


def content(data):
    return lambda path: path.write_bytes(data)


# Name: how it is made, fault, remedy.
WRONG = {
    "folder above in zip": (in_zip("good", "../evil"), OUTSIDE, AVOID),
    "folder above in tar": (in_tar("../evil"), OUTSIDE, AVOID),
    "folder above inside": (in_zip("a/../../evil"), OUTSIDE, AVOID),
    "absolute in zip": (in_zip("/evil"), OUTSIDE, AVOID),
    "absolute in tar": (in_tar("/evil"), OUTSIDE, AVOID),
    "drive letter": (in_zip("C:/evil"), OUTSIDE, AVOID),
    "no name": (in_zip("."), OUTSIDE, AVOID),
    "link in zip": (link_in_zip, "'link' is a link or device", AVOID),
    "link in tar": (in_tar("link", tarfile.SYMTYPE, "/etc/passwd"), "is a link or device", AVOID),
    "hard link in tar": (in_tar("link", tarfile.LNKTYPE, "/etc/passwd"), "is a link or device", AVOID),
    "character device": (in_tar("null", tarfile.CHRTYPE), "is a link or device", AVOID),
    "block device": (in_tar("disk", tarfile.BLKTYPE), "is a link or device", AVOID),
    "named pipe": (in_tar("pipe", tarfile.FIFOTYPE), "is a link or device", AVOID),
    "one name twice": (in_zip("a", "a"), "'a' more than once", AVOID),
    "file that is a folder too": (in_zip("a", "a/b"), "'a/b' cannot be written", "choose another folder"),
    "name too long": (in_zip("a" * 300), "cannot be written .*too long", "choose another folder"),
    "false size": (false_size, "bomb|cannot be unpacked", "archive"),
    "properties of a third of a gigabyte": (long_header(tarfile.XHDTYPE), "cannot be unpacked", AGAIN),
    "name of a third of a gigabyte": (long_header(tarfile.GNUTYPE_LONGNAME), "cannot be unpacked", AGAIN),
    "sparse file": (sparse("old"), "cannot be unpacked", AGAIN),
    "sparse file 0.0": (sparse("0.0", size="9", numblocks="1"), "cannot be unpacked", AGAIN),
    "sparse file 0.1": (sparse("0.1", map="1,x", size="9", numblocks="1"), "cannot be unpacked", AGAIN),
    "sparse file 1.0": (sparse("1.0", major="1", minor="0", realsize="9"), "cannot be unpacked", AGAIN),
    "empty file": (content(b""), "cannot be unpacked", AGAIN),
    "web page": (content(b"<!DOCTYPE html><title>login</title>"), "cannot be unpacked", AGAIN),
    "half a zip": (content(b"PK\x03\x04 half"), "cannot be unpacked", AGAIN),
    "empty zip": (in_zip(), "holds no file that matches", "is it the right archive?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_archive_is_named_and_nothing_is_unpacked(case, tmp_path):
    make, fault, remedy = WRONG[case]
    archive = tmp_path / "archive"
    make(archive)
    check_refusal(lambda: unpack(archive, tmp_path / "out"), tmp_path, archive, fault, remedy)


def test_a_member_that_is_not_there_is_named(tmp_path):
    archive = tmp_path / "archive"
    in_zip("a", "b")(archive)
    check_refusal(
        lambda: extract_member(archive, "c", tmp_path / "out"),
        tmp_path,
        archive,
        "holds no c, but 'a', 'b'",
        "correct 'member'",
    )
