"""Whose locks are removed, with processes that are killed for real."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from supcore.pipeline.stale_locks import clear_stale_locks
clear_stale_locks(sys.argv[1])
print("here", flush=True)
sys.stdin.read()
"""


def start(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "here\n"
    return process


@pytest.fixture
def lock(tmp_path):
    """What Snakemake writes while it runs."""
    path = tmp_path / "locks" / "0.output.lock"
    path.parent.mkdir()
    path.write_text("results/tables/transfer.csv\n")
    return path


def kill(process):
    process.kill()
    process.communicate()


def test_locks_of_a_killed_process_are_removed_by_the_next(tmp_path, lock):
    first = start(tmp_path)
    lock.parent.mkdir(exist_ok=True)
    lock.write_text("")
    kill(first)
    assert lock.exists()
    kill(start(tmp_path))
    assert not lock.exists()


def test_locks_of_a_living_process_stay_even_if_another_one_was_killed(tmp_path, lock):
    first, second = start(tmp_path), start(tmp_path)
    lock.write_text("")
    kill(first)
    kill(start(tmp_path))
    assert lock.exists()
    kill(second)
    kill(start(tmp_path))
    assert not lock.exists()


def test_locks_stay_where_another_machine_was(tmp_path, lock):
    (tmp_path / "alive.lock").write_text("another-machine\n")
    kill(start(tmp_path))
    assert lock.exists()


def test_a_folder_that_may_not_be_written_is_left_alone(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    kill(start(blocked / ".snakemake"))
    assert blocked.read_text() == ""
