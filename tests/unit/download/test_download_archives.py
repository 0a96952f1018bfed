import io
import random
import tarfile
import warnings
import zipfile

import pytest

from supcore.download import extract_member, unpack
from supcore.errors import SupError


def make_zip(path, members, symlinks=()):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # duplicate names
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
            for name, to in symlinks:
                info = zipfile.ZipInfo(name)
                info.create_system = 3
                info.external_attr = 0o120777 << 16
                archive.writestr(info, to)
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
ESCAPES = ["../evil", "top/../../evil", "/evil", "C:/evil", "C:evil", "top\\..\\evil"]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", ["top/psmnet/a.tar", "psmnet/a.tar"])
def test_one_member(tmp_path, make, name):
    extract_member(make(tmp_path / "x", MEMBERS), name, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"first" * 99


@pytest.mark.parametrize("make", MAKERS)
def test_missing_member_lists_what_is_there(tmp_path, make):
    with pytest.raises(SupError, match=r"x: holds no other\.tar, but 'top/psmnet/a\.tar', "):
        extract_member(make(tmp_path / "x", MEMBERS), "other.tar", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("make", MAKERS)
def test_ambiguous_member(tmp_path, make):
    with pytest.raises(SupError, match="2 times"):
        extract_member(make(tmp_path / "x", [("a/w", b"1"), ("b/w", b"2")]), "w", tmp_path / "out")


@pytest.mark.parametrize("make", MAKERS)
def test_unpack_matching_members(tmp_path, make):
    paths = unpack(make(tmp_path / "x", MEMBERS), tmp_path / "out", "*.tar")
    assert [str(path.relative_to(tmp_path)) for path in paths] == [
        "out/top/psmnet/a.tar",
        "out/top/psmnet/b.tar",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "x"]
    with pytest.raises(SupError, match="exists already"):
        unpack(tmp_path / "x", tmp_path / "out")


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("name", ESCAPES)
def test_members_outside_the_folder_are_refused(tmp_path, make, name):
    archive = make(tmp_path / "x", [("good", b"1"), (name, b"2")])
    room = tmp_path / "deep" / "er"
    with pytest.raises(SupError, match="outside the archive's folder"):
        unpack(archive, room / "out")
    with pytest.raises(SupError, match="outside the archive's folder"):
        extract_member(archive, name, room / "one")
    assert not list(room.iterdir())
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_tar_are_refused(tmp_path, kind):
    archive = make_tar(tmp_path / "x", [("good", b"1"), ("bad", kind, "/etc/passwd")])
    with pytest.raises(SupError, match="member 'bad' is a link or device"):
        unpack(archive, tmp_path / "out")
    with pytest.raises(SupError, match="member 'bad' is a link or device"):
        extract_member(archive, "bad", tmp_path / "one")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_hard_link_to_another_member_is_refused(tmp_path):
    archive = make_tar(tmp_path / "x", [("good", b"1"), ("bad", tarfile.LNKTYPE, "good")])
    with pytest.raises(SupError, match="link or device"):
        unpack(archive, tmp_path / "out")


def test_writing_through_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    archive = make_tar(tmp_path / "x", [("way", tarfile.SYMTYPE, str(tmp_path / "elsewhere")), ("way/evil", b"1")])
    with pytest.raises(SupError, match="link or device"):
        unpack(archive, tmp_path / "out")
    unpack(archive, tmp_path / "out", "way/*")  # without the link it is an ordinary file
    assert not list((tmp_path / "elsewhere").iterdir())


def test_symlink_in_zip_is_refused(tmp_path):
    archive = make_zip(tmp_path / "x", [("good", b"1")], symlinks=[("bad", "/etc/passwd")])
    with pytest.raises(SupError, match="member 'bad' is a link or device"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("make", MAKERS)
def test_declared_size_over_the_limit(tmp_path, make):
    archive = make(tmp_path / "x", [("a", bytes(600_000)), ("b", bytes(600_000))])
    assert archive.stat().st_size < 5000
    with pytest.raises(SupError, match="more than the allowed 1000000 bytes"):
        unpack(archive, tmp_path / "out", limit=1_000_000)
    with pytest.raises(SupError, match="more than the allowed 1000000 bytes"):
        extract_member(archive, "a", tmp_path / "one", limit=1_000_000)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_zip_that_lies_about_its_size(tmp_path):
    archive = make_zip(tmp_path / "x", [("bomb", bytes(5_000_000))])
    real, claimed = (5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    archive.write_bytes(archive.read_bytes().replace(real, claimed))
    with pytest.raises(SupError, match=r"bomb|cannot be unpacked"):
        unpack(archive, tmp_path / "out", limit=1000)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_tar_whose_last_member_is_a_zip(tmp_path):
    inner = make_zip(tmp_path / "inner", [("inside", b"1")]).read_bytes()
    extract_member(make_tar(tmp_path / "x.tar", [("weights.pth", inner)], "w:"), "weights.pth", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == inner


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_cut_archive(tmp_path, make, keep):
    archive = make(tmp_path / "x", [("a", random.Random(1).randbytes(100_000))])
    archive.write_bytes(archive.read_bytes()[: int(archive.stat().st_size * keep)])
    with pytest.raises(SupError, match="delete"):
        unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK no zip either"])
def test_not_an_archive(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SupError, match="cannot be unpacked"):
        extract_member(tmp_path / "x", "a", tmp_path / "out")


def test_no_archive(tmp_path):
    with pytest.raises(SupError, match="no such file"):
        unpack(tmp_path / "x", tmp_path / "out")


def test_folder_in_place_of_a_file(tmp_path):
    with pytest.raises(SupError, match="is a folder"):
        extract_member(make_zip(tmp_path / "x", [("a/", b"")]), "a/", tmp_path / "out")
