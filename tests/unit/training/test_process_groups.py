"""Processes that train one network together: how they start and end, and that they write as their parent may."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from supcore.errors import SupError
from supcore.files import checked_writes, write_text
from supcore.training.processes import run_processes
from tests.hosts import on_host
from tests.waiting import wait_until

pytestmark = pytest.mark.slow  # starting processes takes seconds

# As much as a container may have, and less.
LITTLE_SHARED_MEMORY = ["sh", "-c", 'mount -t tmpfs -o size=1m none /dev/shm && exec "$@"', "sh"]
LARGE = """
from tests.unit.training.test_process_groups import started
processes = started(size=1000)
print("shared", len(next(processes)[0]))
processes.close()
"""
# What a shell does to the jobs that a script runs in the background: they do not hear of interrupts.
PARENT = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from tests.unit.training.test_process_groups import started
processes = started()
print(*next(processes)[0], flush=True)
next(processes)
"""


def meet_for_ever(network, report):
    """Work that tells the numbers of its processes and then never ends."""
    numbers = [torch.zeros(1, dtype=torch.int64) for _ in range(dist.get_world_size())]
    dist.all_gather(numbers, torch.tensor([os.getpid()]))
    report([int(number) for number in numbers])
    while True:
        dist.barrier()


def write_twice(network, path, newer, report):
    """Work that writes a file, tells so, and writes it again as soon as there is a newer one."""
    if dist.get_rank() == 0:
        write_text(path, "first")
        report("first")
        wait_until(newer.exists)
        write_text(path, "second")


@dataclass(frozen=True)
class MayWrite:
    """Whether a file is not there."""

    forbidding: Path

    def __call__(self):
        if self.forbidding.exists():
            raise SupError("another one writes now")


def started(work=meet_for_ever, *arguments, size=1):
    return run_processes(2, work, torch.nn.Linear(size, size), *arguments)


def alive(number):
    """Whether a process lives; what has ended and not been waited for does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_process_ends_the_others_with_one_line():
    processes = started()
    (numbers,) = next(processes)
    os.kill(numbers[1], signal.SIGKILL)
    with pytest.raises(SupError, match=r"^one of the 2 processes .* was killed \(SIGKILL\)[^\n]*; lower batch"):
        next(processes)
    assert not any(map(alive, numbers))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_parent_leaves_no_process_behind():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    with parent:
        numbers = [int(number) for number in parent.stdout.readline().split()]
        assert len(numbers) == 2
        parent.kill()
    try:
        wait_until(lambda: not any(map(alive, numbers)))
    finally:
        for number in filter(alive, numbers):
            os.kill(number, signal.SIGKILL)


def test_what_checks_the_writes_of_the_parent_checks_theirs(tmp_path):
    """A newer process of the same job has begun, say: its checkpoint must not be replaced."""
    newer = tmp_path / "newer"
    with checked_writes(MayWrite(newer)):
        processes = started(write_twice, tmp_path / "checkpoint", newer)
        assert next(processes) == ("first",)
        newer.touch()
        with pytest.raises(SupError, match=r"^another one writes now$"):
            next(processes)
    assert (tmp_path / "checkpoint").read_text() == "first"


def test_little_shared_memory_is_enough():
    command = [*on_host("container", network=False), *LITTLE_SHARED_MEMORY, sys.executable, "-c", LARGE]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.stdout == "shared 2\n", finished.stderr
