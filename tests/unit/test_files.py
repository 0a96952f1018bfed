"""Writing files so that a reader never meets half of one."""

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from supcore.errors import SupError
from supcore.files import atomic_folder, atomic_path, checked_writes, remove_leftovers, sha256, write_json, write_text


def test_failure_while_writing_keeps_the_old_file_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "table.csv"
    write_text(target, "old")

    def write_half():
        with atomic_path(target) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_target_is_untouched_until_the_block_ends(tmp_path):
    """A reader of the target sees the old content or the new one, never a mixture."""
    target = tmp_path / "a.json"
    write_text(target, "old")
    with atomic_path(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == target.parent
    assert target.read_text() == "new"


def test_temporary_name_keeps_the_suffix(tmp_path):
    """Writers such as Pillow choose the format by it."""
    with atomic_path(tmp_path / "image.png") as temporary:
        assert temporary.suffix == ".png"


def test_parent_folders_are_made_and_permissions_follow_the_umask(tmp_path):
    """A temporary file's 0600 would lock colleagues out of shared results."""
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "a" / "b.txt", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a" / "b.txt").stat().st_mode) == 0o640


def test_unwritable_place_is_one_line_that_names_the_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SupError, match=r"below\.txt: cannot write here") as caught:
        write_text(tmp_path / "file" / "below.txt", "x")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_reported_as_such(tmp_path):
    def fill():
        with atomic_path(tmp_path / "a.txt"), Path("/dev/full").open("w") as device:
            device.write("x")
            device.flush()

    with pytest.raises(SupError, match=r"a\.txt: writing failed \(No space left on device\)"):
        fill()
    assert not list(tmp_path.iterdir())


def test_json_is_sorted_so_that_equal_content_gives_equal_bytes(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": {"d": Path("x"), "c": 2}})
    write_json(tmp_path / "b.json", {"a": {"c": 2, "d": Path("x")}, "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": {"c": 2, "d": "x"}, "b": 1}


def test_sha256_of_content(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_anything_else(tmp_path, monkeypatch):
    """A checkpoint may be deleted right after, and the power may fail then."""
    happened, fsync = [], os.fsync

    def watched(handle):
        happened.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        happened.append("named" if (tmp_path / "a.txt").exists() else "not named")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    write_text(tmp_path / "a.txt", "x")
    assert happened == ["file", "not named", "folder", "named"]


def test_file_systems_without_permissions_are_written_to(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)
    write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"


def test_a_failed_check_keeps_the_new_file_back(tmp_path):
    def refuse():
        raise SupError("no longer wanted")

    write_text(tmp_path / "a.txt", "old")
    with checked_writes(refuse), pytest.raises(SupError, match="no longer wanted"):
        write_text(tmp_path / "a.txt", "new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]
    write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_folder_appears_as_a_whole_in_place_of_an_older_one(tmp_path):
    folder = tmp_path / "new" / "folder"
    for names in (["a", "b"], ["b", "c"]):
        before = sorted(folder.glob("*"))
        with atomic_folder(folder) as temporary:
            for name in names:
                (temporary / name).touch()
            assert sorted(folder.glob("*")) == before
        assert [path.name for path in sorted(folder.iterdir())] == names
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(tmp_path.joinpath("new").stat().st_mode)
    assert list(folder.parent.iterdir()) == [folder]


def test_a_folder_that_is_not_finished_or_cannot_be_replaced_leaves_the_older_one(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").touch()

    def fail():
        raise PermissionError(13, "Permission denied", "old")

    with pytest.raises(PermissionError), atomic_folder(folder):
        fail()
    with checked_writes(fail), pytest.raises(PermissionError), atomic_folder(folder):
        pass
    unlink = os.unlink
    monkeypatch.setattr(os, "unlink", lambda name, **where: fail() if name == "old" else unlink(name, **where))
    with (
        pytest.raises(
            SupError, match=r"folder: cannot be replaced \(Permission denied\); delete it or mend its rights"
        ),
        atomic_folder(folder),
    ):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]


def test_leftovers_of_a_killed_process_go_and_nothing_else(tmp_path):
    kept = ["a.npy", ".a.npy", ".a.12345678.json", ".a.b.12345678.npy", ".ab.12345678.npy", ".a.1234567.npy"]
    for name in (*kept, ".a.12345678.npy", ".a._bcde_8x.npy"):
        (tmp_path / name).touch()
    (tmp_path / ".a.87654321.npy/folder").mkdir(parents=True)
    remove_leftovers(tmp_path / "a.npy")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    remove_leftovers(tmp_path / "absent/a.npy")
