"""One file over HTTP: resumed, checked, and refused."""

import hashlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from supcore.download import Expected, checks, fetch
from supcore.errors import SupError
from tests.refusal import check_refusal

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes: several blocks
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def ranges(server):
    return [headers.get("Range") for _, headers in server.requests]


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir())


def test_plain_download(server, tmp_path, retry):
    url = server.serve("/file", CONTENT, etag='"1"')
    fetch(url, tmp_path / "file.tar", expected=Expected(DIGEST, len(CONTENT)), retry=retry)
    assert (tmp_path / "file.tar").read_bytes() == CONTENT
    assert left_behind(tmp_path) == ["file.tar"]


def test_truncated_body_is_resumed(server, tmp_path, retry):
    url = server.serve("/file", CONTENT, etag='"1"', cut_after=[200_000, 100_000])
    fetch(url, tmp_path / "file", retry=retry)
    assert (tmp_path / "file").read_bytes() == CONTENT
    first, second, third = ranges(server)
    assert first is None
    assert 0 < int(second[6:-1]) < int(third[6:-1])


def test_download_goes_on_after_the_process_ended(server, tmp_path, retry):
    url = server.serve("/file", CONTENT, etag='"1"', cut_after=[300_000] * 3)
    server.pages["/file"].ranges = False  # every attempt starts anew and breaks off
    with pytest.raises(SupError, match="closed the connection early"):
        fetch(url, tmp_path / "file", retry=retry)
    assert not (tmp_path / "file").exists()
    part = (tmp_path / "file.part").stat().st_size
    server.pages["/file"].ranges = True
    fetch(url, tmp_path / "file", retry=retry)
    assert ranges(server)[-1] == f"bytes={part}-"
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_changed_file_is_not_joined_with_the_old_part(server, tmp_path, retry):
    (tmp_path / "file.part").write_bytes(b"old" * 1000)
    (tmp_path / "file.part.version").write_text('"old"')
    url = server.serve("/file", CONTENT, etag='"new"')
    fetch(url, tmp_path / "file", retry=retry)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_part_of_unknown_version_is_not_resumed_without_hash(server, tmp_path, retry):
    (tmp_path / "file.part").write_bytes(b"old" * 1000)
    fetch(server.serve("/file", CONTENT), tmp_path / "file", retry=retry)
    assert ranges(server) == [None]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_wrong_join_is_noticed_by_the_hash_and_repeated(server, tmp_path, retry):
    (tmp_path / "file.part").write_bytes(b"old" * 1000)
    fetch(server.serve("/file", CONTENT), tmp_path / "file", expected=Expected(DIGEST), retry=retry)
    assert ranges(server) == ["bytes=3000-", None]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_part_longer_than_the_file(server, tmp_path, retry):
    (tmp_path / "file.part").write_bytes(CONTENT + b"more")
    fetch(server.serve("/file", CONTENT), tmp_path / "file", expected=Expected(DIGEST), retry=retry)
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("known", [{"etag": '"1"'}, {}], ids=["version", "hash"])
def test_complete_part_is_not_fetched_again(server, tmp_path, retry, known):
    """The process ended between the last byte and the new name."""
    (tmp_path / "file.part").write_bytes(CONTENT)
    if known:
        (tmp_path / "file.part.version").write_text(known["etag"])
    expected = Expected() if known else Expected(DIGEST)
    fetch(server.serve("/file", CONTENT, **known), tmp_path / "file", expected=expected, retry=retry)
    assert ranges(server) == [f"bytes={len(CONTENT)}-"]
    assert left_behind(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_wrong_part_of_the_right_length_is_fetched_again(server, tmp_path, retry):
    (tmp_path / "file.part").write_bytes(bytes(len(CONTENT)))
    fetch(server.serve("/file", CONTENT), tmp_path / "file", expected=Expected(DIGEST), retry=retry)
    assert ranges(server) == [f"bytes={len(CONTENT)}-", None]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_server_errors_pass(server, tmp_path, retry):
    fetch(server.serve("/file", CONTENT, failures=[500, 503]), tmp_path / "file", retry=retry)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_server_errors_that_stay(server, tmp_path, retry):
    url = server.serve("/file", CONTENT, failures=[500] * 9)
    with pytest.raises(SupError, match="500 Internal Server Error"):
        fetch(url, tmp_path / "file", retry=retry)
    assert len(server.requests) == 3
    assert left_behind(tmp_path) == []


def test_missing_file_is_asked_for_once(server, tmp_path, retry):
    with pytest.raises(SupError, match="/nothing: the server answered 404"):
        fetch(server.address + "/nothing", tmp_path / "file", retry=retry)
    assert len(server.requests) == 1


def test_wrong_hash(server, tmp_path, retry):
    url = server.serve("/file", CONTENT)
    with pytest.raises(SupError, match=f"file: its sha256 is {DIGEST} instead of {'0' * 64}"):
        fetch(url, tmp_path / "file", expected=Expected("0" * 64), retry=retry)
    assert left_behind(tmp_path) == []
    assert len(server.requests) == 1


def test_wrong_size_is_refused_before_the_body(server, tmp_path, retry):
    url = server.serve("/file", CONTENT)
    with pytest.raises(SupError, match="offers 512000 bytes instead of 5"):
        fetch(url, tmp_path / "file", expected=Expected(size=5), retry=retry)
    assert left_behind(tmp_path) == []


def test_a_download_without_end_is_given_up(server, tmp_path, retry, monkeypatch):
    monkeypatch.setattr(checks, "LARGEST", 300_000)
    url = server.serve("/file", CONTENT, length=False)
    check_refusal(
        lambda: fetch(url, tmp_path / "file", retry=retry),
        tmp_path,
        f"{url}: the server sends more than the allowed 300000 bytes",
    )


@pytest.mark.parametrize(
    "page",
    [b"<!DOCTYPE html><html>Quota exceeded", b"\n <HTML><head>", b"<!-- x --><html lang=en>", b"\xef\xbb\xbf<html>"],
)
@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_web_page_in_place_of_the_file(server, tmp_path, retry, page, kind):
    url = server.serve("/file", page, kind=kind)
    with pytest.raises(SupError, match="web page, not the file"):
        fetch(url, tmp_path / "file", retry=retry)
    assert left_behind(tmp_path) == []


def test_empty_file(server, tmp_path, retry):
    with pytest.raises(SupError, match="empty"):
        fetch(server.serve("/file", b""), tmp_path / "file", retry=retry)


def test_nobody_listens(tmp_path, retry, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://name:secret@127.0.0.1:{free.getsockname()[1]}/file"
        with pytest.raises(SupError, match=r"no connection to 127\.0\.0\.1") as caught:
            fetch(url, tmp_path / "file", retry=retry)
    assert "secret" not in str(caught.value)


def test_password_in_the_address_is_not_shown(server, tmp_path, retry):
    url = server.address.replace("//", "//name:secret@") + "/nothing"
    with pytest.raises(SupError, match="404") as caught:
        fetch(url, tmp_path / "file", retry=retry)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://[broken", "http://name:secret@[broken", "http://", "ftp://127.0.0.1/file"])
def test_no_web_address(tmp_path, retry, url):
    with pytest.raises(SupError) as caught:
        fetch(url, tmp_path / "file", retry=retry)
    assert str(caught.value).startswith(url.replace("name:secret@", ""))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_killed_download_is_completed_by_the_next_process(server, tmp_path):
    content, hold = CONTENT * 12, threading.Event()
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
    fetch(url, target, expected=Expected(hashlib.sha256(content).hexdigest()))
    assert target.read_bytes() == content
    assert server.requests[-1][1]["Range"].startswith("bytes=2")
    assert left_behind(tmp_path) == ["big"]
