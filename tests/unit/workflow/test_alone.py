"""Of processes that make the same, one works at a time; a dead one holds nobody up."""

import errno
import fcntl
import logging
import os
import socket
import subprocess
import sys

import pytest

from supcore.workflow.jobs.alone import alone

HOLDER = """
import sys
from supcore.workflow.jobs.alone import alone
with alone(sys.argv[1]):
    print("alone", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that works alone until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "new/job.pt")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "alone\n"
        yield process
        process.kill()


class End(logging.Handler):
    """Ends a process as soon as somebody waits for it."""

    def __init__(self, end):
        super().__init__()
        self.end, self.said = end, []

    def emit(self, record):
        self.said.append(record.getMessage())
        self.end()


def is_locked(path):
    with path.open() as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.mark.parametrize("end", [lambda holder: holder.stdin.close(), lambda holder: holder.kill()])
def test_one_waits_until_the_other_has_ended(holder, tmp_path, end):
    """Either lets the lock go; one that ends by itself deletes its file, too."""
    waiting = End(lambda: end(holder))
    logger = logging.getLogger("supcore.workflow.jobs.alone")
    logger.setLevel(logging.INFO)
    logger.addHandler(waiting)
    try:
        with alone(tmp_path / "new/job.pt"):
            assert holder.wait(timeout=60) is not None
            assert is_locked(tmp_path / "new/job.pt.lock")
            stored = (tmp_path / "new/job.pt.lock").read_text()
    finally:
        logger.removeHandler(waiting)
    (said,) = waiting.said
    assert said.startswith(f"process {holder.pid} on {socket.gethostname()} is at work on the same job; waiting for")
    assert stored == f"process {os.getpid()} on {socket.gethostname()}"
    assert not list((tmp_path / "new").iterdir())


def test_where_nothing_can_be_locked_the_job_goes_on_with_a_warning(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with alone(tmp_path / "job.pt"):
        pass
    assert "job.pt.lock: cannot be locked (No locks available); let no other run do the same job" in caplog.text
    assert not list(tmp_path.iterdir())
