import hashlib
import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from supcore.download import Checkpoint, Origin, RemoteFile, drive, obtain_checkpoint, obtained_file
from supcore.download.registry import DriveSource, UrlSource
from supcore.errors import SupError
from supcore.networks.checkpoints import read_state_dict

CHECKPOINT = b"\x80\x02 a checkpoint" * 1000


def zipped(**members):
    room = io.BytesIO()
    with zipfile.ZipFile(room, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"psmnet/{name}.tar", content)
    return room.getvalue()


def digest(content):
    return hashlib.sha256(content).hexdigest()


def remote(server, name="a.zip", **known):
    return RemoteFile(name, UrlSource(f"{server.address}/{name}"), "MIT", **known)


def entry(*origins, **settings):
    return Checkpoint(label="psmnet/kitti15", origins=origins, **settings)


def served(server, **settings):
    server.serve("/a.zip", zipped(kitti=CHECKPOINT))
    return entry(Origin(remote(server), "psmnet/kitti.tar"), **settings)


def obtained(file, downloads, **settings):
    """Path of a file that the caller has no complaint about."""
    with obtained_file(file, downloads, **settings) as path:
        return path


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_raw_checkpoint_arrives(server, tmp_path, retry):
    wanted = served(server, sha256=digest(CHECKPOINT), size=len(CHECKPOINT))
    path = obtain_checkpoint(wanted, tmp_path / "w" / "raw.tar", downloads=tmp_path / "d", retry=retry)
    assert path == tmp_path / "w" / "raw.tar"
    assert path.read_bytes() == CHECKPOINT
    assert visible(tmp_path / "w") == ["raw.tar"]
    assert visible(tmp_path / "d") == ["a.zip", "pinned.json"]


def test_archive_is_downloaded_once(server, tmp_path, retry):
    wanted = served(server)
    for name in ("one", "two"):
        obtain_checkpoint(wanted, tmp_path / name, downloads=tmp_path / "d", retry=retry)
    assert len(server.requests) == 1


def test_simultaneous_users_share_one_download(server, tmp_path, retry):
    wanted = served(server)
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda n: obtain_checkpoint(wanted, tmp_path / str(n), downloads=tmp_path / "d", retry=retry),
                range(4),
            )
        )
    assert len(server.requests) == 1
    assert all((tmp_path / str(n)).read_bytes() == CHECKPOINT for n in range(4))


def test_trust_on_first_use(server, tmp_path, retry, caplog):
    wanted = served(server)
    with caplog.at_level(logging.WARNING):
        obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    first = digest(server.pages["/a.zip"].content)
    assert json.loads((tmp_path / "d" / "pinned.json").read_text()) == {"a.zip": first}
    assert first in caplog.text


def test_later_mismatch_of_a_pinned_file(server, tmp_path, retry):
    """Both ways out are named; the first is no use where the servers' file itself has changed."""
    wanted = served(server)
    obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    changed = zipped(kitti=b"other")
    server.serve("/a.zip", changed)
    archive = tmp_path / "d" / "a.zip"
    for change in (lambda: archive.write_bytes(changed), archive.unlink):
        change()
        with pytest.raises(SupError) as caught:
            obtain_checkpoint(wanted, tmp_path / "two", downloads=tmp_path / "d", retry=retry)
        message = str(caught.value)
        assert f"its sha256 is {digest(changed)} instead of" in message
        assert f"delete it to download it again, or the line 'a.zip' of {tmp_path / 'd' / 'pinned.json'}" in message
        assert "try again later" not in message
    assert not (tmp_path / "two").exists()

    (tmp_path / "d" / "pinned.json").unlink()
    obtain_checkpoint(wanted, tmp_path / "two", downloads=tmp_path / "d", retry=retry)
    assert (tmp_path / "two").read_bytes() == b"other"
    assert len(server.requests) == 2


CUT = zipped(kitti=CHECKPOINT)[:400]
JSON_PAGE = b'{"error": "rate limit"}'
BOM_PAGE = b"\xef\xbb\xbf<!DOCTYPE html><title>Sign in</title>"


@pytest.mark.parametrize(
    ("bad", "settings"),
    [(CUT, {"length": False}), (JSON_PAGE, {"kind": "application/json"}), (BOM_PAGE, {})],
    ids=["cut without a length", "JSON page", "web page with a byte order mark"],
)
def test_a_bad_download_is_not_trusted(server, tmp_path, retry, bad, settings):
    """Following the message, delete and download again, succeeds once the server has recovered."""
    wanted = served(server)
    good = server.pages["/a.zip"]
    server.serve("/a.zip", bad, **settings)
    with pytest.raises(SupError, match=r"delete it to download it again|web page"):
        obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    assert "pinned.json" not in visible(tmp_path / "d")
    server.pages["/a.zip"] = good
    (tmp_path / "d" / "a.zip").unlink(missing_ok=True)
    obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    assert (tmp_path / "one").read_bytes() == CHECKPOINT
    assert visible(tmp_path / "d") == ["a.zip", "pinned.json"]


def test_a_partial_archive_of_the_user_s_is_not_trusted(server, tmp_path, retry):
    wanted = served(server)
    (tmp_path / "a.zip").write_bytes(CUT)
    with pytest.raises(SupError, match=r"a\.zip: cannot be unpacked .*; delete it to download it again"):
        obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path, retry=retry)
    assert visible(tmp_path) == ["a.zip"]
    (tmp_path / "a.zip").write_bytes(server.pages["/a.zip"].content)
    obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path, retry=retry)
    assert visible(tmp_path) == ["a.zip", "one", "pinned.json"]


def test_a_plain_checkpoint_is_trusted_once_it_could_be_read(server, tmp_path, retry):
    room = io.BytesIO()
    torch.save({"state_dict": {"weight": torch.ones(3)}}, room)
    wanted, downloads = entry(Origin(remote(server, "w.tar"))), tmp_path / "d"
    server.serve("/w.tar", room.getvalue()[:300], length=False)
    with pytest.raises(
        SupError, match=r"w\.tar: not the checkpoint of psmnet/kitti15: damaged or not a PyTorch"
    ) as caught:
        obtain_checkpoint(wanted, tmp_path / "one", downloads=downloads, read=read_state_dict, retry=retry)
    assert "delete it" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert visible(downloads) == ["w.tar"]
    (downloads / "w.tar").unlink()
    server.serve("/w.tar", room.getvalue())
    obtain_checkpoint(wanted, tmp_path / "one", downloads=downloads, read=read_state_dict, retry=retry)
    assert visible(downloads) == ["pinned.json", "w.tar"]


def test_a_file_that_its_user_cannot_use_is_not_trusted(server, tmp_path, retry):
    server.serve("/a.zip", b"abc")
    with pytest.raises(KeyError), obtained_file(remote(server), tmp_path, retry=retry):
        raise KeyError
    assert visible(tmp_path) == ["a.zip"]


def test_a_folder_in_place_of_the_file(server, tmp_path, retry):
    (tmp_path / "a.zip").mkdir()
    with pytest.raises(SupError, match=r"a\.zip: it cannot be read \(Is a directory\); delete it"):
        obtain_checkpoint(served(server), tmp_path / "one", downloads=tmp_path, retry=retry)
    assert server.requests == []


def test_no_pin_where_the_hash_is_known(server, tmp_path, retry):
    server.serve("/a.zip", b"abc")
    obtained(remote(server, sha256=digest(b"abc")), tmp_path, retry=retry)
    assert visible(tmp_path) == ["a.zip"]


def test_damaged_pins_are_named(server, tmp_path, retry):
    (tmp_path / "pinned.json").write_text("{")
    with pytest.raises(SupError, match=r"pinned\.json: cannot be read as JSON"):
        obtain_checkpoint(served(server), tmp_path / "one", downloads=tmp_path, retry=retry)
    (tmp_path / "pinned.json").write_text('{"a.zip": 5}')
    with pytest.raises(SupError, match=r"pinned\.json: must map"):
        obtain_checkpoint(served(server), tmp_path / "one", downloads=tmp_path, retry=retry)


def test_hand_placed_file_needs_no_network(server, tmp_path, retry):
    wanted = served(server)
    (tmp_path / "a.zip").write_bytes(zipped(kitti=CHECKPOINT))
    obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path, retry=retry)
    assert (tmp_path / "one").read_bytes() == CHECKPOINT
    assert server.requests == []


def test_hand_placed_mirror_needs_no_network(server, tmp_path, retry):
    wanted = entry(Origin(remote(server), "psmnet/kitti.tar"), Origin(remote(server, "mirror.tar")))
    (tmp_path / "mirror.tar").write_bytes(CHECKPOINT)
    obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path, retry=retry)
    assert (tmp_path / "one").read_bytes() == CHECKPOINT
    assert server.requests == []


def test_wrong_hand_placed_file(server, tmp_path, retry):
    file = remote(server, sha256="0" * 64)
    (tmp_path / "a.zip").write_bytes(b"something else")
    with pytest.raises(SupError, match=r"a\.zip: its sha256 is .* delete it to download it again"):
        obtained(file, tmp_path, retry=retry)
    (tmp_path / "a.zip").write_bytes(b"<html>Sign in")
    with pytest.raises(SupError, match="web page"):
        obtained(remote(server), tmp_path, retry=retry)
    assert server.requests == []


def test_path_in_the_entry(server, tmp_path, retry):
    own = tmp_path / "mine.tar"
    own.write_bytes(CHECKPOINT)
    wanted = replace(served(server), path=own, sha256=digest(CHECKPOINT))
    obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    assert (tmp_path / "one").read_bytes() == CHECKPOINT
    assert server.requests == []
    own.write_bytes(b"other")
    with pytest.raises(SupError, match=r"mine\.tar: not the checkpoint of psmnet/kitti15: its sha256"):
        obtain_checkpoint(wanted, tmp_path / "two", downloads=tmp_path / "d", retry=retry)
    with pytest.raises(SupError, match=r"gone\.tar: cannot be copied"):
        obtain_checkpoint(
            replace(wanted, path=tmp_path / "gone.tar"), tmp_path / "two", downloads=tmp_path, retry=retry
        )
    assert not (tmp_path / "two").exists()


def test_wrong_member_leaves_nothing(server, tmp_path, retry):
    (tmp_path / "w").mkdir()
    with pytest.raises(
        SupError, match=r"a\.zip: not the checkpoint of psmnet/kitti15: it has 15000 bytes instead of 3"
    ):
        obtain_checkpoint(served(server, size=3), tmp_path / "w" / "one", downloads=tmp_path / "d", retry=retry)
    assert list((tmp_path / "w").iterdir()) == []


def test_mirror_is_used_and_named(server, tmp_path, retry, caplog):
    server.serve("/mirror.tar", CHECKPOINT)
    wanted = entry(Origin(remote(server), "psmnet/kitti.tar"), Origin(remote(server, "mirror.tar")))
    with caplog.at_level(logging.WARNING):
        obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    assert (tmp_path / "one").read_bytes() == CHECKPOINT
    assert "taken from the mirror mirror.tar" in caplog.text


def test_nothing_works(server, tmp_path, retry):
    wanted = entry(Origin(remote(server), "m"), Origin(remote(server, "mirror.tar")))
    with pytest.raises(SupError) as caught:
        obtain_checkpoint(wanted, tmp_path / "one", downloads=tmp_path / "d", retry=retry)
    message = str(caught.value)
    assert message.startswith("psmnet/kitti15: ")
    assert "\n" not in message
    for name in ("a.zip", "mirror.tar"):
        assert f"get it from {server.address}/{name} and save it as {tmp_path / 'd' / name}" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_downloads_folder(server, tmp_path, retry):
    (tmp_path / "d").mkdir(mode=0o555)
    with pytest.raises(SupError, match="choose another"):
        obtain_checkpoint(served(server), tmp_path / "one", downloads=tmp_path / "d", retry=retry)


def test_downloads_folder_is_a_file(server, tmp_path, retry):
    (tmp_path / "d").write_text("")
    with pytest.raises(SupError, match="choose another downloads folder"):
        obtain_checkpoint(served(server), tmp_path / "one", downloads=tmp_path / "d", retry=retry)


@pytest.fixture
def drive_file(server, monkeypatch):
    """Google Drive cannot be reached from a test; gdown itself runs against the local server."""
    monkeypatch.setattr(drive, "ADDRESS", server.address + "/drive/{id}")
    return RemoteFile("a.zip", DriveSource("abc"), "MIT")


def test_drive(server, drive_file, tmp_path, retry):
    server.serve("/drive/abc", CHECKPOINT)
    assert obtained(drive_file, tmp_path, retry=retry).read_bytes() == CHECKPOINT
    assert visible(tmp_path) == ["a.zip", "pinned.json"]


def test_drive_quota_page(server, drive_file, tmp_path, retry):
    server.serve("/drive/abc", b"<!DOCTYPE html><title>Quota exceeded</title>", kind="text/html")
    with pytest.raises(SupError, match=r"a\.zip: it is a web page.* and save it as .*a\.zip"):
        obtained(drive_file, tmp_path, retry=retry)
    assert visible(tmp_path) == []


def test_drive_wrong_hash(server, drive_file, tmp_path, retry):
    server.serve("/drive/abc", CHECKPOINT)
    with pytest.raises(SupError, match="its sha256 is"):
        obtained(replace(drive_file, sha256="0" * 64), tmp_path, retry=retry)
    assert visible(tmp_path) == []


def test_drive_truncated_body(server, drive_file, tmp_path, retry):
    server.serve("/drive/abc", CHECKPOINT, cut_after=[5000])
    assert obtained(drive_file, tmp_path, retry=retry).read_bytes() == CHECKPOINT


def test_drive_unreachable(server, tmp_path, retry, monkeypatch):
    monkeypatch.setattr(drive, "ADDRESS", "http://127.0.0.1:9/{id}")
    with pytest.raises(
        SupError, match=r"no connection to 127\.0\.0\.1.*get it from http://127\.0\.0\.1:9/abc and save"
    ):
        obtained(RemoteFile("a.zip", DriveSource("abc"), "MIT"), tmp_path, retry=retry)


def test_killed_download_is_completed_by_the_next_process(server, tmp_path):
    content = CHECKPOINT * 400
    hold = threading.Event()
    url = server.serve("/big", content, etag='"1"', cut_after=[3_000_000], hold=hold)
    target, part = tmp_path / "big", tmp_path / "big.part"
    code = "import sys, pathlib, supcore.download as d; d.fetch(sys.argv[1], pathlib.Path(sys.argv[2]))"
    process = subprocess.Popen([sys.executable, "-c", code, url, str(target)], cwd=Path(__file__).parents[3])
    try:
        deadline = time.monotonic() + 15
        while not (part.exists() and part.stat().st_size > 2_000_000) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
        hold.set()
    assert not target.exists()
    assert part.stat().st_size > 2_000_000

    file = RemoteFile("big", UrlSource(url), "MIT", sha256=digest(content))
    assert obtained(file, tmp_path).read_bytes() == content
    assert server.requests[-1][1]["Range"].startswith("bytes=2")
    assert visible(tmp_path) == ["big"]
