"""From a registry entry to a checkpoint: downloads, mirrors, and files that the user placed by hand."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from supcore.download import Origin
from supcore.errors import SupError
from tests.unit.download.files import CHECKPOINT, digest, entry, obtained, remote, served, visible, zipped

MIRROR = "mirror.tar"


def with_mirror(server):
    return entry(Origin(remote(server), "psmnet/kitti.tar"), Origin(remote(server, MIRROR)))


def test_raw_checkpoint_arrives(server, tmp_path, downloads, obtain):
    path = obtain(served(server, sha256=digest(CHECKPOINT), size=len(CHECKPOINT)), "w/raw.tar")
    assert path == tmp_path / "w" / "raw.tar"
    assert path.read_bytes() == CHECKPOINT
    assert visible(tmp_path / "w") == ["raw.tar"]
    assert visible(downloads) == ["a.zip", "pinned.json"]


def test_the_begin_of_a_hash_will_do(server, obtain):
    obtain(served(server, sha256=digest(CHECKPOINT)[:8]))
    with pytest.raises(SupError, match=r"its sha256 is \w{64} instead of 00000000;"):
        obtain(served(server, sha256="00000000"), "two")


def test_archive_is_downloaded_once(server, obtain):
    wanted = served(server)
    for name in ("one", "two"):
        obtain(wanted, name)
    assert len(server.requests) == 1


def test_simultaneous_users_share_one_download(server, obtain):
    wanted = served(server)
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda n: obtain(wanted, str(n)), range(4)))
    assert len(server.requests) == 1
    assert all(path.read_bytes() == CHECKPOINT for path in paths)


@pytest.mark.parametrize(("name", "content"), [("a.zip", zipped(kitti=CHECKPOINT)), (MIRROR, CHECKPOINT)])
def test_hand_placed_file_or_mirror_needs_no_network(server, downloads, obtain, name, content):
    (downloads / name).write_bytes(content)
    assert obtain(with_mirror(server)).read_bytes() == CHECKPOINT
    assert server.requests == []


@pytest.mark.parametrize(
    ("content", "known", "problem"),
    [
        (b"something else", {"sha256": "0" * 64}, f"its sha256 is {digest(b'something else')} instead of {'0' * 64}"),
        (b"something else", {"size": 5}, "it has 14 bytes instead of 5"),
        (b"<html>Sign in", {}, "it is a web page, not the file (a quota, login or error page)"),
    ],
)
def test_wrong_hand_placed_file_is_named(server, downloads, retry, content, known, problem):
    (downloads / "a.zip").write_bytes(content)
    with pytest.raises(SupError) as caught:
        obtained(remote(server, **known), downloads, retry=retry)
    assert str(caught.value) == f"{downloads / 'a.zip'}: {problem}; delete it to download it again"
    assert server.requests == []


def test_folder_in_place_of_the_file_is_named(server, downloads, obtain):
    (downloads / "a.zip").mkdir()
    with pytest.raises(SupError, match=r"a\.zip: it cannot be read \(Is a directory\); delete it"):
        obtain(served(server))
    assert server.requests == []


def test_path_in_the_entry_needs_no_network(server, tmp_path, obtain):
    own = tmp_path / "mine.tar"
    own.write_bytes(CHECKPOINT)
    wanted = served(server, path=own, sha256=digest(CHECKPOINT))
    assert obtain(wanted).read_bytes() == CHECKPOINT
    assert server.requests == []
    own.write_bytes(b"other")
    with pytest.raises(SupError, match=r"mine\.tar: not the checkpoint of psmnet/kitti15: its sha256"):
        obtain(wanted, "two")
    with pytest.raises(SupError, match=r"gone\.tar: cannot be copied"):
        obtain(replace(wanted, path=tmp_path / "gone.tar"), "two")
    assert not (tmp_path / "two").exists()


def test_wrong_member_leaves_nothing(server, tmp_path, obtain):
    (tmp_path / "w").mkdir()
    with pytest.raises(SupError, match=r"a\.zip: not the checkpoint of psmnet/kitti15: it has 15000 bytes instead"):
        obtain(served(server, size=3), "w/one")
    assert list((tmp_path / "w").iterdir()) == []


def test_mirror_is_used_and_named(server, obtain, caplog):
    server.serve(f"/{MIRROR}", CHECKPOINT)
    with caplog.at_level(logging.WARNING):
        assert obtain(with_mirror(server)).read_bytes() == CHECKPOINT
    assert "taken from the mirror mirror.tar" in caplog.text


def test_every_place_is_named_where_none_works(server, downloads, obtain):
    with pytest.raises(SupError) as caught:
        obtain(with_mirror(server))
    message = str(caught.value)
    assert message.startswith("psmnet/kitti15: ")
    assert "\n" not in message
    for name in ("a.zip", MIRROR):
        assert f"get it from {server.address}/{name} and save it as {downloads / name}" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_downloads_folder_is_named(server, downloads, obtain):
    downloads.chmod(0o555)
    with pytest.raises(SupError, match="choose another"):
        obtain(served(server))


def test_downloads_folder_that_is_a_file_is_named(server, downloads, obtain):
    downloads.rmdir()
    downloads.write_text("")
    with pytest.raises(SupError, match="choose another downloads folder"):
        obtain(served(server))
