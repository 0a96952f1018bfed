"""Trust on first use: what is pinned, what is not, and what a later mismatch says."""

import io
import json
import logging

import pytest
import torch

from supcore.download import Origin, obtained_file
from supcore.errors import SupError
from supcore.networks.checkpoints import read_state_dict
from tests.unit.download.files import CHECKPOINT, digest, entry, obtained, remote, served, visible, zipped

CUT = zipped(kitti=CHECKPOINT)[:400]


def test_first_usable_copy_is_pinned(server, downloads, obtain, caplog):
    with caplog.at_level(logging.WARNING):
        obtain(served(server))
    first = digest(server.pages["/a.zip"].content)
    assert json.loads((downloads / "pinned.json").read_text()) == {"a.zip": first}
    assert first in caplog.text


def test_later_mismatch_of_a_pinned_file_names_both_ways_out(server, tmp_path, downloads, obtain):
    """The first is no use where the servers' file itself has changed."""
    wanted = served(server)
    obtain(wanted)
    changed = zipped(kitti=b"other")
    server.serve("/a.zip", changed)
    archive, pins = downloads / "a.zip", downloads / "pinned.json"
    for change in (lambda: archive.write_bytes(changed), archive.unlink):
        change()
        with pytest.raises(SupError) as caught:
            obtain(wanted, "two")
        message = str(caught.value)
        assert f"its sha256 is {digest(changed)} instead of" in message
        assert f"delete it to download it again, or the line 'a.zip' of {pins}" in message
        assert "try again later" not in message
    assert not (tmp_path / "two").exists()

    pins.unlink()
    assert obtain(wanted, "two").read_bytes() == b"other"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("bad", "settings"),
    [
        (CUT, {"length": False}),
        (b'{"error": "rate limit"}', {"kind": "application/json"}),
        (b"\xef\xbb\xbf<!DOCTYPE html><title>Sign in</title>", {}),
    ],
    ids=["cut without a length", "JSON page", "web page with a byte order mark"],
)
def test_bad_download_is_not_trusted(server, downloads, obtain, bad, settings):
    """Following the message, delete and download again, succeeds once the server has recovered."""
    wanted = served(server)
    good = server.pages["/a.zip"]
    server.serve("/a.zip", bad, **settings)
    with pytest.raises(SupError, match=r"delete it to download it again|web page"):
        obtain(wanted)
    assert "pinned.json" not in visible(downloads)
    server.pages["/a.zip"] = good
    (downloads / "a.zip").unlink(missing_ok=True)
    assert obtain(wanted).read_bytes() == CHECKPOINT
    assert visible(downloads) == ["a.zip", "pinned.json"]


def test_partial_archive_of_the_user_s_is_not_trusted(server, downloads, obtain):
    wanted = served(server)
    (downloads / "a.zip").write_bytes(CUT)
    with pytest.raises(SupError, match=r"a\.zip: cannot be unpacked .*; delete it to download it again"):
        obtain(wanted)
    assert visible(downloads) == ["a.zip"]
    (downloads / "a.zip").write_bytes(server.pages["/a.zip"].content)
    obtain(wanted)
    assert visible(downloads) == ["a.zip", "pinned.json"]


def test_plain_checkpoint_is_trusted_once_it_could_be_read(server, downloads, obtain):
    room = io.BytesIO()
    torch.save({"state_dict": {"weight": torch.ones(3)}}, room)
    wanted = entry(Origin(remote(server, "w.tar")))
    server.serve("/w.tar", room.getvalue()[:300], length=False)
    with pytest.raises(SupError, match=r"w\.tar: not the checkpoint of psmnet/kitti15: damaged or not a Py.*delete it"):
        obtain(wanted, read=read_state_dict)
    assert visible(downloads) == ["w.tar"]
    (downloads / "w.tar").unlink()
    server.serve("/w.tar", room.getvalue())
    obtain(wanted, read=read_state_dict)
    assert visible(downloads) == ["pinned.json", "w.tar"]


def test_file_that_its_user_cannot_use_is_not_trusted(server, downloads, retry):
    server.serve("/a.zip", b"abc")
    with pytest.raises(KeyError), obtained_file(remote(server), downloads, retry=retry):
        raise KeyError
    assert visible(downloads) == ["a.zip"]


def test_nothing_is_pinned_where_the_hash_is_known(server, downloads, retry):
    server.serve("/a.zip", b"abc")
    obtained(remote(server, sha256=digest(b"abc")), downloads, retry=retry)
    assert visible(downloads) == ["a.zip"]


@pytest.mark.parametrize(
    ("pins", "fault"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ('{"a.zip": %s}' % ("1" * 5000), "cannot be read as JSON"),
        ('{"a.zip": 5}', "must map"),
        ('{"a.zip": %s}' % ("1" * 64), "must map"),
    ],
    ids=["unfinished", "deep", "number of 5000 digits", "number", "number of 64 digits"],
)
def test_damaged_pins_are_named(server, downloads, obtain, pins, fault):
    (downloads / "pinned.json").write_text(pins)
    with pytest.raises(SupError, match=rf"pinned\.json: {fault}"):
        obtain(served(server))
