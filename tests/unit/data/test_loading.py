"""Batches from worker processes: the same pairs and the same errors as in one process."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from supcore.data.dataset import StereoDataset
from supcore.data.loading import load, load_batches
from supcore.errors import SupError

BATCHES = [[2, 0], [1], [3, 1]]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_come_in_their_order(make_samples, workers):
    pairs = StereoDataset(make_samples(4), (16, 32))
    batches = list(load_batches(pairs, BATCHES, workers=workers))
    assert len(batches) == 3
    for batch, indices in zip(batches, BATCHES, strict=True):
        for name in ("left", "right", "disparity", "classes"):
            assert torch.equal(getattr(batch, name), torch.stack([getattr(pairs[i], name) for i in indices]))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_truncated_image_is_named_in_one_line(make_samples, workers):
    """An exception raised in a worker would arrive as the text of a traceback."""
    samples = make_samples(4, seed=workers + 1)
    broken = Path(samples[1].right)
    broken.write_bytes(broken.read_bytes()[:100])
    loaded = load_batches(StereoDataset(samples, (16, 32)), BATCHES, workers=workers)
    next(loaded)
    with pytest.raises(SupError) as caught:
        next(loaded)
    assert str(caught.value).startswith(f"{broken}: image cannot be decoded")
    assert "\n" not in str(caught.value)


def test_few_open_files_and_little_shared_memory_are_enough():
    """PyTorch would wait for ever for tensors that a worker cannot share: containers have 64 MB by default."""
    code = """
import resource
import torch
from torch.utils.data import DataLoader, TensorDataset
from supcore.data.loading import load
class Zeros(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return [torch.zeros(3, 8, 8), torch.zeros(8)]
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
kept = list(load(Zeros(), range(40), workers=2))
assert len(kept) == 40 and all(item[0].shape == (3, 8, 8) for item in kept)
kept[0][0] += 1  # of its own memory
"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    ("before", "in_worker", "line"),
    [
        ("", "os.kill(os.getpid(), signal.SIGKILL)", "a process that decodes images was killed, as happens where"),
        (
            "resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))",
            "",
            "4 processes that decode images cannot be started (Too many open files); lower workers",
        ),
    ],
)
def test_lost_workers_are_one_line(before, in_worker, line):
    """Killed for want of memory, or not even started."""
    code = f"""
import os, resource, signal
import torch
from torch.utils.data import DataLoader, TensorDataset
from supcore.data.loading import load
from supcore.errors import SupError
class Items(torch.utils.data.Dataset):
    def __getitem__(self, index):
        {in_worker}
        return torch.zeros(1)
{before}
try:
    list(load(Items(), range(8), workers=4))
except SupError as error:
    print(error)
"""
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert finished.stdout.startswith(f"workers: {line}"), finished.stderr
    assert finished.stdout.count("\n") == 1


@pytest.mark.parametrize("workers", [0, 2])
def test_other_errors_keep_their_type(make_samples, workers):
    """Only errors that the user can mend are shortened."""
    with pytest.raises(IndexError):
        list(load_batches(StereoDataset(make_samples(1)), [[5]], workers=workers))


def test_a_worker_that_is_lost_while_others_start_is_the_same_line(monkeypatch):
    """PyTorch tells of it in whatever it does at that moment."""

    def start(loader):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")

    monkeypatch.setattr(DataLoader, "__iter__", start)
    with pytest.raises(SupError, match=r"^workers: a process that decodes images was killed"):
        list(load(TensorDataset(torch.zeros(1)), [0], workers=1))
