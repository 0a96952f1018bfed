"""Google Drive, which cannot be reached from a test; gdown itself runs against the local server."""

import resource
import signal
from dataclasses import replace

import pytest

from supcore.download import RemoteFile, checks, drive
from supcore.download.registry import DriveSource
from supcore.errors import SupError
from tests.unit.download.files import CHECKPOINT, obtained, visible


@pytest.fixture
def drive_file(server, monkeypatch):
    monkeypatch.setattr(drive, "ADDRESS", server.address + "/drive/{id}")
    return RemoteFile("a.zip", DriveSource("abc"), "MIT")


@pytest.mark.parametrize("trouble", [{}, {"cut_after": [5000]}], ids=["whole", "cut short at first"])
def test_file_arrives(server, drive_file, tmp_path, retry, trouble):
    server.serve("/drive/abc", CHECKPOINT, **trouble)
    assert obtained(drive_file, tmp_path, retry=retry).read_bytes() == CHECKPOINT
    assert visible(tmp_path) == ["a.zip", "pinned.json"]


def test_quota_page_is_no_file(server, drive_file, tmp_path, retry):
    server.serve("/drive/abc", b"<!DOCTYPE html><title>Quota exceeded</title>", kind="text/html")
    with pytest.raises(SupError, match=r"a\.zip: it is a web page.* and save it as .*a\.zip"):
        obtained(drive_file, tmp_path, retry=retry)
    assert visible(tmp_path) == []


def test_wrong_hash_leaves_nothing(server, drive_file, tmp_path, retry):
    server.serve("/drive/abc", CHECKPOINT)
    with pytest.raises(SupError, match="its sha256 is"):
        obtained(replace(drive_file, sha256="0" * 64), tmp_path, retry=retry)
    assert visible(tmp_path) == []


def test_a_download_without_end_is_given_up(server, drive_file, tmp_path, retry, monkeypatch):
    monkeypatch.setattr(checks, "LARGEST", 5000)
    server.serve("/drive/abc", CHECKPOINT * 100, length=False)
    with pytest.raises(SupError, match=r"a\.zip: Google Drive sends more than the allowed 5000 bytes; else get"):
        obtained(drive_file, tmp_path, retry=retry)
    assert visible(tmp_path) == []


def test_unreachable_server_is_named_with_the_way_by_hand(drive_file, tmp_path, retry, monkeypatch):
    monkeypatch.setattr(drive, "ADDRESS", "http://127.0.0.1:9/{id}")
    line = r"no connection to 127\.0\.0\.1.*get it from http://127\.0\.0\.1:9/abc and save"
    with pytest.raises(SupError, match=line):
        obtained(drive_file, tmp_path, retry=retry)


def test_a_full_disk_is_named(server, drive_file, tmp_path, retry):
    """As a file that may grow no further shows it; what has arrived is kept for the next time."""
    server.serve("/drive/abc", CHECKPOINT)
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CHECKPOINT) // 2, allowed[1]))
    try:
        with pytest.raises(SupError) as caught:
            obtained(drive_file, tmp_path, retry=retry)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(caught.value).startswith(f"{tmp_path}/a.zip.part: cannot be written (File too large); free space or")
    assert obtained(drive_file, tmp_path, retry=retry).read_bytes() == CHECKPOINT
