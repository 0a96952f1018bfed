"""Two hosts download into one folder: one waits, and goes on where the other died."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from tests.hosts import on_host
from tests.workflow.conftest import REPOSITORY

CONTENT = bytes(range(256)) * 32_768
DOWNLOAD = """
import sys
from pathlib import Path
from supcore.download import RemoteFile, obtained_file
from supcore.download.registry import UrlSource
print("ready", flush=True)
with obtained_file(RemoteFile("weights.tar", UrlSource(sys.argv[1]), "ours"), Path(sys.argv[2])):
    pass
"""


@contextmanager
def downloading(name, url, folder):
    command = [*on_host(name, network=False), sys.executable, "-c", DOWNLOAD, url, str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.thorough
def test_a_host_waits_for_another_and_goes_on_where_that_died(server, tmp_path):
    hold, part = threading.Event(), tmp_path / "weights.tar.part"
    url = server.serve("/weights", CONTENT, etag='"1"', cut_after=[3_000_000], hold=hold)
    with downloading("here", url, tmp_path) as first:
        deadline = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 2_000_000):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with downloading("there", url, tmp_path) as second:
            time.sleep(1)
            assert len(server.requests) == 1
            first.kill()
            assert second.wait(timeout=60) == 0
    hold.set()
    assert (tmp_path / "weights.tar").read_bytes() == CONTENT
    assert [request[1].get("Range", "")[:7] for request in server.requests] == ["", "bytes=2"]
