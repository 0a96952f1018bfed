"""Zip and tar archives: what is taken out of them, and those that would write elsewhere or are damaged."""

import gzip
import io
import lzma
import os
import random
import re
import tarfile
import warnings
import zipfile
import zlib

import pytest

from supcore.download import extract_member, unpack
from supcore.errors import SupError
from tests.refusal import check_refusal

AVOID = "do not use this archive"
DAMAGED = "cannot be unpacked (…); delete it to download it again"
OUTSIDE = f"member {{!r}} points outside the archive's folder; {AVOID}"
NO_FILE = f"member {{!r}} is a link or device, not a plain file; {AVOID}"
LARGE = "unpacks to more than the allowed 1000000 bytes; is it the right archive?"


def make_zip(path, members):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in members:
            archive.writestr(name, content)
    return path


def make_tar(path, members, mode="w:gz"):
    """Members: (name, bytes), or (name, tar type, link target)."""
    with tarfile.open(path, mode) as archive:
        for name, what, *to in members:
            info = tarfile.TarInfo(name)
            if isinstance(what, bytes) and not to:
                info.size = len(what)
                archive.addfile(info, io.BytesIO(what))
            else:
                info.type, info.linkname = what, to[0]
                archive.addfile(info)
    return path


MAKERS = [pytest.param(make_zip, id="zip"), pytest.param(make_tar, id="tar.gz")]
MEMBERS = [("top/psmnet/a.tar", b"first" * 99), ("top/psmnet/b.tar", b"second"), ("top/notes.txt", b"third")]


# ---- what is taken out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", ["top/psmnet/a.tar", "psmnet/a.tar"])
def test_a_member_is_found_by_its_name_or_the_end_of_it(tmp_path, make, name):
    extract_member(make(tmp_path / "x", MEMBERS), name, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"first" * 99


@pytest.mark.parametrize("make", MAKERS)
def test_matching_members_are_unpacked_into_a_new_folder(tmp_path, make):
    paths = unpack(make(tmp_path / "x", MEMBERS), tmp_path / "out", "*.tar")
    assert [str(path.relative_to(tmp_path)) for path in paths] == ["out/top/psmnet/a.tar", "out/top/psmnet/b.tar"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x"]
    with pytest.raises(SupError, match="exists already; delete it to unpack x again"):
        unpack(tmp_path / "x", tmp_path / "out")


def test_a_tar_whose_last_member_is_a_zip_is_a_tar(tmp_path):
    inner = make_zip(tmp_path / "inner", [("inside", b"1")]).read_bytes()
    extract_member(make_tar(tmp_path / "x.tar", [("weights.pth", inner)], "w:"), "weights.pth", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == inner


def test_nothing_is_written_through_a_link(tmp_path):
    """Without the link, what lies behind it is an ordinary file."""
    (tmp_path / "elsewhere").mkdir()
    archive = make_tar(tmp_path / "x", [("way", tarfile.SYMTYPE, str(tmp_path / "elsewhere")), ("way/evil", b"1")])
    check_refusal(lambda: unpack(archive, tmp_path / "out"), tmp_path, f"{archive}: {NO_FILE.format('way')}")
    unpack(archive, tmp_path / "out", "way/*")
    assert not list((tmp_path / "elsewhere").iterdir())


# ---- members that are refused, by themselves and with the others ----------------------------------------------------


def link_in_zip(path):
    info = zipfile.ZipInfo("bad")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return make_zip(path, [("good", b"1"), (info, "/etc/passwd")])


def in_tar(kind, target="/etc/passwd"):
    return lambda path: make_tar(path, [("good", b"1"), ("bad", kind, target)])


def with_name(make, name):
    return lambda path: make(path, [("good", b"1"), (name, b"2")])


KINDS = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
ESCAPES = ("../evil", "top/../../evil", "/evil", "C:/evil", "C:evil", "top\\..\\evil", ".")
BAD_MEMBERS = {
    **{
        f"{name} in {make.__name__[5:]}": (with_name(make, name), name, OUTSIDE)
        for make in (make_zip, make_tar)
        for name in ESCAPES
    },
    **{f"tar type {kind.decode()}": (in_tar(kind), "bad", NO_FILE) for kind in KINDS},
    "hard link to another member": (in_tar(tarfile.LNKTYPE, "good"), "bad", NO_FILE),
    "link in zip": (link_in_zip, "bad", NO_FILE),
}


@pytest.mark.parametrize("case", BAD_MEMBERS)
def test_a_member_that_could_write_elsewhere_is_refused(case, tmp_path):
    make, name, line = BAD_MEMBERS[case]
    archive = make(tmp_path / "x")
    (tmp_path / "deep/er").mkdir(parents=True)
    line = f"{archive}: {line.format(name)}"
    check_refusal(lambda: unpack(archive, tmp_path / "deep/er/out"), tmp_path, line)
    check_refusal(lambda: extract_member(archive, name, tmp_path / "deep/er/one"), tmp_path, line)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    ("members", "name", "line"),
    [
        (MEMBERS, "w.tar", "holds no w.tar, but 'top/psmnet/a.tar', …; ask for one of them or correct 'member'"),
        ([("a/w", b"1"), ("b/w", b"2")], "w", "holds w 2 times; name the member in full"),
    ],
)
def test_a_member_that_is_missing_or_ambiguous_is_named(tmp_path, make, members, name, line):
    archive = make(tmp_path / "x", members)
    check_refusal(lambda: extract_member(archive, name, tmp_path / "out"), tmp_path, f"{archive}: {line}")


def test_the_members_most_like_a_missing_one_are_listed_in_full(tmp_path):
    others = [(f"sups/aanet/tile{size}_norm002/sup.pth", b"1") for size in (16, 32, 128)]
    archive = make_zip(tmp_path / "x", [*others, ("sups/psmnet/tile64_norm001/sup.pth", b"1"), ("notes.txt", b"1")])
    with pytest.raises(SupError) as refused:
        extract_member(archive, "sups/psmnet/tile64_norm002/sup.pth", tmp_path / "out")
    listed = re.findall(r"'([^']+\.\w+)'", str(refused.value))
    assert listed == ["sups/psmnet/tile64_norm001/sup.pth", *(name for name, _ in others)]
    assert " and 1 more; " in str(refused.value)


def test_a_folder_in_place_of_a_member_is_refused(tmp_path):
    archive = make_zip(tmp_path / "x", [("a/", b"")])
    line = f"{archive}: member 'a/' is a folder, not a file; correct 'member'"
    check_refusal(lambda: extract_member(archive, "a/", tmp_path / "out"), tmp_path, line)


@pytest.mark.parametrize("make", MAKERS)
def test_an_archive_that_declares_more_than_the_limit_is_refused(tmp_path, make):
    archive = make(tmp_path / "x", [("a", bytes(600_000)), ("b", bytes(600_000))])
    assert archive.stat().st_size < 5000
    check_refusal(lambda: unpack(archive, tmp_path / "out", limit=1_000_000), tmp_path, f"{archive}: {LARGE}")
    take = lambda: extract_member(archive, "a", tmp_path / "one", limit=1_000_000)  # noqa: E731
    check_refusal(take, tmp_path, f"{archive}: {LARGE}")


# ---- archives that are refused ---------------------------------------------------------------------------------------


def zipped(*names):
    return lambda path: make_zip(path, [(name, b"content") for name in names])


def cut(make, share):
    def write(path):
        make(path, [("a", random.Random(1).randbytes(100_000))])
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return write


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


def negative_size(path):
    """155 bytes with which tarfile goes back to the header that it comes from (CVE-2025-8194)."""
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.pax_headers = {"size": "-1024"}
        archive.addfile(info)


def large_dictionary(path):
    """An xz file that asks for a dictionary of four gigabytes."""
    lzma2 = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}
    content = bytearray(lzma.compress(bytes(2048), lzma.FORMAT_XZ, filters=[lzma2]))
    content[16] = 40  # the size's code, in the block's header
    content[20:24] = zlib.crc32(content[12:20]).to_bytes(4, "little")
    path.write_bytes(content)


def unusual_compression(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", b"content")


def nameless(path):
    """A zip whose only member has its one letter in the list of further properties."""
    data = make_zip(path, [("a", b"content")]).read_bytes()
    for signature, place in ((b"PK\x03\x04", 26), (b"PK\x01\x02", 28)):
        start = data.index(signature) + place
        data = data[:start] + b"\0\0\1\0" + data[start + 4 :]
    path.write_bytes(data)


def named(*names):
    return lambda path: make_tar(path, [(name, b"content") for name in names])


def false_size(path):
    """A zip that calls a megabyte ten bytes."""
    make_zip(path, [("bomb", bytes(1 << 20))])
    path.write_bytes(path.read_bytes().replace((1 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")))


def content(data):
    return lambda path: path.write_bytes(data)


# How it is made, what the message says behind the archive's name.
WRONG = {
    "one name twice": (zipped("a", "a"), f"holds 'a' more than once; {AVOID}"),
    "one name in two ways": (named("a", "./a"), f"holds 'a' more than once; {AVOID}"),
    "empty name in zip": (nameless, OUTSIDE.format("")),
    "empty name in tar": (named(""), OUTSIDE.format("")),
    "name that is no UTF-8": (named("\udcff"), rf"member '\udcff' is no usable file name; {AVOID}"),
    "name of two lines": (named("a\nb"), f"member 'a\\nb' is no usable file name; {AVOID}"),
    "1500 folders in zip": (zipped("a/" * 1500 + "b"), f"member 'a/a/… is no usable file name; {AVOID}"),
    "1500 folders in tar": (named("a/" * 1500 + "b"), f"member 'a/a/… is no usable file name; {AVOID}"),
    "negative size": (negative_size, DAMAGED),
    "dictionary of four gigabytes": (large_dictionary, "compressed by xz, which is not read here; pack it as tar.gz"),
    "unusual compression": (unusual_compression, DAMAGED),
    "pipe": (os.mkfifo, "cannot be unpacked (…not a regular file…); delete it to download it again"),
    "file that is a folder too": (zipped("a", "a/b"), "'a/b' cannot be written to … choose another folder"),
    "name too long": (zipped("a" * 300), "'aaa… cannot be written to …too long); free space or choose another folder"),
    "empty zip": (zipped(), "holds no file that matches '*', but nothing; is it the right archive?"),
    "false size": (false_size, DAMAGED),
    "properties of a third of a gigabyte": (long_header(tarfile.XHDTYPE), DAMAGED),
    "name of a third of a gigabyte": (long_header(tarfile.GNUTYPE_LONGNAME), DAMAGED),
    "sparse file": (sparse("old"), DAMAGED),
    "sparse file 0.0": (sparse("0.0", size="9", numblocks="1"), DAMAGED),
    "sparse file 0.1": (sparse("0.1", map="1,x", size="9", numblocks="1"), DAMAGED),
    "sparse file 1.0": (sparse("1.0", major="1", minor="0", realsize="9"), DAMAGED),
    **{f"{share} of a zip": (cut(make_zip, share), DAMAGED) for share in (0.5, 0.98)},
    **{f"{share} of a tar": (cut(make_tar, share), "… delete … to download it again") for share in (0.5, 0.98)},
    "missing": (lambda path: None, "there is no such file; correct the path"),
    "empty file": (content(b""), DAMAGED),
    "web page": (content(b"<!DOCTYPE html><title>login</title>"), DAMAGED),
    "half a zip": (content(b"PK\x03\x04 half"), DAMAGED),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_archive_is_named_and_nothing_is_unpacked(case, tmp_path):
    make, line = WRONG[case]
    archive = tmp_path / "archive"
    make(archive)
    check_refusal(lambda: unpack(archive, tmp_path / "out"), tmp_path, f"{archive}: {line}")
