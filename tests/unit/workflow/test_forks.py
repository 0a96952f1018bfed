"""A job that is a fork is a process like another: its output, status, folder, environment and end are its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from supcore.workflow import forks

pytestmark = pytest.mark.thorough  # everything that jobs need is imported once


@pytest.fixture(scope="module")
def python():
    with forks.stand_in() as program:
        yield program


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "script.py"
        path.write_text(text)
        return str(path)

    return write


def test_a_script_runs_as_python_would_run_it(python, script, tmp_path):
    text = (
        "import os, sys\nprint(sys.argv, os.getcwd(), os.environ['OWN'], sys.path[0], __name__, 'torch' in sys.modules)"
    )
    path = script(text)
    runs = [
        subprocess.run([program, path], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "OWN": "x"})
        for program in (python, sys.executable)
    ]
    assert [run.returncode for run in runs] == [0, 0]
    assert runs[0].stdout == runs[1].stdout.replace("False", "True")


@pytest.mark.parametrize(
    ("text", "status"), [("raise SystemExit(3)", 3), ("1 / 0", 1), ("import sys; sys.exit('no')", 1)]
)
def test_its_status_is_that_of_the_script(python, script, text, status):
    assert subprocess.run([python, script(text)], capture_output=True, check=False).returncode == status


def test_the_reason_of_an_end_is_printed(python, script):
    ended = subprocess.run([python, script("import sys; sys.exit('no room')")], capture_output=True, text=True)
    assert ended.stderr == "no room\n"


def test_an_error_is_printed(python, script):
    assert "ZeroDivisionError" in subprocess.run([python, script("1 / 0")], capture_output=True, text=True).stderr


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_ends_with_what_stands_for_it(python, script, tmp_path, end):
    """Snakemake ends the program that it started, and may be killed itself; no job goes on behind its back."""
    path = script("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)")
    with subprocess.Popen([python, path], cwd=tmp_path) as job:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.05)
        job.send_signal(end)
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
    pytest.fail(f"process {pid} goes on")


def test_a_long_temporary_folder_does_not_matter(monkeypatch, tmp_path, script):
    """The address of a socket has room for about a hundred bytes."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    with forks.stand_in() as program:
        assert subprocess.run([program, script("print(7)")], capture_output=True, check=False).stdout == b"7\n"


def test_the_waiting_process_ends_with_its_parent(tmp_path):
    text = """import os
from supcore.workflow import forks
with forks.stand_in() as python:
    print(python, flush=True)
    os.kill(os.getpid(), 9)"""
    started = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert started.returncode == -signal.SIGKILL
    address = started.stdout.strip().removesuffix("python").encode()
    assert address
    for _ in range(100):
        if not any(address in command(process) for process in Path("/proc").glob("[0-9]*")):
            return
        time.sleep(0.1)
    pytest.fail("it goes on")


def command(process):
    """The command line of a process; empty if it has just ended."""
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
